-- Apps, grants, and what hangs on a grant. Tokens, codes and references are stored as SHA-256, never in clear.
CREATE TABLE apps (
  client_id     BYTEA NOT NULL PRIMARY KEY,
  name          TEXT COLLATE "C" NOT NULL,
  operator      TEXT COLLATE "C" NOT NULL,
  redirect_uris TEXT COLLATE "C" NOT NULL,
  scope         TEXT COLLATE "C" NOT NULL,
  auth_method   TEXT COLLATE "C" NOT NULL,
  jwks          TEXT COLLATE "C" NOT NULL,
  max_duration  TEXT COLLATE "C" NOT NULL,
  window_from   DATE,
  state         TEXT COLLATE "C" NOT NULL,
  state_reason  TEXT COLLATE "C",
  approvals     TEXT COLLATE "C" NOT NULL,
  app_epoch     BIGINT NOT NULL,
  created_at    TIMESTAMP NOT NULL
);

CREATE TABLE grants (
  grant_id     BYTEA NOT NULL PRIMARY KEY,
  person       BYTEA NOT NULL,
  client_id    BYTEA NOT NULL,
  record       BYTEA NOT NULL,
  details      TEXT COLLATE "C" NOT NULL,
  state        TEXT COLLATE "C" NOT NULL,
  version      INTEGER NOT NULL,
  grant_epoch  BIGINT NOT NULL,
  given_at     TIMESTAMP NOT NULL,
  expires_at   TIMESTAMP,
  ended_at     TIMESTAMP,
  ended_by     TEXT COLLATE "C",
  ended_reason TEXT COLLATE "C"
);
CREATE INDEX grants_by_person ON grants (person, given_at);
CREATE INDEX grants_by_state ON grants (state, expires_at);

-- person: to whom the request was first shown; nobody else can answer it.
CREATE TABLE pushed_requests (
  request_hash BYTEA NOT NULL PRIMARY KEY,
  client_id    BYTEA NOT NULL,
  record       BYTEA NOT NULL,
  parameters   TEXT COLLATE "C" NOT NULL,
  jkt          TEXT COLLATE "C",
  person       BYTEA,
  finished     BOOLEAN NOT NULL,
  expires_at   TIMESTAMP NOT NULL
);
CREATE INDEX pushed_requests_by_expiry ON pushed_requests (expires_at);

CREATE TABLE codes (
  code_hash      BYTEA NOT NULL PRIMARY KEY,
  grant_id       BYTEA NOT NULL,
  client_id      BYTEA NOT NULL,
  redirect_uri   TEXT COLLATE "C" NOT NULL,
  code_challenge TEXT COLLATE "C" NOT NULL,
  jkt            TEXT COLLATE "C",
  redeemed       BOOLEAN NOT NULL,
  expires_at     TIMESTAMP NOT NULL
);
CREATE INDEX codes_by_expiry ON codes (expires_at);

CREATE TABLE tokens (
  token_hash BYTEA NOT NULL PRIMARY KEY,
  kind       TEXT COLLATE "C" NOT NULL,
  grant_id   BYTEA NOT NULL,
  client_id  BYTEA NOT NULL,
  scope      TEXT COLLATE "C" NOT NULL,
  jkt        TEXT COLLATE "C" NOT NULL,
  parent     BYTEA,
  issued_at  TIMESTAMP NOT NULL,
  expires_at TIMESTAMP
);
CREATE INDEX tokens_by_grant ON tokens (grant_id);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

-- Identifiers that may be used once: `jti` of client assertions.
CREATE TABLE used_ids (
  id_hash    BYTEA NOT NULL PRIMARY KEY,
  expires_at TIMESTAMP NOT NULL
);
CREATE INDEX used_ids_by_expiry ON used_ids (expires_at);

CREATE TABLE sessions (
  session_hash BYTEA NOT NULL PRIMARY KEY,
  person       BYTEA NOT NULL,
  signed_in_at TIMESTAMP NOT NULL,
  expires_at   TIMESTAMP NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Sign-ins under way at the retailer's identity provider.
CREATE TABLE logins (
  state_hash BYTEA NOT NULL PRIMARY KEY,
  secrets    BYTEA NOT NULL,
  return_to  TEXT COLLATE "C" NOT NULL,
  expires_at TIMESTAMP NOT NULL
);
CREATE INDEX logins_by_expiry ON logins (expires_at);
