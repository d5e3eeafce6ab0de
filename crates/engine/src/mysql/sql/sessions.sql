-- Client sessions with the transaction each has open. InnoDB states the start of a transaction in the server's own time zone.
SELECT p.ID,
       p.USER,
       COALESCE(p.HOST, ''),
       (SELECT MAX(a.ATTR_VALUE)
          FROM performance_schema.session_connect_attrs a
         WHERE a.PROCESSLIST_ID = p.ID AND a.ATTR_NAME = 'program_name') AS program,
       t.trx_id IS NOT NULL OR p.COMMAND NOT IN ('Sleep', 'Killed') AS in_transaction,
       COALESCE(TIMESTAMPDIFF(SECOND, t.trx_started, CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM')), 0) + 0e0,
       COALESCE(t.trx_rows_modified > 0, p.COMMAND NOT IN ('Sleep', 'Killed')) AS may_have_written,
       p.TIME + 0e0 AS quiet,
       COALESCE(p.STATE LIKE 'Waiting for table%' OR p.STATE LIKE 'Waiting for % lock', 0) AS waits_for_table
  FROM information_schema.PROCESSLIST p
  LEFT JOIN information_schema.INNODB_TRX t ON t.trx_mysql_thread_id = p.ID
 WHERE p.ID <> CONNECTION_ID()
   AND p.USER NOT IN ('system user', 'event_scheduler', 'rdsadmin', 'mysql.session', 'mysql.infoschema')
   AND p.COMMAND NOT IN ('Binlog Dump', 'Binlog Dump GTID', 'Daemon', 'Connect')
 ORDER BY p.ID
