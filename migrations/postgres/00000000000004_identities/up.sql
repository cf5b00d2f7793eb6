-- Who is who: names of one customer, orders that are linked, customers that were erased.

-- home: the person in whose history this one's purchases lie, where that is another; home_since: the number in that
-- history's change feed since when they do. not_before: an earlier life under this name was erased then, and what is
-- about it is dropped. hidden_categories and veil_seq: what the customer hides from every app, and the number in
-- their change feed at which that last changed.
ALTER TABLE customers
  ADD COLUMN home BYTEA,
  ADD COLUMN home_since BIGINT,
  ADD COLUMN not_before TIMESTAMP,
  ADD COLUMN hidden_categories TEXT COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN veil_seq BIGINT NOT NULL DEFAULT 0;
CREATE INDEX customers_by_home ON customers (home);

-- One row, taken by every act that changes who is who: they happen one after the other.
CREATE TABLE identities (
  name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  acts BIGINT NOT NULL
);
INSERT INTO identities (name, acts) VALUES ('head', 0);

-- What says that one customer is another: an alias that was identified, or a merge. Without persons the row only holds
-- the order of a split whose merge has not come.
CREATE TABLE aliases (
  alias_id    BYTEA NOT NULL PRIMARY KEY,
  from_person BYTEA,
  into_person BYTEA,
  active      BOOLEAN NOT NULL,
  order_kind  INTEGER NOT NULL,
  order_value BIGINT NOT NULL,
  digest      BYTEA NOT NULL
);
CREATE INDEX aliases_by_from ON aliases (from_person);
CREATE INDEX aliases_by_into ON aliases (into_person);

-- The latest link or unlink of an order. Written under the order's object row.
CREATE TABLE links (
  object_id   BYTEA NOT NULL PRIMARY KEY,
  person      BYTEA NOT NULL,
  linked      BOOLEAN NOT NULL,
  order_kind  INTEGER NOT NULL,
  order_value BIGINT NOT NULL,
  digest      BYTEA NOT NULL
);
CREATE INDEX links_by_person ON links (person);

-- Names of customers that were erased: keyed hashes, and the time before which everything about them is dropped.
CREATE TABLE suppression (
  customer_index BYTEA NOT NULL PRIMARY KEY,
  erased_at      TIMESTAMP NOT NULL,
  order_kind     INTEGER NOT NULL,
  order_value    BIGINT NOT NULL,
  digest         BYTEA NOT NULL
);

-- Erasures whose grants are still to end and whose key is still to be destroyed: written with the erasure, done right
-- after it, repeated at start. entered: the ledger has its entries.
CREATE TABLE destructions (
  person  BYTEA NOT NULL PRIMARY KEY,
  since   TIMESTAMP NOT NULL,
  entered BOOLEAN NOT NULL
);

-- claim: whom the order itself names, where that is not the person it lies with (empty: nobody). claim_value: the order of
-- the event that named them. mark: 1 removed, 2 erased, 3 dropped. revision: the last one served of a purchase that is gone.
ALTER TABLE objects
  ADD COLUMN claim BYTEA,
  ADD COLUMN claim_value BIGINT,
  ADD COLUMN mark INTEGER,
  ADD COLUMN revision BIGINT;
CREATE INDEX objects_by_claim ON objects (claim) WHERE claim IS NOT NULL;
