ALTER TABLE ingest_offsets DROP COLUMN fresh_until, DROP COLUMN end_offset, DROP COLUMN is_history;
ALTER TABLE grants DROP COLUMN resync, DROP COLUMN changed_seq, DROP COLUMN carve_outs, DROP COLUMN agreed_seq;
DROP TABLE announcements;
DROP TABLE tombstones;
ALTER TABLE purchases DROP COLUMN hidden, DROP COLUMN joined_seq, DROP COLUMN shown_seq, DROP COLUMN change_kind;
