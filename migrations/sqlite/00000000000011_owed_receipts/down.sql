DROP TABLE owed_receipts;
