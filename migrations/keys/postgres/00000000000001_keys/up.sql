-- Wrapped data keys. A key that is gone is null; its row stays so that nobody makes it again.
CREATE TABLE person_keys (
  person     BYTEA NOT NULL PRIMARY KEY,
  purchases  BYTEA,
  volunteered BYTEA,
  evidence   BYTEA,
  created_at TIMESTAMP NOT NULL
);

-- Keys of the realm itself, by name: ids, realm, tokens, unlinked, quarantine/<month>.
CREATE TABLE named_keys (
  name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  wrapped    BYTEA NOT NULL,
  created_at TIMESTAMP NOT NULL
);
