-- Roles that are neither the server's own nor its host's, with their attributes and memberships.
SELECT r.rolname,
       array_to_string(ARRAY[CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
                             CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolreplication THEN 'REPLICATION' END,
                             CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END], ','),
       r.rolcanlogin::text,
       (SELECT string_agg(quote_ident(g.rolname), ',' ORDER BY g.rolname)
        FROM pg_auth_members AS m JOIN pg_roles AS g ON g.oid = m.roleid WHERE m.member = r.oid),
       (r.rolname = current_user)::text
FROM pg_roles AS r
WHERE r.rolname !~ '^(pg_|rds|daybreak)' AND r.oid >= 16384
ORDER BY 1
