SELECT name, setting FROM pg_settings
WHERE name IN ('wal_level', 'max_wal_senders', 'max_replication_slots', 'max_logical_replication_workers', 'hot_standby',
               'hot_standby_feedback', 'synchronous_commit', 'synchronous_standby_names', 'wal_keep_size',
               'wal_keep_segments', 'max_slot_wal_keep_size', 'archive_mode', 'primary_slot_name', 'cluster_name',
               'wal_log_hints', 'data_checksums', 'idle_replication_slot_timeout', 'rds.logical_replication')
