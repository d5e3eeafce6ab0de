SELECT 'max_wal_senders',
       format('%s of %s in use; two are needed', u.used, current_setting('max_wal_senders')),
       format('ALTER SYSTEM SET max_wal_senders = %s', u.used + 10)
FROM (SELECT count(*) AS used FROM pg_stat_replication WHERE application_name !~ '^daybreak') AS u
WHERE current_setting('max_wal_senders')::integer < u.used + 2 AND NOT pg_is_in_recovery()
