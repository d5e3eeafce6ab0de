-- What the account may do. Membership in `rds_superuser` counts for what Amazon lets it do.
WITH me AS (SELECT * FROM pg_roles WHERE rolname = current_user),
     memberships AS (SELECT rolname FROM pg_roles AS r WHERE pg_has_role(current_user, r.oid, 'MEMBER')),
     tables AS (SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, c.relowner
                FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_'
                  AND n.nspname NOT IN ('information_schema', 'daybreak')
                  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass
                                  AND d.objid = c.oid AND d.deptype = 'e'))
SELECT me.rolsuper AS superuser,
       me.rolreplication OR 'rds_replication' IN (SELECT rolname FROM memberships)
           OR 'rds_superuser' IN (SELECT rolname FROM memberships) AS replication,
       me.rolbypassrls OR NOT EXISTS (SELECT FROM pg_class WHERE relrowsecurity
           AND (relforcerowsecurity OR NOT pg_has_role(current_user, relowner, 'USAGE'))) AS bypasses_row_security,
       me.rolcreaterole AS creates_roles,
       has_database_privilege(current_database(), 'CREATE') AS creates_in_database,
       (SELECT pg_has_role(current_user, datdba, 'USAGE') FROM pg_database WHERE datname = current_database()) AS owns_database,
       'pg_signal_backend' IN (SELECT rolname FROM memberships) AS signals,
       'pg_create_subscription' IN (SELECT rolname FROM memberships)
           OR 'rds_superuser' IN (SELECT rolname FROM memberships) AS makes_subscriptions,
       'pg_read_all_stats' IN (SELECT rolname FROM memberships) AS reads_statistics,
       'pg_read_all_settings' IN (SELECT rolname FROM memberships) AS reads_settings,
       (SELECT string_agg(name, ', ') FROM (SELECT name FROM tables WHERE NOT has_table_privilege(tables.oid, 'SELECT') LIMIT 5) AS t) AS unreadable,
       (SELECT string_agg(name, ', ') FROM (SELECT name FROM tables
           WHERE NOT (has_table_privilege(tables.oid, 'INSERT') AND has_table_privilege(tables.oid, 'UPDATE')
                      AND has_table_privilege(tables.oid, 'DELETE')) LIMIT 5) AS t) AS unchangeable,
       (SELECT string_agg(name, ', ') FROM (SELECT name FROM tables WHERE NOT pg_has_role(current_user, relowner, 'USAGE') LIMIT 5) AS t) AS not_owned
FROM me
