-- Rights that the retailer must answer, and objections that outlive an erasure.

-- detail: what the customer asks; answer: what the retailer last said; both sealed under the person's evidence key.
CREATE TABLE rights (
  right_id  BYTEA NOT NULL PRIMARY KEY,
  person    BYTEA NOT NULL,
  record    BYTEA NOT NULL,
  kind      TEXT COLLATE "C" NOT NULL,
  state     TEXT COLLATE "C" NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  due_at    TIMESTAMP NOT NULL,
  closed_at TIMESTAMP,
  detail    BYTEA NOT NULL,
  answer    BYTEA
);
CREATE INDEX rights_by_person ON rights (person, opened_at);
CREATE INDEX rights_by_due ON rights (closed_at, due_at);

-- mark: keyed hash of a customer's blind index and what they objected to.
CREATE TABLE kept_objections (
  mark    BYTEA NOT NULL PRIMARY KEY,
  kept_at TIMESTAMP NOT NULL
);
