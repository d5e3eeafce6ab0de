SELECT p.oid::regprocedure::text, string_agg(DISTINCT lower(m.words[1]), ',')
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
CROSS JOIN LATERAL regexp_matches(p.prosrc, '\m(pg_start_backup|pg_stop_backup|pg_backup_start_time|pg_is_in_backup|currtid|currtid2|pg_file_write|pg_file_rename|pg_file_unlink|pg_file_sync|pg_logdir_ls)\s*\(', 'gi') AS m (words)
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
GROUP BY p.oid
ORDER BY 1
