SELECT format('%s at %s', r.application_name, coalesce(host(r.client_addr), 'the local socket')),
       coalesce(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                                r.replay_lsn), 0)::bigint::text,
       coalesce(extract(epoch FROM r.replay_lag), 0)::bigint::text
FROM pg_stat_replication AS r
WHERE r.application_name !~ '^daybreak'
ORDER BY 1
