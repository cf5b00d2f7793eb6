-- People, purchases and the order stream. Every table but `customers` knows a customer only as `person`.
CREATE TABLE customers (
  person         BYTEA NOT NULL PRIMARY KEY,
  customer_index BYTEA NOT NULL UNIQUE,
  customer_id    BYTEA NOT NULL,
  customer_epoch BIGINT NOT NULL,
  change_seq     BIGINT NOT NULL,
  created_at     TIMESTAMP NOT NULL
);

-- Locator and lock of orders, returns and refunds. The row whose object_id is its purchase_id says where the
-- purchase lies: in `purchases` when it has a person, else in `unlinked`. Without an order of events the row only
-- holds the place of an object that has not come yet.
CREATE TABLE objects (
  object_id    BYTEA NOT NULL PRIMARY KEY,
  kind         INTEGER NOT NULL,
  purchase_id  BYTEA NOT NULL,
  person       BYTEA,
  purchased_at TIMESTAMP,
  order_kind   INTEGER,
  order_value  BIGINT,
  digest       BYTEA
);

CREATE TABLE purchases (
  person       BYTEA NOT NULL,
  purchased_at TIMESTAMP NOT NULL,
  purchase_id  BYTEA NOT NULL,
  local_date   DATE NOT NULL,
  change_seq   BIGINT NOT NULL,
  channel      TEXT COLLATE "C" NOT NULL,
  status       TEXT COLLATE "C" NOT NULL,
  currency     TEXT COLLATE "C" NOT NULL,
  grand_total  BIGINT NOT NULL,
  refunded     BIGINT NOT NULL,
  store_index  BYTEA,
  shared       BOOLEAN NOT NULL,
  document     BYTEA NOT NULL,
  PRIMARY KEY (person, purchased_at, purchase_id)
) PARTITION BY HASH (person);
CREATE INDEX purchases_by_change ON purchases (person, change_seq);

-- Guest orders, and returns and refunds whose order has not come. They have no person.
CREATE TABLE unlinked (
  purchase_id BYTEA NOT NULL PRIMARY KEY,
  waiting     BOOLEAN NOT NULL,
  since       TIMESTAMP NOT NULL,
  document    BYTEA NOT NULL
);

CREATE TABLE quarantine (
  source         TEXT COLLATE "C" NOT NULL,
  partition_no   INTEGER NOT NULL,
  message_offset BIGINT NOT NULL,
  reason         TEXT COLLATE "C" NOT NULL,
  pointer        TEXT COLLATE "C" NOT NULL,
  detail         TEXT COLLATE "C" NOT NULL,
  customer_index BYTEA,
  order_index    BYTEA,
  month          TEXT COLLATE "C" NOT NULL,
  message        BYTEA NOT NULL,
  recorded_at    TIMESTAMP NOT NULL,
  PRIMARY KEY (source, partition_no, message_offset)
);
CREATE INDEX quarantine_by_time ON quarantine (recorded_at);

CREATE TABLE ingest_offsets (
  topic        TEXT COLLATE "C" NOT NULL,
  partition_no INTEGER NOT NULL,
  next_offset  BIGINT NOT NULL,
  owner_epoch  BIGINT NOT NULL,
  started_at   BIGINT NOT NULL,
  paused       TEXT COLLATE "C",
  PRIMARY KEY (topic, partition_no)
);

-- The one way in which each source orders its events.
CREATE TABLE ingest_sources (
  source     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  order_kind INTEGER NOT NULL
);

ALTER TABLE purchases ALTER COLUMN document SET STORAGE EXTERNAL;
DO $$
BEGIN
  FOR n IN 0..31 LOOP
    EXECUTE format('CREATE TABLE purchases_%s PARTITION OF purchases FOR VALUES WITH (MODULUS 32, REMAINDER %s)', n, n);
  END LOOP;
END $$;
