-- wal_level, and how many replication slots and senders there may be and are.
SELECT current_setting('wal_level'),
       current_setting('max_replication_slots'), (SELECT count(*) FROM pg_catalog.pg_replication_slots),
       current_setting('max_wal_senders'), (SELECT count(*) FROM pg_catalog.pg_stat_replication)
