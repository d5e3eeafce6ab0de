-- Takes from every grantee, owners included and ourselves left out, the rights to write in the schemas {schemas}, and makes
-- new transactions of this database read-only. One transaction; a second run finds what the first saved and adds only
-- what has been created and granted since.
DO $fence$
DECLARE
    scope constant text[] := {schemas} || 'daybreak'::text;
    entry record;
BEGIN
    PERFORM pg_advisory_xact_lock(4919131752989213764);
    IF EXISTS (SELECT FROM pg_prepared_xacts WHERE database = current_database()) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_in_use',
            MESSAGE = format('prepared transaction %s could commit behind the fence',
                             (SELECT min(gid) FROM pg_prepared_xacts WHERE database = current_database())),
            HINT = 'COMMIT PREPARED or ROLLBACK PREPARED it, then try again';
    END IF;

    INSERT INTO daybreak.fence AS f (fenced_at, schemas, database_setting)
    SELECT clock_timestamp(), {schemas},
           (SELECT substr(option, length('default_transaction_read_only=') + 1)
            FROM pg_db_role_setting AS s CROSS JOIN unnest(s.setconfig) AS option
            WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND s.setrole = 0 AND option LIKE 'default_transaction_read_only=%')
    ON CONFLICT (only_one) DO UPDATE
    SET schemas = (SELECT array_agg(DISTINCT name) FROM unnest(f.schemas || excluded.schemas) AS name);

    INSERT INTO daybreak.fence_acl AS f
    SELECT c.oid, 0, coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (scope) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT a.attrelid, a.attnum, a.attacl
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (scope) AND a.attacl IS NOT NULL AND NOT a.attisdropped
    ON CONFLICT (relation, column_number) DO UPDATE
    SET acl = ARRAY(SELECT DISTINCT item FROM unnest(f.acl || excluded.acl) AS item);

    FOR entry IN
        SELECT n.nspname, c.relkind = 'S' AS sequences,
               string_agg(DISTINCT CASE grant_.grantee WHEN 0 THEN 'PUBLIC'
                                   ELSE quote_ident(pg_get_userbyid(grant_.grantee)) END, ', ') AS grantees
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        CROSS JOIN LATERAL (
            SELECT * FROM aclexplode(coalesce(c.relacl,
                acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)))
            UNION ALL
            SELECT x.* FROM pg_attribute AS a CROSS JOIN LATERAL aclexplode(a.attacl) AS x
            WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped
        ) AS grant_
        WHERE n.nspname = ANY (scope) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
          AND grant_.grantee <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
          AND (grant_.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
               OR c.relkind = 'S' AND grant_.privilege_type = 'USAGE')
        GROUP BY 1, 2
    LOOP
        IF entry.sequences THEN
            EXECUTE format('REVOKE USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA %I FROM %s CASCADE',
                           entry.nspname, entry.grantees);
        ELSE
            EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA %I FROM %s CASCADE',
                           entry.nspname, entry.grantees);
        END IF;
    END LOOP;

    EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database());
END
$fence$
