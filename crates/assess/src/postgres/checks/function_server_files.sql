SELECT p.oid::regprocedure::text,
       CASE WHEN p.prosrc ~* '\m(pg_read_file|pg_read_binary_file|pg_ls_dir|pg_ls_logdir|pg_ls_waldir|pg_stat_file|pg_file_write|pg_file_read|lo_import|lo_export|pg_logdir_ls)\s*\(' THEN 'calls '||(SELECT string_agg(DISTINCT lower(m.words[1]), ', ')
        FROM regexp_matches(p.prosrc, '\m(pg_read_file|pg_read_binary_file|pg_ls_dir|pg_ls_logdir|pg_ls_waldir|pg_stat_file|pg_file_write|pg_file_read|lo_import|lo_export|pg_logdir_ls)\s*\(', 'gi') AS m (words))
        ELSE 'COPY to or from a file or program of the server' END
FROM pg_proc AS p
JOIN pg_language AS l ON l.oid = p.prolang
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE (p.prosrc ~* '\m(pg_read_file|pg_read_binary_file|pg_ls_dir|pg_ls_logdir|pg_ls_waldir|pg_stat_file|pg_file_write|pg_file_read|lo_import|lo_export|pg_logdir_ls)\s*\('
   OR p.prosrc ~* '\mcopy\M[^;]*\m(to|from)\s+(program\M|[eE]?''/)')
  AND l.lanname <> 'internal'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1
