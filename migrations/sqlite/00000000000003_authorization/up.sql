-- Apps, grants, and what hangs on a grant. Tokens, codes and references are stored as SHA-256, never in clear.
CREATE TABLE apps (
  client_id     BLOB NOT NULL PRIMARY KEY,
  name          TEXT NOT NULL,
  operator      TEXT NOT NULL,
  redirect_uris TEXT NOT NULL,
  scope         TEXT NOT NULL,
  auth_method   TEXT NOT NULL,
  jwks          TEXT NOT NULL,
  max_duration  TEXT NOT NULL,
  window_from   DATE,
  state         TEXT NOT NULL,
  state_reason  TEXT,
  approvals     TEXT NOT NULL,
  app_epoch     BIGINT NOT NULL,
  created_at    TIMESTAMP NOT NULL
);

CREATE TABLE grants (
  grant_id     BLOB NOT NULL PRIMARY KEY,
  person       BLOB NOT NULL,
  client_id    BLOB NOT NULL,
  record       BLOB NOT NULL,
  details      TEXT NOT NULL,
  state        TEXT NOT NULL,
  version      INTEGER NOT NULL,
  grant_epoch  BIGINT NOT NULL,
  given_at     TIMESTAMP NOT NULL,
  expires_at   TIMESTAMP,
  ended_at     TIMESTAMP,
  ended_by     TEXT,
  ended_reason TEXT
);
CREATE INDEX grants_by_person ON grants (person, given_at);
CREATE INDEX grants_by_state ON grants (state, expires_at);

-- person: to whom the request was first shown; nobody else can answer it.
CREATE TABLE pushed_requests (
  request_hash BLOB NOT NULL PRIMARY KEY,
  client_id    BLOB NOT NULL,
  record       BLOB NOT NULL,
  parameters   TEXT NOT NULL,
  jkt          TEXT,
  person       BLOB,
  finished     BOOLEAN NOT NULL,
  expires_at   TIMESTAMP NOT NULL
);
CREATE INDEX pushed_requests_by_expiry ON pushed_requests (expires_at);

CREATE TABLE codes (
  code_hash      BLOB NOT NULL PRIMARY KEY,
  grant_id       BLOB NOT NULL,
  client_id      BLOB NOT NULL,
  redirect_uri   TEXT NOT NULL,
  code_challenge TEXT NOT NULL,
  jkt            TEXT,
  redeemed       BOOLEAN NOT NULL,
  expires_at     TIMESTAMP NOT NULL
);
CREATE INDEX codes_by_expiry ON codes (expires_at);

CREATE TABLE tokens (
  token_hash BLOB NOT NULL PRIMARY KEY,
  kind       TEXT NOT NULL,
  grant_id   BLOB NOT NULL,
  client_id  BLOB NOT NULL,
  scope      TEXT NOT NULL,
  jkt        TEXT NOT NULL,
  parent     BLOB,
  issued_at  TIMESTAMP NOT NULL,
  expires_at TIMESTAMP
);
CREATE INDEX tokens_by_grant ON tokens (grant_id);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

-- Identifiers that may be used once: `jti` of client assertions.
CREATE TABLE used_ids (
  id_hash    BLOB NOT NULL PRIMARY KEY,
  expires_at TIMESTAMP NOT NULL
);
CREATE INDEX used_ids_by_expiry ON used_ids (expires_at);

CREATE TABLE sessions (
  session_hash BLOB NOT NULL PRIMARY KEY,
  person       BLOB NOT NULL,
  signed_in_at TIMESTAMP NOT NULL,
  expires_at   TIMESTAMP NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Sign-ins under way at the retailer's identity provider.
CREATE TABLE logins (
  state_hash BLOB NOT NULL PRIMARY KEY,
  secrets    BLOB NOT NULL,
  return_to  TEXT NOT NULL,
  expires_at TIMESTAMP NOT NULL
);
CREATE INDEX logins_by_expiry ON logins (expires_at);
