DROP TABLE named_keys;
DROP TABLE person_keys;
