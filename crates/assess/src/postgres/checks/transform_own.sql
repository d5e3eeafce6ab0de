SELECT format('transform for %s LANGUAGE %I', format_type(t.trftype, NULL), l.lanname),
       format('FROM SQL WITH %s', t.trffromsql::regproc)
FROM pg_transform AS t
JOIN pg_language AS l ON l.oid = t.trflang
WHERE NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_transform'::regclass AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY 1
