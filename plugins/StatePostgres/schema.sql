-- The tables that the Mandos servers of a site share. Whoever administers the database runs it as the role that owns the tables, at first and
-- with each new version of the server; docs/several-servers.md has the steps. It can be run again at will, and while servers run.
--
--   psql --dbname=mandos --command='SET ROLE mandos_owner' --file=schema.sql [--set=server=ROLE]
--
-- ROLE is whom the servers log in as: _mandos, unless it is given. It may use the tables, and change none of their columns.
\set ON_ERROR_STOP on
\if :{?server}
\else
    \set server _mandos
\endif
BEGIN;

DO $migration$
DECLARE
    -- The version of the tables that this file makes.
    present CONSTANT integer := 1;
    -- The oldest version whose servers can still use them: that of the release before.
    usable_from CONSTANT integer := 1;
    found integer := 0;
BEGIN
    -- Of the transaction, not of the session: so it ends with it, whatever happens.
    PERFORM pg_advisory_xact_lock(hashtext('mandos schema'));
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'the encoding of this database is %, and should be UTF8', current_setting('server_encoding');
    END IF;
    IF to_regclass('mandos.meta') IS NOT NULL THEN
        -- The rows that servers lock before anything else, in their order: so none is within a change, and none waits for this while this waits for it.
        SELECT version INTO STRICT found FROM mandos.meta FOR UPDATE;
        PERFORM FROM mandos.change_counter FOR UPDATE;
    END IF;
    IF found > present THEN
        RAISE EXCEPTION 'the tables are of version %, which is newer than this file, of version %', found, present;
    END IF;

    -- A later version adds columns with defaults, tables and indexes, which servers of the version before do not mind. It alters client, liveness and
    -- file_settings in this order, in which servers read them, then others, and neither meta nor change_counter, where servers may wait.
    IF found < 1 THEN
        CREATE SCHEMA mandos;

        -- One row. Whoever changes control locks it, so that revisions are in the order of commits.
        CREATE TABLE mandos.meta (
            single boolean PRIMARY KEY DEFAULT true CHECK (single),
            version integer NOT NULL,
            oldest integer NOT NULL,
            site uuid NOT NULL DEFAULT gen_random_uuid(),
            revision bigint NOT NULL DEFAULT 0,
            synced timestamptz
        );
        INSERT INTO mandos.meta (version, oldest) VALUES (0, 0);

        -- One row. Whoever changes liveness locks it, after meta if that too, so that changes are in the order of commits.
        CREATE TABLE mandos.change_counter (
            single boolean PRIMARY KEY DEFAULT true CHECK (single),
            last bigint NOT NULL DEFAULT 0
        );
        INSERT INTO mandos.change_counter DEFAULT VALUES;

        -- Control: who may have a secret. Times are in ticks of 100 ns since 0001-01-01 UTC, so that they come back exactly.
        CREATE TABLE mandos.client (
            name text COLLATE "C" PRIMARY KEY,
            revision bigint NOT NULL,
            forgotten boolean NOT NULL,
            settings jsonb NOT NULL,
            created bigint NOT NULL,
            enabled boolean NOT NULL,
            last_enabled bigint,
            removed boolean NOT NULL,
            verdict_approved boolean,
            verdict_ends timestamptz,
            verdict_address text,
            secret bytea NOT NULL
        );
        CREATE INDEX client_revision ON mandos.client (revision);

        -- Liveness: who was seen. No index but the key: with one, each check would have to change it.
        CREATE TABLE mandos.liveness (
            client text COLLATE "C" PRIMARY KEY,
            change bigint NOT NULL,
            ok timestamptz,
            checked timestamptz,
            status integer NOT NULL,
            expires timestamptz
        ) WITH (fillfactor = 70);

        CREATE TABLE mandos.command (
            id uuid PRIMARY KEY,
            revision bigint NOT NULL,
            committed timestamptz NOT NULL DEFAULT clock_timestamp()
        );

        CREATE TABLE mandos.server (
            id uuid PRIMARY KEY,
            name text NOT NULL,
            incarnation uuid NOT NULL,
            joined timestamptz NOT NULL DEFAULT clock_timestamp(),
            synced timestamptz,
            confirmed bigint NOT NULL DEFAULT 0,
            files_hash text
        ) WITH (fillfactor = 70);

        -- What the files of each server say of each client.
        CREATE TABLE mandos.file_settings (
            server uuid NOT NULL,
            client text COLLATE "C" NOT NULL,
            settings jsonb NOT NULL,
            enabled boolean NOT NULL,
            left_at bigint,
            PRIMARY KEY (server, client)
        );

        -- Requests that wait for approval, and what a person decided.
        CREATE TABLE mandos.request (
            server uuid NOT NULL,
            number bigint NOT NULL,
            client text COLLATE "C" NOT NULL,
            peer text NOT NULL,
            key_id text NOT NULL,
            since bigint NOT NULL,
            approved boolean,
            PRIMARY KEY (server, number)
        );
    END IF;

    -- Takes a server off the list that crashed and does not come back. Its permission may go on for 10 s, and a write of it for 2 s and a bit: it is
    -- fenced off at once, and others wait for it until that has passed.
    CREATE OR REPLACE PROCEDURE mandos.remove_server(gone text) LANGUAGE plpgsql AS $procedure$
    DECLARE
        fence uuid := gen_random_uuid();
    BEGIN
        UPDATE mandos.meta SET synced = clock_timestamp();
        UPDATE mandos.server SET incarnation = fence WHERE name = gone;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no server is registered as %', gone;
        END IF;
        COMMIT;
        PERFORM pg_sleep(12.5);
        DELETE FROM mandos.file_settings WHERE server IN (SELECT id FROM mandos.server WHERE incarnation = fence);
        DELETE FROM mandos.server WHERE incarnation = fence;
    END
    $procedure$;

    IF found < present THEN
        UPDATE mandos.meta SET version = present, oldest = usable_from;
    END IF;
END
$migration$;

GRANT USAGE ON SCHEMA mandos TO :"server";
GRANT SELECT, UPDATE (revision, synced) ON mandos.meta TO :"server";
GRANT SELECT, UPDATE (last) ON mandos.change_counter TO :"server";
GRANT SELECT, INSERT, UPDATE, DELETE ON
    mandos.client, mandos.liveness, mandos.command, mandos.server, mandos.file_settings, mandos.request TO :"server";
COMMIT;
