SELECT c.oid::regclass::text,
       format('row security%s; policies: %s', CASE WHEN c.relforcerowsecurity THEN ', forced on the owner' ELSE '' END,
              coalesce((SELECT string_agg(p.polname::text, ', ' ORDER BY p.polname)
                        FROM pg_policy AS p WHERE p.polrelid = c.oid), 'none'))
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relrowsecurity
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
