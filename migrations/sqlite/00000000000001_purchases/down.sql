DROP TABLE ingest_sources;
DROP TABLE ingest_offsets;
DROP TABLE quarantine;
DROP TABLE unlinked;
DROP TABLE purchases;
DROP TABLE objects;
DROP TABLE customers;
