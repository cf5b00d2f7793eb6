-- Two roles for PostgreSQL: an owner that changes the schema, and the service, which can neither do that nor change what
-- the ledger has written. As a superuser (or whoever owns the database), for the database and for the keystore:
--
--   psql DATABASE -v ON_ERROR_STOP=1 -f roles.sql       -- once, before anything is there
--   counterfoil init, counterfoil migrate               -- as counterfoil_owner
--   psql DATABASE -v ON_ERROR_STOP=1 -f roles.sql       -- again, after each of them
--   counterfoil serve, ingest, and every other command  -- as counterfoil_service
--
-- It can be run any number of times. Passwords, or other ways to sign in, are the operator's.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'counterfoil_owner') THEN
    CREATE ROLE counterfoil_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'counterfoil_service') THEN
    CREATE ROLE counterfoil_service LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
  END IF;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO counterfoil_owner;
GRANT USAGE ON SCHEMA public TO counterfoil_service;
REVOKE CREATE ON SCHEMA public FROM counterfoil_service;

-- Rows, and nothing else: no TRUNCATE, no triggers, no references. The same for tables that are made later.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM counterfoil_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO counterfoil_service;
ALTER DEFAULT PRIVILEGES FOR ROLE counterfoil_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO counterfoil_service;

DO $$
BEGIN
  -- An entry is written once. What can be forgotten of it can be forgotten, and triggers see to it that it is not
  -- changed in any other way; the owner of a table could take these away, the service cannot.
  IF to_regclass('public.entries') IS NOT NULL THEN
    REVOKE UPDATE, DELETE ON public.entries FROM counterfoil_service;
    GRANT UPDATE (header, payload) ON public.entries TO counterfoil_service;
  END IF;
  -- Which migrations were applied is read by everybody and written by the owner.
  IF to_regclass('public.__diesel_schema_migrations') IS NOT NULL THEN
    REVOKE INSERT, UPDATE, DELETE ON public.__diesel_schema_migrations FROM counterfoil_service;
  END IF;
END $$;
