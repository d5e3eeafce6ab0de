SELECT format('extension %I', e.extname),
       format('commented as %L', d.description),
       format('COMMENT ON EXTENSION %I IS %L', e.extname, d.description)
FROM pg_extension AS e
JOIN pg_description AS d ON d.classoid = 'pg_extension'::regclass AND d.objoid = e.oid
JOIN pg_available_extensions AS a ON a.name = e.extname
WHERE a.comment IS DISTINCT FROM d.description
ORDER BY 1
