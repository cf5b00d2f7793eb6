DROP TABLE owed_entries;
DROP TRIGGER entries_never_emptied ON entries;
DROP TABLE checkpoints;
DROP FUNCTION checkpoints_append_only();
DROP TABLE ledger_trees;
