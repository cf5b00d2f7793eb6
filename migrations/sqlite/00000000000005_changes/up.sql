-- The change feed. It is no table: a purchase stands in it once, at its latest number.

-- change_kind: what the latest change was. shown_seq: the number at which the purchase last began to be visible to
-- readers. joined_seq: since when it belongs to this customer for another reason than that its own order names them; a
-- grant given before does not see it. hidden: the customer hides it from every app.
ALTER TABLE purchases ADD COLUMN change_kind INTEGER NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN shown_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN joined_seq BIGINT;
ALTER TABLE purchases ADD COLUMN hidden BOOLEAN NOT NULL DEFAULT FALSE;

-- Where a purchase was in a customer's feed and is not any more, with what decides who may learn of it.
CREATE TABLE tombstones (
  person      BLOB NOT NULL,
  change_seq  BIGINT NOT NULL,
  purchase_id BLOB NOT NULL,
  kind        INTEGER NOT NULL,
  revision    BIGINT NOT NULL,
  local_date  DATE NOT NULL,
  shared      BOOLEAN NOT NULL,
  shown_seq   BIGINT NOT NULL,
  joined_seq  BIGINT,
  recorded_at TIMESTAMP NOT NULL,
  PRIMARY KEY (person, change_seq)
);
CREATE INDEX tombstones_by_purchase ON tombstones (person, purchase_id);

-- Who has news: one row a batch, numbered in the order of commits under the row of number 0. `persons` are the first
-- four bytes of each.
CREATE TABLE announcements (
  number  BIGINT NOT NULL PRIMARY KEY,
  newest  BIGINT NOT NULL,
  persons BLOB NOT NULL
);
INSERT INTO announcements (number, newest, persons) VALUES (0, 0, '');

-- agreed_seq: up to which number of their change feed the customer agreed to what had joined their history.
-- carve_outs: what this grant leaves out. changed_seq, resync: the number at which the grant last changed, and whether
-- its readers must begin again.
ALTER TABLE grants ADD COLUMN agreed_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN carve_outs TEXT NOT NULL DEFAULT '{}';
ALTER TABLE grants ADD COLUMN changed_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN resync BOOLEAN NOT NULL DEFAULT FALSE;

-- is_history: the past, brought in beside the live stream. end_offset: where it ended when last seen. fresh_until: up
-- to which time everything that was sent has been recorded.
ALTER TABLE ingest_offsets ADD COLUMN is_history BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE ingest_offsets ADD COLUMN end_offset BIGINT;
ALTER TABLE ingest_offsets ADD COLUMN fresh_until TIMESTAMP;
