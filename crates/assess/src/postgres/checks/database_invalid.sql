SELECT format('database %I', b.datname),
       'datconnlimit = -2: invalid',
       format('DROP DATABASE %I', b.datname)
FROM pg_database AS b
WHERE b.datconnlimit = -2
ORDER BY 1
