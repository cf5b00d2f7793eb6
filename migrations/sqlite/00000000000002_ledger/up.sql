-- Two append-only logs. Numbers are given out under the head's row lock, contiguous, in commit order.
CREATE TABLE ledger_heads (
  log  TEXT NOT NULL PRIMARY KEY,
  size BIGINT NOT NULL
);
INSERT INTO ledger_heads (log, size) VALUES ('access', 0), ('consent', 0);

-- header and payload are sealed bytes that can be forgotten; what the tree holds (the commitment) cannot change.
CREATE TABLE entries (
  log         TEXT NOT NULL,
  seq         BIGINT NOT NULL,
  entry_id    BLOB NOT NULL,
  record      BLOB NOT NULL,
  recorded_at TIMESTAMP NOT NULL,
  sealed_by   INTEGER NOT NULL,
  commitment  BLOB NOT NULL,
  header      BLOB,
  payload     BLOB,
  PRIMARY KEY (log, seq)
);
CREATE INDEX entries_by_record ON entries (record, log, seq);

-- Which record is about whom: a map that can be deleted.
CREATE TABLE records (
  record     BLOB NOT NULL PRIMARY KEY,
  person     BLOB,
  commitment BLOB
);
CREATE INDEX records_by_person ON records (person);

CREATE TRIGGER entries_never_deleted BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'ledger entries are append-only'); END;
CREATE TRIGGER entries_never_changed BEFORE UPDATE ON entries
WHEN NEW.log IS NOT OLD.log OR NEW.seq IS NOT OLD.seq OR NEW.entry_id IS NOT OLD.entry_id
  OR NEW.record IS NOT OLD.record OR NEW.recorded_at IS NOT OLD.recorded_at
  OR NEW.sealed_by IS NOT OLD.sealed_by OR NEW.commitment IS NOT OLD.commitment
  OR (NEW.header IS NOT NULL AND NEW.header IS NOT OLD.header)
  OR (NEW.payload IS NOT NULL AND NEW.payload IS NOT OLD.payload)
BEGIN SELECT RAISE(ABORT, 'ledger entries are append-only'); END;

CREATE TABLE leases (
  name        TEXT NOT NULL PRIMARY KEY,
  owner       TEXT NOT NULL,
  lease_epoch BIGINT NOT NULL,
  expires_at  TIMESTAMP NOT NULL
);
