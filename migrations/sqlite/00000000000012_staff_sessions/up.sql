-- Sessions of members of staff: who they are, sealed; nothing for a customer who is no more than that.
ALTER TABLE sessions ADD COLUMN staff BLOB;
