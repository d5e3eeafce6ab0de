SELECT format('%s.%I', c.oid::regclass, a.attname),
       format('of type %s', t.typname),
       CASE t.typname
           WHEN 'abstime' THEN format('ALTER TABLE %s ALTER COLUMN %I TYPE timestamptz', c.oid::regclass, a.attname)
           WHEN 'reltime' THEN format('ALTER TABLE %s ALTER COLUMN %I TYPE interval', c.oid::regclass, a.attname) END
FROM pg_attribute AS a
JOIN pg_type AS t ON t.oid = a.atttypid AND t.typname IN ('abstime', 'reltime', 'tinterval')
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm')
  AND t.typnamespace = 'pg_catalog'::regnamespace
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
