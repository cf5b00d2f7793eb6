DELETE FROM links WHERE person IS NULL;
UPDATE objects SET mark = 2 WHERE mark = 4;
ALTER TABLE links ALTER COLUMN person SET NOT NULL;
