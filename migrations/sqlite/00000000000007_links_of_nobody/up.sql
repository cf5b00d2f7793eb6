-- A statement about somebody who was erased keeps its place among those about its order, and says nothing. Objects may
-- have the mark 4 from now on: an erasure named them.
CREATE TABLE links_anew (
  object_id   BLOB NOT NULL PRIMARY KEY,
  person      BLOB,
  linked      BOOLEAN NOT NULL,
  order_kind  INTEGER NOT NULL,
  order_value BIGINT NOT NULL,
  digest      BLOB NOT NULL
);
INSERT INTO links_anew SELECT object_id, person, linked, order_kind, order_value, digest FROM links;
DROP TABLE links;
ALTER TABLE links_anew RENAME TO links;
CREATE INDEX links_by_person ON links (person);
