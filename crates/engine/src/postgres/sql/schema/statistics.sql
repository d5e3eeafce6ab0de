SELECT 'pg_statistic_ext'::regclass::oid, s.oid, 'index', format('%I.%I', n.nspname, s.stxname), rn.nspname, root.relname,
       CASE c.relkind WHEN 'm' THEN 'after_all' ELSE 'after_rows' END,
       concat_ws(E'\x01', pg_get_statisticsobjdef(s.oid),
           CASE WHEN (to_jsonb(s) ->> 'stxstattarget')::int >= 0
                THEN format('ALTER STATISTICS %I.%I SET STATISTICS %s', n.nspname, s.stxname, to_jsonb(s) ->> 'stxstattarget') END),
       NULL
FROM pg_statistic_ext AS s
JOIN pg_namespace AS n ON n.oid = s.stxnamespace
JOIN pg_class AS c ON c.oid = s.stxrelid
JOIN pg_namespace AS tn ON tn.oid = c.relnamespace
JOIN pg_class AS root ON root.oid = coalesce(pg_partition_root(c.oid), c.oid)
JOIN pg_namespace AS rn ON rn.oid = root.relnamespace
WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'p', 'm')
