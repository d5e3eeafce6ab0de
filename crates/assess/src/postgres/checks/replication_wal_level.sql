SELECT 'wal_level',
       format('wal_level = %s', current_setting('wal_level')),
       'ALTER SYSTEM SET wal_level = ''logical'''
WHERE current_setting('wal_level') <> 'logical' AND NOT pg_is_in_recovery()
