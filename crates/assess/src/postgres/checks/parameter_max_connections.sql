SELECT 'max_connections',
       format('max_connections = %s; Aurora''s default ends at 5000', current_setting('max_connections'))
WHERE current_setting('max_connections')::integer > 5000
