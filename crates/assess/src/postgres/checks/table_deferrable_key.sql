SELECT c.oid::regclass::text,
       format('PRIMARY KEY %I is DEFERRABLE', k.conname),
       format('ALTER TABLE %s DROP CONSTRAINT %I, ADD %s', c.oid::regclass, k.conname,
              regexp_replace(pg_get_constraintdef(k.oid), ' DEFERRABLE.*$', ''))
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.contype = 'p' AND k.condeferrable AND NOT c.relispartition
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
