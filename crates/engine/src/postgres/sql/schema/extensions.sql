-- The version is the target's own choice.
SELECT 'pg_extension'::regclass::oid, e.oid, 'extension', e.extname, NULL, NULL, 'before_rows',
       format(E'CREATE SCHEMA IF NOT EXISTS %I\x01CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA %I', n.nspname, e.extname, n.nspname),
       format('extension %I', e.extname)
FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE n.nspname <> 'pg_catalog'
