SELECT format('%I.%I', n.nspname, k.collname),
       format('provider %s, %s', CASE k.collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' WHEN 'b' THEN 'builtin' ELSE k.collprovider::text END,
              coalesce(to_jsonb(k) ->> 'colllocale', to_jsonb(k) ->> 'colliculocale', k.collcollate::text))
FROM pg_collation AS k
JOIN pg_namespace AS n ON n.oid = k.collnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'daybreak')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                 WHERE d.classid = 'pg_collation'::regclass AND d.objid = k.oid AND d.deptype = 'e')
ORDER BY 1
