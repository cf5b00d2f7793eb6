-- What the retailer's systems are told, and what becomes of it.

-- Messages that wait to be sent to Kafka, in the order of their numbers; pseudonym and record are the key. person: whose
-- it is, until they are erased. version: what a reader goes by. body: nothing is sent as null, thirty days after a
-- tombstone. put_at: since when it waits.
CREATE TABLE outbox (
  number        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  topic         TEXT NOT NULL,
  pseudonym     BLOB NOT NULL,
  person        BLOB,
  record        BLOB NOT NULL,
  version       BIGINT NOT NULL,
  body          BLOB,
  is_tombstone  BOOLEAN NOT NULL,
  claimed_by    TEXT,
  claimed_until TIMESTAMP,
  tries         INTEGER NOT NULL,
  put_at        TIMESTAMP NOT NULL,
  due_at        TIMESTAMP NOT NULL
);
CREATE INDEX outbox_by_due ON outbox (due_at, number);
CREATE INDEX outbox_by_record ON outbox (record, number);
CREATE INDEX outbox_by_person ON outbox (person);

-- By which name a topic knows a customer: a keyed hash. The row goes with the customer.
CREATE TABLE pseudonyms (
  pseudonym BLOB NOT NULL PRIMARY KEY,
  topic     TEXT NOT NULL,
  person    BLOB NOT NULL
);
CREATE INDEX pseudonyms_by_person ON pseudonyms (person);

-- That a system which fetched an item is told that it is gone, and what it answers. record: the item's; cause: the entry
-- that ended it. told_at: once the tombstone was sent; due_at: until when an answer is awaited.
CREATE TABLE propagations (
  propagation_id BLOB NOT NULL,
  client_id      BLOB NOT NULL,
  person         BLOB,
  record         BLOB NOT NULL,
  cause          BLOB NOT NULL,
  told_at        TIMESTAMP,
  due_at         TIMESTAMP,
  answered_at    TIMESTAMP,
  outcome        TEXT,
  overdue_at     TIMESTAMP,
  PRIMARY KEY (propagation_id, client_id)
);
CREATE INDEX propagations_by_record ON propagations (record);
CREATE INDEX propagations_by_person ON propagations (person);
CREATE INDEX propagations_by_due ON propagations (due_at);

-- When something was last looked at as a whole, and how many faults there were.
CREATE TABLE examinations (
  name   TEXT NOT NULL PRIMARY KEY,
  at     TIMESTAMP NOT NULL,
  faults BIGINT NOT NULL
);
