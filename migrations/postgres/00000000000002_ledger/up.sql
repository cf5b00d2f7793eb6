-- Two append-only logs. Numbers are given out under the head's row lock, contiguous, in commit order.
CREATE TABLE ledger_heads (
  log  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  size BIGINT NOT NULL
);
INSERT INTO ledger_heads (log, size) VALUES ('access', 0), ('consent', 0);

-- header and payload are sealed bytes that can be forgotten; what the tree holds (the commitment) cannot change.
CREATE TABLE entries (
  log         TEXT COLLATE "C" NOT NULL,
  seq         BIGINT NOT NULL,
  entry_id    BYTEA NOT NULL,
  record      BYTEA NOT NULL,
  recorded_at TIMESTAMP NOT NULL,
  sealed_by   INTEGER NOT NULL,
  commitment  BYTEA NOT NULL,
  header      BYTEA,
  payload     BYTEA,
  PRIMARY KEY (log, seq)
);
CREATE INDEX entries_by_record ON entries (record, log, seq);

-- Which record is about whom: a map that can be deleted.
CREATE TABLE records (
  record     BYTEA NOT NULL PRIMARY KEY,
  person     BYTEA,
  commitment BYTEA
);
CREATE INDEX records_by_person ON records (person);

CREATE FUNCTION entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (NEW.log, NEW.seq, NEW.entry_id, NEW.record, NEW.recorded_at, NEW.sealed_by, NEW.commitment)
       IS DISTINCT FROM (OLD.log, OLD.seq, OLD.entry_id, OLD.record, OLD.recorded_at, OLD.sealed_by, OLD.commitment)
     OR (NEW.header IS NOT NULL AND NEW.header IS DISTINCT FROM OLD.header)
     OR (NEW.payload IS NOT NULL AND NEW.payload IS DISTINCT FROM OLD.payload) THEN
    RAISE EXCEPTION 'ledger entries are append-only' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE ON entries
  FOR EACH ROW EXECUTE FUNCTION entries_append_only();

CREATE TABLE leases (
  name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  owner       TEXT COLLATE "C" NOT NULL,
  lease_epoch BIGINT NOT NULL,
  expires_at  TIMESTAMP NOT NULL
);
