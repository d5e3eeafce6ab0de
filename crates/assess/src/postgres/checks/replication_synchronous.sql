SELECT 'synchronous_standby_names',
       format('synchronous_standby_names = %s', current_setting('synchronous_standby_names'))
WHERE current_setting('synchronous_standby_names') <> ''
