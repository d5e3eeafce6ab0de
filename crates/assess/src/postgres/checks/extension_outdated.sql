SELECT format('extension %I', e.extname),
       format('version %s, and the server has %s', e.extversion, a.default_version),
       format('ALTER EXTENSION %I UPDATE', e.extname)
FROM pg_extension AS e
JOIN pg_available_extensions AS a ON a.name = e.extname
WHERE a.default_version <> e.extversion
ORDER BY 1
