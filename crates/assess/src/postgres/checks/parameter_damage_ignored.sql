SELECT s.name,
       format('%s = on', s.name),
       format('ALTER SYSTEM SET %I = off', s.name)
FROM pg_settings AS s
WHERE s.name IN ('zero_damaged_pages', 'ignore_checksum_failure', 'ignore_invalid_pages') AND s.reset_val = 'on'
ORDER BY 1
