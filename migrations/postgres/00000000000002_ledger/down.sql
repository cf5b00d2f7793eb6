DROP TABLE leases;
DROP TABLE records;
DROP TABLE entries;
DROP TABLE ledger_heads;
DROP FUNCTION entries_append_only();
