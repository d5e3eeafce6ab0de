SELECT format('session %s of %s', a.pid, a.usename),
       extract(epoch FROM clock_timestamp() - a.xact_start)::bigint::text,
       coalesce(a.state, 'unknown')
FROM pg_stat_activity AS a
WHERE a.xact_start IS NOT NULL AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
ORDER BY 1
