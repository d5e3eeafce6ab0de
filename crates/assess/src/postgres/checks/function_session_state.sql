SELECT p.oid::regprocedure::text,
       (SELECT string_agg(DISTINCT regexp_replace(lower(m.words[1]), '\s+', ' ', 'g'), ', ')
        FROM regexp_matches(p.prosrc, '(\mcreate\s+(?:local\s+|global\s+)?(?:temporary|temp)\M|\mlisten\s+\w+|\mpg_advisory_lock\M|\mset_config\M)', 'gi') AS m (words))
FROM pg_proc AS p
JOIN pg_language AS l ON l.oid = p.prolang
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.prosrc ~* '(\mcreate\s+(local\s+|global\s+)?(temp|temporary)\M|\mlisten\s+\w|\mpg_advisory_lock\s*\(|\mset_config\s*\([^)]*false\s*\))'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1
