SELECT c.oid::regclass::text,
       format('about %s of 32 TiB', pg_size_pretty((c.relpages::bigint & 4294967295) * current_setting('block_size')::bigint))
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 't')
  AND (c.relpages::bigint & 4294967295) * current_setting('block_size')::bigint > 24::bigint << 40
  AND (n.nspname = 'pg_toast' OR n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak'))
ORDER BY 1
