-- Receipts to be sent outside the pages: one for each record about which something was decided since the last one.
CREATE TABLE owed_receipts (
  record BLOB NOT NULL PRIMARY KEY,
  seq    BIGINT NOT NULL,
  due_at TIMESTAMP NOT NULL,
  tries  INTEGER NOT NULL
);
CREATE INDEX owed_receipts_by_time ON owed_receipts (due_at);
