DROP TABLE owed_entries;
DROP INDEX entries_by_id;
DROP TABLE checkpoints;
DROP TABLE ledger_trees;
