SELECT s.relid::regclass::text,
       format('%s updates of %s rows since the statistics began: %s of each row, averaged',
              s.n_tup_upd, s.n_live_tup, s.n_tup_upd / s.n_live_tup)
FROM pg_stat_user_tables AS s
JOIN pg_namespace AS n ON n.nspname = s.schemaname
WHERE s.n_tup_upd >= 10000 AND s.n_live_tup > 0 AND s.n_tup_upd / s.n_live_tup >= 100
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
