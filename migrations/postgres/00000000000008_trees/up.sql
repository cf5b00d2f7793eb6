-- The Merkle trees over the two logs. A generation is a tree of its own under an origin and a key of its own; the next
-- begins when a restored database could not go on with the last. first_seq: the number of its first entry, so that
-- numbers go on over generations. integrated: entries that are in its tiles. lease_epoch: of the leader that wrote
-- them; an older one writes nothing any more. kept: entries that the database still had when the generation was closed. stated_at,
-- stated_size: when an entry last said how large the log was, and what it said.
CREATE TABLE ledger_trees (
  log         TEXT COLLATE "C" NOT NULL,
  generation  INTEGER NOT NULL,
  origin      TEXT COLLATE "C" NOT NULL,
  vkey        TEXT COLLATE "C" NOT NULL,
  first_seq   BIGINT NOT NULL,
  integrated  BIGINT NOT NULL,
  lease_epoch BIGINT NOT NULL,
  opened_at   TIMESTAMP NOT NULL,
  closed_at   TIMESTAMP,
  kept        BIGINT,
  stated_at   TIMESTAMP NOT NULL,
  stated_size BIGINT NOT NULL,
  PRIMARY KEY (log, generation)
);

-- Signed checkpoints, as they were published.
CREATE TABLE checkpoints (
  log        TEXT COLLATE "C" NOT NULL,
  generation INTEGER NOT NULL,
  size       BIGINT NOT NULL,
  note       TEXT COLLATE "C" NOT NULL,
  signed_at  TIMESTAMP NOT NULL,
  PRIMARY KEY (log, generation, size)
);

CREATE FUNCTION checkpoints_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'checkpoints are append-only' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER checkpoints_append_only BEFORE UPDATE OR DELETE ON checkpoints
  FOR EACH ROW EXECUTE FUNCTION checkpoints_append_only();

-- Nor can the whole log be emptied.
CREATE TRIGGER entries_never_emptied BEFORE TRUNCATE ON entries
  FOR EACH STATEMENT EXECUTE FUNCTION entries_append_only();
CREATE TRIGGER checkpoints_never_emptied BEFORE TRUNCATE ON checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION checkpoints_append_only();


-- What was narrowed while the database was behind its guard, and the log therefore owes an entry for: written by the
-- act itself or by `restore reconcile`, entered by `restore accept`.
CREATE TABLE owed_entries (
  subject BYTEA NOT NULL,
  kind    TEXT COLLATE "C" NOT NULL,
  at      TIMESTAMP NOT NULL,
  PRIMARY KEY (subject, kind)
);
