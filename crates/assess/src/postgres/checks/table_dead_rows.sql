SELECT s.relid::regclass::text,
       format('%s dead rows beside %s live ones', s.n_dead_tup, s.n_live_tup),
       format('VACUUM %s', s.relid::regclass)
FROM pg_stat_user_tables AS s
JOIN pg_namespace AS n ON n.nspname = s.schemaname
WHERE s.n_dead_tup > 10000 AND s.n_dead_tup > s.n_live_tup / 2
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
