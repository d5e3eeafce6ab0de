SELECT 'ssl',
       'ssl = off',
       'ALTER SYSTEM SET ssl = on'
WHERE current_setting('ssl') = 'off'
