SELECT format('%I.%I USING %s', n.nspname, o.opcname, m.amname),
       format('FOR TYPE %s', format_type(o.opcintype, NULL))
FROM pg_opclass AS o
JOIN pg_am AS m ON m.oid = o.opcmethod
JOIN pg_namespace AS n ON n.oid = o.opcnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_opclass'::regclass AND d.objid = o.oid AND d.deptype = 'e')
ORDER BY 1
