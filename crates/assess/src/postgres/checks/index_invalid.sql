SELECT i.indexrelid::regclass::text,
       format('invalid, on %s', i.indrelid::regclass),
       format('REINDEX INDEX CONCURRENTLY %s', i.indexrelid::regclass)
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relkind = 'i'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
