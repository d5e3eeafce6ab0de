SELECT s.name, s.setting
FROM pg_settings AS s
WHERE s.name IN ('shared_preload_libraries', 'session_preload_libraries', 'local_preload_libraries') AND s.setting <> ''
ORDER BY 1
