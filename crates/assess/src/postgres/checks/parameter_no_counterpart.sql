SELECT s.name,
       format('%s = %s', s.name, s.setting)
FROM pg_settings AS s
WHERE s.name IN ('backend_flush_after', 'checkpoint_flush_after', 'commit_delay', 'default_tablespace', 'temp_tablespaces',
                 'dynamic_library_path', 'event_source', 'huge_pages', 'krb_server_keyfile', 'wal_compression',
                 'wal_init_zero', 'wal_recycle', 'wal_sync_method', 'wal_writer_flush_after', 'effective_io_concurrency',
                 'io_method', 'ssl_crl_file', 'temp_file_limit')
  AND s.source IN ('configuration file', 'command line', 'environment variable')
  AND s.setting IS DISTINCT FROM s.boot_val
ORDER BY 1
