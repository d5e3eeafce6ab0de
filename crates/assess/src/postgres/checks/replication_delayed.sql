SELECT 'recovery_min_apply_delay',
       format('recovery_min_apply_delay = %s', current_setting('recovery_min_apply_delay'))
FROM pg_settings AS s
WHERE s.name = 'recovery_min_apply_delay' AND s.setting <> '0'
