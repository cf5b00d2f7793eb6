-- Under which master key new keys are wrapped: a keyed fingerprint of it. One row, `present`.
CREATE TABLE masters (
  name      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  master_id BYTEA NOT NULL
);
