-- Gives back what the fence took: every saved right that is missing now, by the role that had granted it, and the
-- database's former setting. One transaction.
DO $open$
DECLARE
    entry record;
    former text;
BEGIN
    PERFORM pg_advisory_xact_lock(4919131752989213764);

    FOR entry IN
        SELECT kind, grantor, grantee, privilege, grantable, string_agg(name, ', ') AS names, foreign_grantor
        FROM (
            SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
                   format('%I.%I', n.nspname, c.relname) AS name,
                   pg_get_userbyid(x.grantor) AS grantor, x.grantor <> c.relowner AS foreign_grantor,
                   CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END AS grantee,
                   string_agg(DISTINCT x.privilege_type
                              || CASE WHEN s.column_number > 0 THEN format(' (%I)', a.attname) ELSE '' END,
                              ', ') AS privilege,
                   x.is_grantable AS grantable
            FROM daybreak.fence_acl AS s
            JOIN pg_class AS c ON c.oid = s.relation
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = s.column_number AND s.column_number > 0
            CROSS JOIN LATERAL aclexplode(s.acl) AS x
            WHERE (x.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
                   OR c.relkind = 'S' AND x.privilege_type = 'USAGE')
              AND (x.grantee = 0 OR EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = x.grantee))
              AND EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = x.grantor)
            GROUP BY s.relation, s.column_number, 1, 2, 3, 4, 5, x.is_grantable
        ) AS lost
        GROUP BY kind, grantor, grantee, privilege, grantable, foreign_grantor
        ORDER BY foreign_grantor, grantable DESC, grantor, grantee
    LOOP
        IF entry.foreign_grantor THEN
            EXECUTE format('SET LOCAL ROLE %I', entry.grantor);
        END IF;
        EXECUTE format('GRANT %s ON %s %s TO %s%s', entry.privilege, entry.kind, entry.names, entry.grantee,
                       CASE WHEN entry.grantable THEN ' WITH GRANT OPTION' ELSE '' END);
        IF entry.foreign_grantor THEN
            RESET ROLE;
        END IF;
    END LOOP;

    SELECT database_setting INTO former FROM daybreak.fence;
    IF former IS NULL THEN
        EXECUTE format('ALTER DATABASE %I RESET default_transaction_read_only', current_database());
    ELSE
        EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = %L', current_database(), former);
    END IF;
    DELETE FROM daybreak.fence_acl;
    DELETE FROM daybreak.fence;
END
$open$
