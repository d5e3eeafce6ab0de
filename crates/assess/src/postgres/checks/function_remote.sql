SELECT p.oid::regprocedure::text,
       'calls '||(SELECT string_agg(DISTINCT lower(m.words[1]), ', ')
        FROM regexp_matches(p.prosrc, '\m(dblink|dblink_connect|dblink_connect_u|dblink_exec|dblink_send_query|dblink_open)\s*\(', 'gi') AS m (words))
FROM pg_proc AS p
JOIN pg_language AS l ON l.oid = p.prolang
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.prosrc ~* '\m(dblink|dblink_connect|dblink_connect_u|dblink_exec|dblink_send_query|dblink_open)\s*\('
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1
