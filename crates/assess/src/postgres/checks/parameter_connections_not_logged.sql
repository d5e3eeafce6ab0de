SELECT 'log_connections',
       'it is ' || current_setting('log_connections'),
       'ALTER SYSTEM SET log_connections = on'
WHERE current_setting('log_connections') IN ('off', '')
