SELECT format('dictionary %I.%I', n.nspname, t.dictname),
       t.dictinitoption
FROM pg_ts_dict AS t
JOIN pg_namespace AS n ON n.oid = t.dictnamespace
WHERE (t.dictinitoption ~* '\m(dictfile|afffile|synonyms)\M'
       OR t.dictinitoption ~* '\mstopwords\s*=\s*''(?!(danish|dutch|english|finnish|french|german|hungarian|italian|nepali|norwegian|portuguese|russian|spanish|swedish|turkish)'')')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_ts_dict'::regclass AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY 1
