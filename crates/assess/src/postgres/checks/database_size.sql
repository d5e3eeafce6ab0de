SELECT format('database %I', current_database()),
       format('about %s of 128 TiB', pg_size_pretty(s.bytes::numeric))
FROM (SELECT sum((c.relpages::bigint & 4294967295)::numeric * current_setting('block_size')::numeric) AS bytes
      FROM pg_class AS c
      WHERE c.relkind IN ('r', 'm', 't', 'i')) AS s
WHERE s.bytes > 90 * 1099511627776::numeric
