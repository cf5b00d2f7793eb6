DROP TABLE examinations;
DROP TABLE propagations;
DROP TABLE pseudonyms;
DROP TABLE outbox;
