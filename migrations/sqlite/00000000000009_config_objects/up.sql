-- What decisions rest on, in versions that never change: `document` is the canonical JSON (RFC 8785) whose SHA-256 is
-- `hash`. The latest version of a kind and id is in use unless it is retired.
CREATE TABLE config_objects (
  kind         TEXT NOT NULL,
  id           TEXT NOT NULL,
  version      INTEGER NOT NULL,
  hash         TEXT NOT NULL UNIQUE,
  document     BLOB NOT NULL,
  published_at TIMESTAMP NOT NULL,
  retired_at   TIMESTAMP,
  PRIMARY KEY (kind, id, version)
);

CREATE TRIGGER config_objects_never_deleted BEFORE DELETE ON config_objects
BEGIN SELECT RAISE(ABORT, 'a published object never changes'); END;
CREATE TRIGGER config_objects_never_changed BEFORE UPDATE ON config_objects
WHEN OLD.retired_at IS NOT NULL OR NEW.kind IS NOT OLD.kind OR NEW.id IS NOT OLD.id OR NEW.version IS NOT OLD.version
  OR NEW.hash IS NOT OLD.hash OR NEW.document IS NOT OLD.document OR NEW.published_at IS NOT OLD.published_at
BEGIN SELECT RAISE(ABORT, 'a published object never changes'); END;

-- What was shown, byte for byte, so that it can be shown again: templates, words, stylesheets, by their SHA-256.
CREATE TABLE artefacts (
  hash       TEXT NOT NULL PRIMARY KEY,
  media_type TEXT NOT NULL,
  bytes      BLOB NOT NULL
);
CREATE TRIGGER artefacts_never_deleted BEFORE DELETE ON artefacts
BEGIN SELECT RAISE(ABORT, 'an artefact never changes'); END;
CREATE TRIGGER artefacts_never_changed BEFORE UPDATE ON artefacts
BEGIN SELECT RAISE(ABORT, 'an artefact never changes'); END;

-- An entry is asked for by its id: `notice render`.
CREATE INDEX entries_by_id ON entries (entry_id);
