-- Who the server is. The address is part of a standby's identity only: a primary is told by its system identifier and
-- port however it is reached.
SELECT current_setting('server_version'),
       current_setting('wal_level'),
       pg_is_in_recovery()::text,
       current_setting('port'),
       coalesce(host(inet_server_addr()), 'local'),
       round(extract(epoch FROM clock_timestamp()) * 1000)::bigint::text,
       current_setting('max_replication_slots'),
       current_setting('max_wal_senders'),
       (SELECT s.setting FROM pg_settings AS s WHERE s.name = 'data_directory')
