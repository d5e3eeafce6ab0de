-- What refuses writes to a part of the database. An application is told what a read-only transaction would tell it, by code.
CREATE SCHEMA IF NOT EXISTS daybreak;
COMMENT ON SCHEMA daybreak IS 'Daybreak keeps here what it must give back; drop it when the migration is over.';
CREATE OR REPLACE FUNCTION daybreak.refuse_write() RETURNS trigger LANGUAGE plpgsql AS $refuse$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'read_only_sql_transaction',
        MESSAGE = format('Daybreak''s fence makes %I.%I read-only: %s is written elsewhere', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[0]);
END
$refuse$;
