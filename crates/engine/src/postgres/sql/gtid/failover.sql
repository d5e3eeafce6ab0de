-- PostgreSQL 17: logical slots that a failover loses, and settings that keep a standby from taking slots over.
SELECT 'slot', slot_name
FROM pg_catalog.pg_replication_slots
WHERE slot_type = 'logical' AND NOT temporary AND NOT failover
UNION ALL
SELECT 'setting', name
FROM pg_catalog.pg_settings
WHERE pg_catalog.pg_is_in_recovery() AND name IN ('sync_replication_slots', 'hot_standby_feedback') AND setting = 'off'
ORDER BY 1, 2
