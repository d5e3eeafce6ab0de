-- Standbys that stream the log now, and how far they are behind.
SELECT coalesce(host(r.client_addr), 'local'), r.application_name, (r.state = 'streaming')::text,
       round(extract(epoch FROM r.replay_lag)::numeric, 3)::text, (r.sync_state IN ('sync', 'quorum'))::text
FROM pg_stat_replication AS r
WHERE NOT EXISTS (SELECT FROM pg_replication_slots AS s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
  AND r.application_name <> 'pg_basebackup'
ORDER BY 1, 2
