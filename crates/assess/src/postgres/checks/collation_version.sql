SELECT format('%I.%I', n.nspname, k.collname),
       format('made by version %s, now %s', k.collversion, pg_collation_actual_version(k.oid)),
       format('ALTER COLLATION %I.%I REFRESH VERSION', n.nspname, k.collname)
FROM pg_collation AS k
JOIN pg_namespace AS n ON n.oid = k.collnamespace
WHERE k.collversion IS DISTINCT FROM pg_collation_actual_version(k.oid)
  AND k.collversion IS NOT NULL
  AND (k.oid >= 16384 OR EXISTS (SELECT FROM pg_attribute AS a WHERE a.attcollation = k.oid AND a.attrelid >= 16384))
UNION ALL
SELECT format('database %I', b.datname),
       format('made by version %s, now %s', v.made, v.now),
       format('ALTER DATABASE %I REFRESH COLLATION VERSION', b.datname)
FROM pg_database AS b
CROSS JOIN LATERAL (SELECT to_jsonb(b) ->> 'datcollversion' AS made,
                           (SELECT pg_collation_actual_version(k.oid) FROM pg_collation AS k
                            WHERE k.collprovider::text = to_jsonb(b) ->> 'datlocprovider'
                              AND coalesce(to_jsonb(k) ->> 'colllocale', to_jsonb(k) ->> 'colliculocale', k.collcollate::text)
                                  = coalesce(to_jsonb(b) ->> 'datlocale', to_jsonb(b) ->> 'daticulocale', b.datcollate::text)
                              AND k.collnamespace = 'pg_catalog'::regnamespace
                            ORDER BY k.oid LIMIT 1) AS now) AS v
WHERE b.datname = current_database() AND v.made <> v.now
ORDER BY 1
