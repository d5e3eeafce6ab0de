SELECT format('%s.%I', c.oid::regclass, a.attname),
       'of type unknown',
       CASE WHEN c.relkind IN ('r', 'p')
            THEN format('ALTER TABLE %s ALTER COLUMN %I TYPE text', c.oid::regclass, a.attname) END
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE a.atttypid = 'unknown'::regtype AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'c')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
