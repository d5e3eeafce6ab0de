SELECT 'pg_namespace'::regclass::oid, n.oid, 'schema', n.nspname, NULL, NULL, 'before_rows',
       format('CREATE SCHEMA IF NOT EXISTS %I', n.nspname), NULL
FROM pg_namespace AS n
WHERE n.nspname = ANY ({schemas})
