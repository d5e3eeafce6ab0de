-- The mysql.rds_* procedures of Aurora MySQL version 3, with its names and its argument orders, and the names of version 2 beside them.
-- Source: Aurora user guide, "Aurora MySQL stored procedure reference". The wording of messages is the stand-in's own.
-- They run with the rights of the hidden account rdsadmin@localhost. The rds_hidden_ ones run with their callers', so that they are of no use
-- to anybody else. Statements end with a line of two semicolons.
CREATE TABLE mysql.rds_configuration (
  name VARCHAR(100) NOT NULL PRIMARY KEY,
  value VARCHAR(100),
  description VARCHAR(300)
) ENGINE = InnoDB
;;
INSERT INTO mysql.rds_configuration VALUES
  ('binlog retention hours', NULL, 'binlog retention hours specifies the duration in hours before binary logs are automatically deleted.'),
  ('source ssl', '0', 'whether binary log replication from outside uses TLS')
;;
CREATE TABLE mysql.rds_history (
  id BIGINT AUTO_INCREMENT PRIMARY KEY,
  action_timestamp TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  called_by_user VARCHAR(352) NOT NULL,
  action VARCHAR(60) NOT NULL,
  mysql_version VARCHAR(60) NOT NULL,
  source_host VARCHAR(255),
  source_port INT,
  source_user VARCHAR(96),
  source_log_file VARCHAR(255),
  source_log_pos BIGINT
) ENGINE = InnoDB
;;
CREATE TABLE mysql.rds_replication_status (
  id BIGINT AUTO_INCREMENT PRIMARY KEY,
  action_timestamp TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  called_by_user VARCHAR(352) NOT NULL,
  action VARCHAR(60) NOT NULL,
  mysql_version VARCHAR(60) NOT NULL,
  source_host VARCHAR(255),
  source_port INT
) ENGINE = InnoDB
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_hidden_execute(IN statement TEXT)
SQL SECURITY INVOKER
BEGIN
  SET @rds_hidden_statement = statement;
  PREPARE rds_hidden FROM @rds_hidden_statement;
  -- The text may hold a password: it must not stay where the session can read it.
  SET @rds_hidden_statement = NULL;
  EXECUTE rds_hidden;
  DEALLOCATE PREPARE rds_hidden;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_hidden_refuse(IN reason TEXT)
SQL SECURITY INVOKER
BEGIN
  SET reason = LEFT(reason, 128);
  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = reason;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_hidden_remember(IN what VARCHAR(60), IN host VARCHAR(255), IN port INT, IN user_name VARCHAR(96), IN file VARCHAR(255), IN pos BIGINT)
SQL SECURITY INVOKER
BEGIN
  DECLARE logging INT DEFAULT @@SESSION.sql_log_bin;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN
    SET SESSION sql_log_bin = logging;
    RESIGNAL;
  END;
  -- Fails inside a transaction, as on Aurora: these procedures want autocommit.
  SET SESSION sql_log_bin = 0;
  INSERT INTO mysql.rds_history (called_by_user, action, mysql_version, source_host, source_port, source_user, source_log_file, source_log_pos)
    VALUES (USER(), what, VERSION(), host, port, user_name, file, pos);
  INSERT INTO mysql.rds_replication_status (called_by_user, action, mysql_version, source_host, source_port)
    VALUES (USER(), what, VERSION(), host, port);
  COMMIT;
  SET SESSION sql_log_bin = logging;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_hidden_want_stopped()
SQL SECURITY INVOKER
BEGIN
  IF EXISTS (SELECT 1 FROM performance_schema.replication_connection_status WHERE channel_name = '' AND service_state <> 'OFF')
     OR EXISTS (SELECT 1 FROM performance_schema.replication_applier_status WHERE channel_name = '' AND service_state <> 'OFF') THEN
    CALL mysql.rds_hidden_refuse('Replica is running. Call mysql.rds_stop_replication first.');
  END IF;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_hidden_want_configured()
SQL SECURITY INVOKER
BEGIN
  IF NOT EXISTS (SELECT 1 FROM performance_schema.replication_connection_configuration WHERE channel_name = '' AND host <> '') THEN
    CALL mysql.rds_hidden_refuse('Replication is not configured. Call mysql.rds_set_external_source first.');
  END IF;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_external_source(IN host VARCHAR(255), IN port INT, IN user_name VARCHAR(96), IN passwd TEXT, IN file VARCHAR(255), IN pos BIGINT, IN ssl_encryption TINYINT)
BEGIN
  IF host IS NULL OR port IS NULL OR user_name IS NULL OR passwd IS NULL OR file IS NULL OR pos IS NULL OR ssl_encryption IS NULL THEN
    CALL mysql.rds_hidden_refuse('No argument of rds_set_external_source may be NULL.');
  END IF;
  CALL mysql.rds_hidden_want_stopped();
  CALL mysql.rds_hidden_remember('set source', host, port, user_name, file, pos);
  CALL mysql.rds_hidden_execute(CONCAT('CHANGE REPLICATION SOURCE TO SOURCE_HOST = ', QUOTE(host), ', SOURCE_PORT = ', port,
    ', SOURCE_USER = ', QUOTE(user_name), ', SOURCE_PASSWORD = ', QUOTE(passwd), ', SOURCE_AUTO_POSITION = 0, SOURCE_LOG_FILE = ', QUOTE(file),
    ', SOURCE_LOG_POS = ', pos, ', SOURCE_CONNECT_RETRY = 1, SOURCE_SSL = ', IF(ssl_encryption = 0, 0, 1),
    ', SOURCE_SSL_VERIFY_SERVER_CERT = 0 FOR CHANNEL ''''' ));
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_external_source_with_auto_position(IN host VARCHAR(255), IN port INT, IN user_name VARCHAR(96), IN passwd TEXT, IN ssl_encryption TINYINT)
BEGIN
  -- The last argument is documented as not implemented: TLS comes from rds_set_binlog_source_ssl alone.
  IF host IS NULL OR port IS NULL OR user_name IS NULL OR passwd IS NULL THEN
    CALL mysql.rds_hidden_refuse('No argument of rds_set_external_source_with_auto_position may be NULL.');
  END IF;
  CALL mysql.rds_hidden_want_stopped();
  CALL mysql.rds_hidden_remember('set source', host, port, user_name, NULL, NULL);
  CALL mysql.rds_hidden_execute(CONCAT('CHANGE REPLICATION SOURCE TO SOURCE_HOST = ', QUOTE(host), ', SOURCE_PORT = ', port,
    ', SOURCE_USER = ', QUOTE(user_name), ', SOURCE_PASSWORD = ', QUOTE(passwd), ', SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 1, SOURCE_SSL = ',
    (SELECT value FROM mysql.rds_configuration WHERE name = 'source ssl'), ', SOURCE_SSL_VERIFY_SERVER_CERT = 0 FOR CHANNEL ''''' ));
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_binlog_source_ssl(IN ssl_encryption TINYINT)
BEGIN
  DECLARE logging INT DEFAULT @@SESSION.sql_log_bin;
  IF ssl_encryption IS NULL OR ssl_encryption NOT IN (0, 1) THEN
    CALL mysql.rds_hidden_refuse('The argument of rds_set_binlog_source_ssl is 0 or 1.');
  END IF;
  CALL mysql.rds_hidden_want_stopped();
  SET SESSION sql_log_bin = 0;
  UPDATE mysql.rds_configuration SET value = ssl_encryption WHERE name = 'source ssl';
  SET SESSION sql_log_bin = logging;
  IF EXISTS (SELECT 1 FROM performance_schema.replication_connection_configuration WHERE channel_name = '' AND host <> '') THEN
    CALL mysql.rds_hidden_execute(CONCAT('CHANGE REPLICATION SOURCE TO SOURCE_SSL = ', ssl_encryption, ' FOR CHANNEL ''''' ));
  END IF;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_import_binlog_ssl_material(IN ssl_material TEXT)
BEGIN
  IF NOT JSON_VALID(ssl_material) OR NOT JSON_CONTAINS_PATH(ssl_material, 'all', '$.ssl_ca') THEN
    CALL mysql.rds_hidden_refuse('SSL material is JSON with ssl_ca, and ssl_cert with ssl_key.');
  END IF;
  CALL mysql.rds_hidden_remember('import ssl material', NULL, NULL, NULL, NULL, NULL);
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_remove_binlog_ssl_material()
BEGIN
  CALL mysql.rds_hidden_remember('remove ssl material', NULL, NULL, NULL, NULL, NULL);
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_start_replication()
BEGIN
  CALL mysql.rds_hidden_want_configured();
  CALL mysql.rds_hidden_remember('start replication', NULL, NULL, NULL, NULL, NULL);
  CALL mysql.rds_hidden_execute('START REPLICA FOR CHANNEL ''''' );
  SELECT 'Replica running normally.' AS Message;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_start_replication_until(IN file VARCHAR(255), IN pos BIGINT)
BEGIN
  CALL mysql.rds_hidden_want_configured();
  CALL mysql.rds_hidden_want_stopped();
  CALL mysql.rds_hidden_remember('start replication until', NULL, NULL, NULL, file, pos);
  CALL mysql.rds_hidden_execute(CONCAT('START REPLICA UNTIL SOURCE_LOG_FILE = ', QUOTE(file), ', SOURCE_LOG_POS = ', pos, ' FOR CHANNEL ''''' ));
  SELECT 'Replica running normally.' AS Message;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_start_replication_until_gtid(IN gtid TEXT)
BEGIN
  CALL mysql.rds_hidden_want_configured();
  CALL mysql.rds_hidden_want_stopped();
  CALL mysql.rds_hidden_remember('start replication until gtid', NULL, NULL, NULL, NULL, NULL);
  CALL mysql.rds_hidden_execute(CONCAT('START REPLICA UNTIL SQL_AFTER_GTIDS = ', QUOTE(gtid), ' FOR CHANNEL ''''' ));
  SELECT 'Replica running normally.' AS Message;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_stop_replication()
BEGIN
  CALL mysql.rds_hidden_remember('stop replication', NULL, NULL, NULL, NULL, NULL);
  CALL mysql.rds_hidden_execute('STOP REPLICA FOR CHANNEL ''''' );
  SELECT 'Replica is down or disabled.' AS Message;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_reset_external_source()
BEGIN
  CALL mysql.rds_hidden_want_stopped();
  CALL mysql.rds_hidden_remember('reset source', NULL, NULL, NULL, NULL, NULL);
  CALL mysql.rds_hidden_execute('RESET REPLICA ALL FOR CHANNEL ''''' );
  SELECT 'Replica has been reset.' AS Message;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_next_source_log(IN current_log INT)
BEGIN
  DECLARE source_file VARCHAR(255);
  IF NOT EXISTS (SELECT 1 FROM performance_schema.replication_connection_status WHERE channel_name = '' AND last_error_number IN (1236, 13114)) THEN
    CALL mysql.rds_hidden_refuse('rds_next_source_log is for replication that stopped with error 1236.');
  END IF;
  SELECT Master_log_name INTO source_file FROM mysql.slave_master_info WHERE Channel_name = '';
  CALL mysql.rds_hidden_execute('STOP REPLICA FOR CHANNEL ''''' );
  CALL mysql.rds_hidden_execute(CONCAT('CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE = ',
    QUOTE(CONCAT(SUBSTRING_INDEX(source_file, '.', 1), '.', LPAD(current_log + 1, 6, '0'))), ', SOURCE_LOG_POS = 4 FOR CHANNEL ''''' ));
  CALL mysql.rds_hidden_execute('START REPLICA FOR CHANNEL ''''' );
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_skip_repl_error()
BEGIN
  IF NOT EXISTS (SELECT 1 FROM performance_schema.replication_applier_status_by_worker WHERE channel_name = '' AND last_error_number <> 0) THEN
    SELECT 'Replica is running normally. No errors detected to skip.' AS Message;
  ELSE
    CALL mysql.rds_hidden_execute('STOP REPLICA FOR CHANNEL ''''' );
    SET GLOBAL sql_replica_skip_counter = 1;
    CALL mysql.rds_hidden_execute('START REPLICA FOR CHANNEL ''''' );
    SELECT 'Statement in error has been skipped' AS Message;
  END IF;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_skip_transaction_with_gtid(IN gtid VARCHAR(255))
BEGIN
  CALL mysql.rds_hidden_execute('STOP REPLICA FOR CHANNEL ''''' );
  SET SESSION gtid_next = gtid;
  COMMIT;
  SET SESSION gtid_next = 'AUTOMATIC';
  CALL mysql.rds_hidden_execute('START REPLICA FOR CHANNEL ''''' );
  SELECT 'Transaction has been skipped successfully.' AS Message;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_source_auto_position(IN auto_position_mode TINYINT)
BEGIN
  IF auto_position_mode IS NULL OR auto_position_mode NOT IN (0, 1) THEN
    CALL mysql.rds_hidden_refuse('The argument of rds_set_source_auto_position is 0 or 1.');
  END IF;
  CALL mysql.rds_hidden_want_configured();
  CALL mysql.rds_hidden_execute('STOP REPLICA FOR CHANNEL ''''' );
  CALL mysql.rds_hidden_execute(CONCAT('CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = ', auto_position_mode, ' FOR CHANNEL ''''' ));
  CALL mysql.rds_hidden_execute('START REPLICA FOR CHANNEL ''''' );
  SELECT 'Source auto position has been set.' AS Message;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_gtid_purged(IN gtids TEXT)
BEGIN
  CALL mysql.rds_hidden_remember('gtid purged', NULL, NULL, NULL, NULL, NULL);
  SET GLOBAL gtid_purged = gtids;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_assign_gtids_to_anonymous_transactions(IN gtid_option VARCHAR(36))
BEGIN
  CALL mysql.rds_hidden_want_stopped();
  CALL mysql.rds_hidden_execute(CONCAT('CHANGE REPLICATION SOURCE TO ASSIGN_GTIDS_TO_ANONYMOUS_TRANSACTIONS = ',
    IF(UPPER(gtid_option) IN ('OFF', 'LOCAL'), UPPER(gtid_option), QUOTE(gtid_option)), ' FOR CHANNEL ''''' ));
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_read_only(IN read_only_mode TINYINT)
BEGIN
  IF read_only_mode IS NULL OR read_only_mode NOT IN (0, 1) THEN
    CALL mysql.rds_hidden_refuse('The argument of rds_set_read_only is 0 or 1.');
  END IF;
  SET GLOBAL read_only = read_only_mode;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_configuration(IN setting VARCHAR(100), IN new_value INT)
BEGIN
  DECLARE logging INT DEFAULT @@SESSION.sql_log_bin;
  IF setting <> 'binlog retention hours' THEN
    CALL mysql.rds_hidden_refuse(CONCAT('Invalid configuration name: ', setting));
  END IF;
  IF new_value < 1 OR new_value > 2160 THEN
    CALL mysql.rds_hidden_refuse('binlog retention hours is NULL or 1 to 2160.');
  END IF;
  SET SESSION sql_log_bin = 0;
  UPDATE mysql.rds_configuration SET value = new_value WHERE name = setting;
  SET SESSION sql_log_bin = logging;
  SET GLOBAL binlog_expire_logs_seconds = IFNULL(new_value * 3600, 2592000);
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_show_configuration()
BEGIN
  SELECT name, value, description FROM mysql.rds_configuration WHERE name <> 'source ssl';
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_kill(IN thread_id BIGINT)
BEGIN
  IF EXISTS (SELECT 1 FROM performance_schema.processlist WHERE id = thread_id AND user IN ('rdsadmin', 'rdsrepladmin', 'system user')) THEN
    CALL mysql.rds_hidden_refuse('Threads of the service cannot be ended.');
  END IF;
  KILL CONNECTION thread_id;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_kill_query(IN thread_id BIGINT)
BEGIN
  IF EXISTS (SELECT 1 FROM performance_schema.processlist WHERE id = thread_id AND user IN ('rdsadmin', 'rdsrepladmin', 'system user')) THEN
    CALL mysql.rds_hidden_refuse('Threads of the service cannot be ended.');
  END IF;
  KILL QUERY thread_id;
END
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_external_master(IN host VARCHAR(255), IN port INT, IN user_name VARCHAR(96), IN passwd TEXT, IN file VARCHAR(255), IN pos BIGINT, IN ssl_encryption TINYINT)
  CALL mysql.rds_set_external_source(host, port, user_name, passwd, file, pos, ssl_encryption)
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_external_master_with_auto_position(IN host VARCHAR(255), IN port INT, IN user_name VARCHAR(96), IN passwd TEXT, IN ssl_encryption TINYINT)
  CALL mysql.rds_set_external_source_with_auto_position(host, port, user_name, passwd, ssl_encryption)
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_reset_external_master()
  CALL mysql.rds_reset_external_source()
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_next_master_log(IN current_log INT)
  CALL mysql.rds_next_source_log(current_log)
;;
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_master_auto_position(IN auto_position_mode TINYINT)
  CALL mysql.rds_set_source_auto_position(auto_position_mode)
;;
CREATE DEFINER = 'rdsadmin'@'localhost' FUNCTION mysql.aurora_version() RETURNS VARCHAR(16) DETERMINISTIC NO SQL RETURN '3.10.0'
;;
CREATE ROLE rds_superuser_role
;;
GRANT ALTER, ALTER ROUTINE, CREATE, CREATE ROLE, CREATE ROUTINE, CREATE TEMPORARY TABLES, CREATE USER, CREATE VIEW, DELETE, DROP, DROP ROLE, EVENT, EXECUTE, INDEX, INSERT, LOCK TABLES, PROCESS, REFERENCES, RELOAD, REPLICATION CLIENT, REPLICATION SLAVE, SELECT, SHOW DATABASES, SHOW VIEW, TRIGGER, UPDATE ON *.* TO rds_superuser_role WITH GRANT OPTION
;;
GRANT APPLICATION_PASSWORD_ADMIN, CONNECTION_ADMIN, FLUSH_OPTIMIZER_COSTS, FLUSH_STATUS, FLUSH_TABLES, FLUSH_USER_RESOURCES, ROLE_ADMIN, SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER, SHOW_ROUTINE, XA_RECOVER_ADMIN ON *.* TO rds_superuser_role WITH GRANT OPTION
;;
CREATE USER 'admin'@'%' ACCOUNT LOCK
;;
GRANT rds_superuser_role TO 'admin'@'%' WITH ADMIN OPTION
;;
CREATE USER 'rdsrepladmin'@'%' ACCOUNT LOCK
;;
GRANT REPLICATION SLAVE ON *.* TO 'rdsrepladmin'@'%'
;;
