-- Erasure by three doors, what is held of it, and the look at what is left.

-- By which door: actor_kind and actor_ref as in the ledger; record: the chain that the request began, if it has its
-- entry already; display: what the customer was shown. customer_index: the name's, to look for it afterwards. name: the
-- name, sealed to the officer, where something is held.
ALTER TABLE destructions ADD COLUMN actor_kind TEXT COLLATE "C" NOT NULL DEFAULT 'system';
ALTER TABLE destructions ADD COLUMN actor_ref TEXT COLLATE "C";
ALTER TABLE destructions ADD COLUMN record BYTEA;
ALTER TABLE destructions ADD COLUMN display TEXT COLLATE "C";
ALTER TABLE destructions ADD COLUMN customer_index BYTEA;
ALTER TABLE destructions ADD COLUMN name BYTEA;

-- Erasures that a member of staff asked for and a second one has not approved yet. reason: sealed under the person's
-- evidence key.
CREATE TABLE erasure_requests (
  record       BYTEA NOT NULL PRIMARY KEY,
  person       BYTEA NOT NULL,
  requested_by TEXT COLLATE "C" NOT NULL,
  reason       BYTEA NOT NULL,
  requested_at TIMESTAMP NOT NULL
);
CREATE INDEX erasure_requests_by_person ON erasure_requests (person);

-- What is kept of somebody who was erased until ends_at. name and map (which records are theirs) are sealed to the
-- officer's key; records is the same list under the person's evidence key, so that it can be ended without the officer.
CREATE TABLE holds (
  person    BYTEA NOT NULL PRIMARY KEY,
  name      BYTEA,
  map       BYTEA NOT NULL,
  records   BYTEA NOT NULL,
  erased_at TIMESTAMP NOT NULL,
  ends_at   TIMESTAMP NOT NULL
);
CREATE INDEX holds_by_end ON holds (ends_at);

-- Erasures that nobody has looked after yet: whose they were, the blind indexes of their names (16 bytes each) and
-- their records (16 bytes each; none where they are held).
CREATE TABLE verifications (
  person    BYTEA NOT NULL PRIMARY KEY,
  erased_at TIMESTAMP NOT NULL,
  due_at    TIMESTAMP NOT NULL,
  indexes   BYTEA NOT NULL,
  records   BYTEA NOT NULL
);
CREATE INDEX verifications_by_due ON verifications (due_at);

-- An erasure looks for who it is about.
CREATE INDEX quarantine_by_customer ON quarantine (customer_index);
CREATE INDEX quarantine_by_order ON quarantine (order_index);
CREATE INDEX pushed_requests_by_person ON pushed_requests (person);
CREATE INDEX codes_by_grant ON codes (grant_id);
