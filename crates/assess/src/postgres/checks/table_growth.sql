SELECT s.relid::regclass::text,
       greatest(s.n_tup_ins - s.n_tup_del, 0)::text,
       extract(epoch FROM clock_timestamp() - coalesce(b.stats_reset, pg_postmaster_start_time()))::bigint::text,
       pg_total_relation_size(s.relid)::text,
       s.n_live_tup::text
FROM pg_stat_user_tables AS s
JOIN pg_namespace AS n ON n.nspname = s.schemaname
CROSS JOIN (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()) AS b
WHERE s.n_tup_ins > s.n_tup_del AND s.n_live_tup > 0
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
ORDER BY 1
