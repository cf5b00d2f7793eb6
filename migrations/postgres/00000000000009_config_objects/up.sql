-- What decisions rest on, in versions that never change: `document` is the canonical JSON (RFC 8785) whose SHA-256 is
-- `hash`. The latest version of a kind and id is in use unless it is retired.
CREATE TABLE config_objects (
  kind         TEXT COLLATE "C" NOT NULL,
  id           TEXT COLLATE "C" NOT NULL,
  version      INTEGER NOT NULL,
  hash         TEXT COLLATE "C" NOT NULL UNIQUE,
  document     BYTEA NOT NULL,
  published_at TIMESTAMP NOT NULL,
  retired_at   TIMESTAMP,
  PRIMARY KEY (kind, id, version)
);

CREATE FUNCTION config_objects_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.retired_at IS NOT NULL
     OR (NEW.kind, NEW.id, NEW.version, NEW.hash, NEW.document, NEW.published_at)
       IS DISTINCT FROM (OLD.kind, OLD.id, OLD.version, OLD.hash, OLD.document, OLD.published_at) THEN
    RAISE EXCEPTION 'a published object never changes' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER config_objects_never_change BEFORE UPDATE OR DELETE ON config_objects
  FOR EACH ROW EXECUTE FUNCTION config_objects_never_change();

-- What was shown, byte for byte, so that it can be shown again: templates, words, stylesheets, by their SHA-256.
CREATE TABLE artefacts (
  hash       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  media_type TEXT COLLATE "C" NOT NULL,
  bytes      BYTEA NOT NULL
);
CREATE FUNCTION artefacts_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an artefact never changes' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER artefacts_never_change BEFORE UPDATE OR DELETE ON artefacts
  FOR EACH ROW EXECUTE FUNCTION artefacts_never_change();

-- An entry is asked for by its id: `notice render`.
CREATE INDEX entries_by_id ON entries (entry_id);
