-- Who reads decoded changes: a logical slot with the connection that uses it, if one does. Slots of a table's first copy come
-- and go, and what keeps changes for a data check of ours (`kept_changes.rs`) has no reader.
SELECT coalesce(host(r.client_addr), CASE WHEN s.active THEN 'local' END), s.slot_name, s.database,
       (r.state = 'streaming')::text, round(extract(epoch FROM r.replay_lag)::numeric, 3)::text,
       (r.sync_state IN ('sync', 'quorum'))::text
FROM pg_replication_slots AS s
LEFT JOIN pg_stat_replication AS r ON r.pid = s.active_pid
WHERE s.slot_type = 'logical' AND s.slot_name !~ '_sync_[0-9]+_[0-9]+$|^daybreak_check_[0-9]+$'
ORDER BY 1, 2
