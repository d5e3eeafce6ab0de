SELECT c.oid::regclass::text,
       'relpersistence = u: its changes are not in the WAL',
       format('ALTER TABLE %s SET LOGGED', c.oid::regclass)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relpersistence = 'u'
  AND c.relkind IN ('r', 'p')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
