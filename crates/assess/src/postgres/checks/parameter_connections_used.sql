SELECT 'max_connections',
       format('%s of %s connections in use', u.used, current_setting('max_connections'))
FROM (SELECT sum(numbackends) AS used FROM pg_stat_database) AS u
WHERE u.used > current_setting('max_connections')::integer * 0.8
