SELECT 'data_checksums',
       'data_checksums = off'
WHERE current_setting('data_checksums') = 'off'
