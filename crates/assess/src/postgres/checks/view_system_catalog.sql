SELECT c.oid::regclass::text,
       format('reads %s', string_agg(DISTINCT s.relname::text, ', '))
FROM pg_rewrite AS r
JOIN pg_class AS c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm')
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
JOIN pg_class AS s ON s.oid = d.refobjid AND s.oid < 16384
WHERE s.relnamespace = 'pg_catalog'::regnamespace
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
GROUP BY c.oid
HAVING count(*) > 0
ORDER BY 1
