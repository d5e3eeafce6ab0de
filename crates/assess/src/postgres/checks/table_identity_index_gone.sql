SELECT c.oid::regclass::text,
       'REPLICA IDENTITY USING INDEX, and no index is marked as that',
       format('ALTER TABLE %s REPLICA IDENTITY %s', c.oid::regclass,
              CASE WHEN EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indimmediate)
                   THEN 'DEFAULT' ELSE 'FULL' END)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relreplident = 'i' AND c.relpersistence = 'p'
  AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisreplident)
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
