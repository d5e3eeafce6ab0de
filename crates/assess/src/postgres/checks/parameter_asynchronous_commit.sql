SELECT 'synchronous_commit',
       format('synchronous_commit = %s', s.reset_val)
FROM pg_settings AS s
WHERE s.name = 'synchronous_commit' AND s.reset_val IN ('off', 'local')
