SELECT s.name,
       format('%s = %s%s', s.name, s.setting, coalesce(' ' || s.unit, '')),
       format('ALTER SYSTEM SET %I = %L', s.name, s.boot_val)
FROM pg_settings AS s
WHERE s.name = 'max_slot_wal_keep_size' AND s.setting <> '-1'
   OR s.name = 'idle_replication_slot_timeout' AND s.setting <> '0'
ORDER BY 1
