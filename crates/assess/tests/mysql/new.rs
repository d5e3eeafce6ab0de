//! Defects of MySQL 9.7.

use std::path::Path;
use std::time::Duration;

use daybreak_sandbox::ServerKind;

use crate::ground::{self, Options, Planted};

pub(crate) const OPTIONS: Options = &[
    ("plugin_load_add", "group_replication.so"),
    (
        "loose_group_replication_group_name",
        "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa",
    ),
    ("loose_group_replication_start_on_boot", "OFF"),
];

pub(crate) const PLANTED: &[Planted] = &[
    (
        "mysql.table.page_compression",
        "shop.punched",
        "CREATE TABLE punched (id INT PRIMARY KEY) COMPRESSION = 'zlib'",
    ),
    (
        "mysql.view.invalid",
        "shop.broken",
        "CREATE TABLE under (id INT PRIMARY KEY); CREATE VIEW broken AS SELECT id FROM under; DROP TABLE under",
    ),
    (
        "mysql.table.general_tablespace",
        "shop.roomy",
        "CREATE TABLESPACE room ADD DATAFILE 'room.ibd'; CREATE TABLE roomy (id INT PRIMARY KEY) TABLESPACE room",
    ),
    (
        "mysql.tablespace.undo",
        "tablespace extra",
        "CREATE UNDO TABLESPACE extra ADD DATAFILE 'extra.ibu'",
    ),
    (
        "mysql.table.instant_columns",
        "shop.instant",
        "CREATE TABLE instant (id INT PRIMARY KEY); ALTER TABLE instant ADD COLUMN note INT FIRST, ALGORITHM = INSTANT",
    ),
    (
        "mysql.column.vector",
        "shop.vectors.v",
        "CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(3))",
    ),
    (
        "mysql.index.fulltext_parser",
        "shop.parsed",
        "CREATE TABLE parsed (id INT PRIMARY KEY, note TEXT, FULLTEXT KEY (note) WITH PARSER ngram)",
    ),
    (
        "mysql.schema.system_object",
        "sys.mine",
        "CREATE TABLE sys.mine (id INT PRIMARY KEY)",
    ),
    (
        "mysql.account.dynamic_privilege",
        "'keeper'@'10.0.%'",
        "CREATE USER 'keeper'@'10.0.%' IDENTIFIED BY 'x'; GRANT BINLOG_ADMIN ON *.* TO 'keeper'@'10.0.%'",
    ),
    (
        "mysql.account.sha256_password",
        "'hashed'@'10.0.%'",
        "CREATE USER 'hashed'@'10.0.%' IDENTIFIED WITH sha256_password BY 'x'",
    ),
    (
        "mysql.account.external",
        "'listed'@'10.0.%'",
        "CREATE USER 'listed'@'10.0.%' IDENTIFIED BY 'x'; UPDATE mysql.user SET plugin = 'authentication_ldap_simple' WHERE User = 'listed'",
    ),
    (
        "mysql.account.socket",
        "'peer'@'10.0.%'",
        "INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'; CREATE USER 'peer'@'10.0.%' IDENTIFIED WITH auth_socket",
    ),
    ("mysql.plugin.unsupported", "plugin auth_socket", ""),
    (
        "mysql.account.locked",
        "'barred'@'10.0.%'",
        "CREATE USER 'barred'@'10.0.%' IDENTIFIED BY 'x' ACCOUNT LOCK",
    ),
    (
        "mysql.plugin.component",
        "file://component_log_filter_dragnet",
        "INSTALL COMPONENT 'file://component_log_filter_dragnet'",
    ),
    (
        "mysql.plugin.validate_password",
        "plugin validate_password",
        "INSTALL PLUGIN validate_password SONAME 'validate_password.so'",
    ),
    (
        "mysql.server.resource_group",
        "resource group nightly",
        "CREATE RESOURCE GROUP nightly TYPE = USER",
    ),
    ("mysql.setting.tls_optional", "require_secure_transport", ""),
    (
        "mysql.binlog.partial_json",
        "binlog_row_value_options",
        "SET GLOBAL binlog_row_value_options = 'PARTIAL_JSON'",
    ),
    (
        "mysql.binlog.retention",
        "binlog_expire_logs_seconds",
        "SET GLOBAL binlog_expire_logs_seconds = 3600",
    ),
    (
        "mysql.binlog.compression",
        "binlog_transaction_compression",
        "SET GLOBAL binlog_transaction_compression = ON",
    ),
    ("mysql.cluster.group_replication", "group_replication", ""),
    (
        "mysql.replica.delayed",
        "replication channel one from 127.0.0.1:9",
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = 9, SOURCE_USER = 'r', SOURCE_DELAY = 3600 FOR CHANNEL 'one'; CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = 19, SOURCE_USER = 'r' FOR CHANNEL 'two'",
    ),
    ("mysql.replica.several_sources", "replication", ""),
    (
        "mysql.replica.stopped",
        "replication channel two from 127.0.0.1:19",
        "",
    ),
    ("mysql.replica.writable", "read_only", ""),
    (
        "mysql.replica.filter",
        "replication channel one from 127.0.0.1:9",
        "CHANGE REPLICATION FILTER REPLICATE_IGNORE_DB = (scratch) FOR CHANNEL 'one'",
    ),
    (
        "mysql.replica.skips_errors",
        "replica_exec_mode",
        "SET GLOBAL replica_exec_mode = IDEMPOTENT",
    ),
    (
        "mysql.event.on_replica",
        "event shop.yearly",
        "CREATE EVENT yearly ON SCHEDULE EVERY 1 YEAR DO SELECT 1",
    ),
    (
        "mysql.transaction.prepared",
        "XA transaction pay",
        "CREATE TABLE paid (id INT PRIMARY KEY); XA START 'pay'; INSERT INTO paid VALUES (1); XA END 'pay'; XA PREPARE 'pay'",
    ),
    (
        "mysql.load.hot_table",
        "shop.hot",
        "CREATE TABLE hot (id INT AUTO_INCREMENT PRIMARY KEY); INSERT INTO hot SELECT NULL FROM information_schema.COLUMNS AS a, information_schema.COLLATIONS AS b LIMIT 90000",
    ),
    (
        "mysql.load.hot_keys",
        "shop.few",
        "CREATE TABLE few (id INT PRIMARY KEY, n INT NOT NULL); SET @n = 0; \
         INSERT INTO few SELECT (@n := @n + 1) % 10, 0 FROM information_schema.COLUMNS AS a, information_schema.COLLATIONS AS b LIMIT 12000 \
         ON DUPLICATE KEY UPDATE n = n + 1; ANALYZE TABLE few",
    ),
    ("mysql.version.newer", "version", ""),
];

/// Towards Aurora MySQL 2, which is of 5.7.
pub(crate) const PLANTED_FOR_57: &[Planted] = &[("mysql.collation.newer_than_target", "shop.vectors", "")];

/// Open while the server is looked at.
pub(crate) const HELD: &[Planted] = &[(
    "mysql.transaction.uncommitted",
    "",
    "USE shop; BEGIN; INSERT INTO paid VALUES (2); SELECT SLEEP(60)",
)];

#[tokio::test]
async fn what_is_planted_on_mysql_9_7_is_found() {
    let Some(server) = ground::server(ServerKind::Mysql97, OPTIONS).await else {
        return;
    };
    let login = ground::plant(&server, PLANTED, Path::new("")).await;
    let (id, _, statements) = HELD[0];
    let look = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let verdict = ground::verdict(&server, &login, "aurora-mysql 8.4").await;
        let older = ground::verdict(&server, &login, "aurora-mysql 2.12").await;
        (verdict, older)
    };
    let (verdict, older) = tokio::select! {
        verdicts = look => verdicts,
        ended = server.rows(statements) => panic!("the transaction ended before the look: {ended:?}"),
    };
    ground::assert_all_found(&verdict, PLANTED);
    ground::assert_all_found(&older, PLANTED_FOR_57);
    let open = ground::found(&verdict, id);
    assert!(
        open.iter()
            .any(|finding| finding.object.starts_with("connection ")),
        "{open:?}"
    );
}
