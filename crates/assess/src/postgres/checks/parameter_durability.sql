SELECT s.name,
       format('%s = off', s.name),
       format('ALTER SYSTEM SET %I = on', s.name)
FROM pg_settings AS s
WHERE s.name IN ('fsync', 'full_page_writes') AND s.setting = 'off'
ORDER BY 1
