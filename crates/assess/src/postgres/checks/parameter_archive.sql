SELECT 'archive_mode',
       format('archive_mode = %s', current_setting('archive_mode'))
WHERE current_setting('archive_mode') <> 'off'
