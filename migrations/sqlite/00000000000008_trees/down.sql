DROP TABLE owed_entries;
DROP TABLE checkpoints;
DROP TABLE ledger_trees;
