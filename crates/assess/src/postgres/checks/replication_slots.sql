SELECT 'max_replication_slots',
       format('%s of %s slots in use; two are needed', u.used, current_setting('max_replication_slots')),
       format('ALTER SYSTEM SET max_replication_slots = %s', u.used + 10)
FROM (SELECT count(*) AS used FROM pg_replication_slots WHERE slot_name !~ '^daybreak') AS u
WHERE current_setting('max_replication_slots')::integer < u.used + 2 AND NOT pg_is_in_recovery()
