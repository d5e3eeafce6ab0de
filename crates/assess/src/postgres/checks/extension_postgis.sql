SELECT format('extension %I', e.extname),
       format('version %s', e.extversion),
       CASE WHEN e.extname = 'postgis' THEN 'SELECT postgis_extensions_upgrade()'
            ELSE format('ALTER EXTENSION %I UPDATE', e.extname) END
FROM pg_extension AS e
WHERE e.extname IN ('postgis', 'pgrouting')
ORDER BY 1
