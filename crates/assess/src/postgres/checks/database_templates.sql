SELECT 'database template0',
       'allows connections',
       'ALTER DATABASE template0 ALLOW_CONNECTIONS false'
FROM pg_database AS b
WHERE b.datname = 'template0' AND b.datallowconn
UNION ALL
SELECT format('database %s', t.name),
       'is not there',
       NULL
FROM (VALUES ('template0'), ('template1')) AS t (name)
WHERE NOT EXISTS (SELECT FROM pg_database AS b WHERE b.datname = t.name)
