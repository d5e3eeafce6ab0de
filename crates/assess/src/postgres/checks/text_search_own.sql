SELECT format('template %I.%I', n.nspname, t.tmplname),
       format('LEXIZE = %s', t.tmpllexize::regproc)
FROM pg_ts_template AS t
JOIN pg_namespace AS n ON n.oid = t.tmplnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_ts_template'::regclass AND d.objid = t.oid AND d.deptype = 'e')
UNION ALL
SELECT format('parser %I.%I', n.nspname, t.prsname),
       format('GETTOKEN = %s', t.prstoken::regproc)
FROM pg_ts_parser AS t
JOIN pg_namespace AS n ON n.oid = t.prsnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_ts_parser'::regclass AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY 1
