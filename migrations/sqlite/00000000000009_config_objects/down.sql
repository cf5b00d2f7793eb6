DROP INDEX entries_by_id;
DROP TABLE artefacts;
DROP TABLE config_objects;
