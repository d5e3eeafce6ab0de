SELECT t.object, string_agg(DISTINCT lower(m.words[1]), ',')
FROM (SELECT p.oid::regprocedure::text AS object, p.prosrc AS code
      FROM pg_proc AS p
      JOIN pg_namespace AS n ON n.oid = p.pronamespace
      WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
        AND NOT EXISTS (SELECT FROM pg_depend AS d
                        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
      UNION ALL
      SELECT format('%s.%I', c.oid::regclass, a.attname), pg_get_expr(ad.adbin, ad.adrelid)
      FROM pg_attrdef AS ad
      JOIN pg_attribute AS a ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum
      JOIN pg_class AS c ON c.oid = ad.adrelid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
      UNION ALL
      SELECT c.oid::regclass::text, pg_get_viewdef(c.oid)
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('v', 'm')
        AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
        AND NOT EXISTS (SELECT FROM pg_depend AS d
                        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')) AS t
CROSS JOIN LATERAL regexp_matches(t.code, '\m(pg_start_backup|pg_stop_backup|pg_backup_start_time|pg_is_in_backup|currtid|currtid2|pg_file_write|pg_file_rename|pg_file_unlink|pg_file_sync|pg_logdir_ls)\s*\(', 'gi') AS m (words)
GROUP BY t.object
ORDER BY 1
