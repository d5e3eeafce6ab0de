SELECT 'pg_statistic_ext'::regclass::oid, s.oid, 'index', format('%I.%I', n.nspname, s.stxname), tn.nspname, c.relname, 'after_rows',
       pg_get_statisticsobjdef(s.oid), NULL
FROM pg_statistic_ext AS s
JOIN pg_namespace AS n ON n.oid = s.stxnamespace
JOIN pg_class AS c ON c.oid = s.stxrelid
JOIN pg_namespace AS tn ON tn.oid = c.relnamespace
WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p', 'm')
