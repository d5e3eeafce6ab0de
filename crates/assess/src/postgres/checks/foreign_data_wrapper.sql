SELECT format('foreign-data wrapper %I', w.fdwname),
       CASE WHEN w.fdwhandler = 0 THEN 'no handler' ELSE format('HANDLER %s', w.fdwhandler::regproc) END
FROM pg_foreign_data_wrapper AS w
WHERE NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_foreign_data_wrapper'::regclass AND d.objid = w.oid AND d.deptype = 'e')
ORDER BY 1
