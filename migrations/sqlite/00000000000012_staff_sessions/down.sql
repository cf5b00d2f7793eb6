ALTER TABLE sessions DROP COLUMN staff;
