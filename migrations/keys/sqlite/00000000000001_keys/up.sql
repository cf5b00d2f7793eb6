-- Wrapped data keys. A key that is gone is null; its row stays so that nobody makes it again.
CREATE TABLE person_keys (
  person     BLOB NOT NULL PRIMARY KEY,
  purchases  BLOB,
  volunteered BLOB,
  evidence   BLOB,
  created_at TIMESTAMP NOT NULL
);

-- Keys of the realm itself, by name: ids, realm, tokens, unlinked, quarantine/<month>.
CREATE TABLE named_keys (
  name       TEXT NOT NULL PRIMARY KEY,
  wrapped    BLOB NOT NULL,
  created_at TIMESTAMP NOT NULL
);
