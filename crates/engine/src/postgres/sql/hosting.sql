-- Who runs the server: Amazon's forms have a role `rds_superuser`, Aurora a function `aurora_version()` besides.
SELECT current_setting('server_version'),
       EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_superuser')::text,
       (SELECT n.nspname
        FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
        WHERE p.proname = 'aurora_version' AND p.pronargs = 0
        ORDER BY n.nspname = 'pg_catalog' DESC
        LIMIT 1)
