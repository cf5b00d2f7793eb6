DROP TABLE system_tokens;
ALTER TABLE apps DROP COLUMN purposes;
