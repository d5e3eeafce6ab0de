SELECT c.oid::regclass::text,
       'security_invoker = true'
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'v'
  AND EXISTS (SELECT FROM unnest(c.reloptions) AS o (setting) WHERE o.setting ~* '^security_invoker=(true|on|1|yes)$')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
