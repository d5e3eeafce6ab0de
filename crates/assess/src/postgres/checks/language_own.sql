SELECT format('language %I', l.lanname),
       format('%s, handler %s', CASE WHEN l.lanpltrusted THEN 'trusted' ELSE 'not trusted' END, l.lanplcallfoid::regproc)
FROM pg_language AS l
WHERE l.lanispl
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_language'::regclass AND d.objid = l.oid AND d.deptype = 'e')
ORDER BY 1
