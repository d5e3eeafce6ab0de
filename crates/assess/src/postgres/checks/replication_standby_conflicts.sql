SELECT s.name,
       format('%s = %s', s.name, current_setting(s.name))
FROM pg_settings AS s
WHERE s.name IN ('max_standby_streaming_delay', 'max_standby_archive_delay')
  AND (s.setting::integer < 0 OR s.setting::integer > 30000)
ORDER BY 1
