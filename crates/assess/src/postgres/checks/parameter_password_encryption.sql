SELECT 'password_encryption',
       format('password_encryption = %s', s.reset_val),
       'ALTER SYSTEM SET password_encryption = ''scram-sha-256'''
FROM pg_settings AS s
WHERE s.name = 'password_encryption' AND s.reset_val NOT IN ('scram-sha-256')
