SELECT format('%s AS %s', format_type(k.castsource, NULL), format_type(k.casttarget, NULL)),
       format('%s, %s',
              CASE k.castmethod WHEN 'b' THEN 'WITHOUT FUNCTION' WHEN 'i' THEN 'WITH INOUT'
                                ELSE format('WITH FUNCTION %s', k.castfunc::regprocedure) END,
              CASE k.castcontext WHEN 'i' THEN 'AS IMPLICIT' WHEN 'a' THEN 'AS ASSIGNMENT' ELSE 'explicit' END)
FROM pg_cast AS k
WHERE k.oid >= 16384
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_cast'::regclass AND d.objid = k.oid AND d.deptype = 'e')
ORDER BY 1
