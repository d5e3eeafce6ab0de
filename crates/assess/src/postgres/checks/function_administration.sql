SELECT p.oid::regprocedure::text,
       CASE WHEN p.prosrc ~* '\malter\s+system\M' THEN 'ALTER SYSTEM'
        ELSE 'calls '||(SELECT string_agg(DISTINCT lower(m.words[1]), ', ')
        FROM regexp_matches(p.prosrc, '\m(pg_reload_conf|pg_switch_wal|pg_rotate_logfile|pg_promote|pg_create_restore_point|pg_wal_replay_pause|pg_wal_replay_resume)\s*\(', 'gi') AS m (words)) END
FROM pg_proc AS p
JOIN pg_language AS l ON l.oid = p.prolang
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE (p.prosrc ~* '\m(pg_reload_conf|pg_switch_wal|pg_rotate_logfile|pg_promote|pg_create_restore_point|pg_wal_replay_pause|pg_wal_replay_resume)\s*\(' OR p.prosrc ~* '\malter\s+system\M')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1
