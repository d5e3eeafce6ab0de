SELECT format('%I.%I', n.nspname, c.relname),
       format('jobs of %s', CASE n.nspname WHEN 'cron' THEN 'pg_cron' WHEN 'pgagent' THEN 'pgAgent' ELSE 'pg_partman' END)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r'
  AND (n.nspname, c.relname) IN (('cron', 'job'), ('pgagent', 'pga_job'), ('partman', 'part_config'), ('public', 'part_config'))
ORDER BY 1
