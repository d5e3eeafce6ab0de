SELECT s.relid::regclass::text,
       CASE WHEN coalesce(s.last_analyze, s.last_autoanalyze) IS NULL
            THEN format('never analysed; %s rows', s.n_live_tup)
            ELSE format('%s changes since it was analysed; %s rows', s.n_mod_since_analyze, s.n_live_tup) END,
       format('ANALYZE %s', s.relid::regclass)
FROM pg_stat_user_tables AS s
JOIN pg_namespace AS n ON n.nspname = s.schemaname
WHERE s.n_live_tup > 100000
  AND (coalesce(s.last_analyze, s.last_autoanalyze) IS NULL OR s.n_mod_since_analyze > s.n_live_tup)
  AND NOT pg_is_in_recovery()
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
