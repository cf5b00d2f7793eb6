DROP TABLE leases;
DROP TABLE records;
DROP TABLE entries;
DROP TABLE ledger_heads;
