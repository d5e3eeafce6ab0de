SELECT format('%s.%I', c.oid::regclass, a.attname),
       format('GENERATED ALWAYS AS (%s)%s', pg_get_expr(ad.adbin, ad.adrelid),
              CASE a.attgenerated WHEN 'v' THEN ' VIRTUAL' ELSE ' STORED' END)
FROM pg_attribute AS a
JOIN pg_attrdef AS ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE a.attgenerated <> '' AND NOT a.attisdropped AND NOT c.relispartition
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
