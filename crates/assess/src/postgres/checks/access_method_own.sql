SELECT format('access method %I', m.amname),
       format('TYPE %s, HANDLER %s', CASE m.amtype WHEN 't' THEN 'TABLE' ELSE 'INDEX' END, m.amhandler::regproc)
FROM pg_am AS m
WHERE m.oid >= 16384
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_am'::regclass AND d.objid = m.oid AND d.deptype = 'e')
ORDER BY 1
