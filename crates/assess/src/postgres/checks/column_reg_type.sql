SELECT format('%s.%I', c.oid::regclass, a.attname),
       format('of type %s', format_type(a.atttypid, a.atttypmod)),
       format('ALTER TABLE %s ALTER COLUMN %I TYPE text USING %I::text', c.oid::regclass, a.attname, a.attname)
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND a.attnum > 0 AND NOT a.attisdropped
  AND a.atttypid::regtype::text IN ('regproc', 'regprocedure', 'regoper', 'regoperator', 'regconfig', 'regdictionary',
                                    'regnamespace', 'regcollation', 'regdatabase')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
