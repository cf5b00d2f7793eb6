DROP INDEX entries_by_id;
DROP TABLE artefacts;
DROP FUNCTION artefacts_never_change;
DROP TABLE config_objects;
DROP FUNCTION config_objects_never_change;
