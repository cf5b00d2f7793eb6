-- Rights that the retailer must answer, and objections that outlive an erasure.

-- detail: what the customer asks; answer: what the retailer last said; both sealed under the person's evidence key.
CREATE TABLE rights (
  right_id  BLOB NOT NULL PRIMARY KEY,
  person    BLOB NOT NULL,
  record    BLOB NOT NULL,
  kind      TEXT NOT NULL,
  state     TEXT NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  due_at    TIMESTAMP NOT NULL,
  closed_at TIMESTAMP,
  detail    BLOB NOT NULL,
  answer    BLOB
);
CREATE INDEX rights_by_person ON rights (person, opened_at);
CREATE INDEX rights_by_due ON rights (closed_at, due_at);

-- mark: keyed hash of a customer's blind index and what they objected to.
CREATE TABLE kept_objections (
  mark    BLOB NOT NULL PRIMARY KEY,
  kept_at TIMESTAMP NOT NULL
);
