-- People, purchases and the order stream. Every table but `customers` knows a customer only as `person`.
CREATE TABLE customers (
  person         BLOB NOT NULL PRIMARY KEY,
  customer_index BLOB NOT NULL UNIQUE,
  customer_id    BLOB NOT NULL,
  customer_epoch BIGINT NOT NULL,
  change_seq     BIGINT NOT NULL,
  created_at     TIMESTAMP NOT NULL
);

-- Locator and lock of orders, returns and refunds. The row whose object_id is its purchase_id says where the
-- purchase lies: in `purchases` when it has a person, else in `unlinked`. Without an order of events the row only
-- holds the place of an object that has not come yet.
CREATE TABLE objects (
  object_id    BLOB NOT NULL PRIMARY KEY,
  kind         INTEGER NOT NULL,
  purchase_id  BLOB NOT NULL,
  person       BLOB,
  purchased_at TIMESTAMP,
  order_kind   INTEGER,
  order_value  BIGINT,
  digest       BLOB
);

-- A table with row ids: documents are appended one after the other, and only small index entries go to random places.
CREATE TABLE purchases (
  person       BLOB NOT NULL,
  purchased_at TIMESTAMP NOT NULL,
  purchase_id  BLOB NOT NULL,
  local_date   DATE NOT NULL,
  change_seq   BIGINT NOT NULL,
  channel      TEXT NOT NULL,
  status       TEXT NOT NULL,
  currency     TEXT NOT NULL,
  grand_total  BIGINT NOT NULL,
  refunded     BIGINT NOT NULL,
  store_index  BLOB,
  shared       BOOLEAN NOT NULL,
  document     BLOB NOT NULL,
  PRIMARY KEY (person, purchased_at, purchase_id)
);
CREATE INDEX purchases_by_change ON purchases (person, change_seq);

-- Guest orders, and returns and refunds whose order has not come. They have no person.
CREATE TABLE unlinked (
  purchase_id BLOB NOT NULL PRIMARY KEY,
  waiting     BOOLEAN NOT NULL,
  since       TIMESTAMP NOT NULL,
  document    BLOB NOT NULL
);

CREATE TABLE quarantine (
  source         TEXT NOT NULL,
  partition_no   INTEGER NOT NULL,
  message_offset BIGINT NOT NULL,
  reason         TEXT NOT NULL,
  pointer        TEXT NOT NULL,
  detail         TEXT NOT NULL,
  customer_index BLOB,
  order_index    BLOB,
  month          TEXT NOT NULL,
  message        BLOB NOT NULL,
  recorded_at    TIMESTAMP NOT NULL,
  PRIMARY KEY (source, partition_no, message_offset)
);
CREATE INDEX quarantine_by_time ON quarantine (recorded_at);

CREATE TABLE ingest_offsets (
  topic        TEXT NOT NULL,
  partition_no INTEGER NOT NULL,
  next_offset  BIGINT NOT NULL,
  owner_epoch  BIGINT NOT NULL,
  started_at   BIGINT NOT NULL,
  paused       TEXT,
  PRIMARY KEY (topic, partition_no)
);

-- The one way in which each source orders its events.
CREATE TABLE ingest_sources (
  source     TEXT NOT NULL PRIMARY KEY,
  order_kind INTEGER NOT NULL
);
