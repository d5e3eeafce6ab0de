-- What a standby receives, and how far it is behind: nothing, where it has replayed all that came.
SELECT slot_name, (status = 'streaming')::text,
       CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN '0'
            ELSE round(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::numeric, 3)::text END
FROM pg_stat_wal_receiver
