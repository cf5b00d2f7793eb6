DELETE FROM links WHERE person IS NULL;
UPDATE objects SET mark = 2 WHERE mark = 4;
CREATE TABLE links_anew (
  object_id   BLOB NOT NULL PRIMARY KEY,
  person      BLOB NOT NULL,
  linked      BOOLEAN NOT NULL,
  order_kind  INTEGER NOT NULL,
  order_value BIGINT NOT NULL,
  digest      BLOB NOT NULL
);
INSERT INTO links_anew SELECT object_id, person, linked, order_kind, order_value, digest FROM links;
DROP TABLE links;
ALTER TABLE links_anew RENAME TO links;
CREATE INDEX links_by_person ON links (person);
