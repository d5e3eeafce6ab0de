SELECT format('database %I', b.datname),
       format('CONNECTION LIMIT %s', b.datconnlimit),
       format('ALTER DATABASE %I CONNECTION LIMIT %s', b.datname, b.datconnlimit)
FROM pg_database AS b
WHERE b.datname = current_database() AND b.datconnlimit >= 0
