//! Defects of MariaDB 10.11, and what MySQL never had.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use daybreak_sandbox::ServerKind;

use crate::ground::{self, Options, Planted};

pub(crate) const OPTIONS: Options = &[
    ("plugin_load_add", "file_key_management"),
    ("encrypt_binlog", "ON"),
    ("tls_version", "TLSv1.1,TLSv1.2"),
    ("thread_handling", "pool-of-threads"),
    ("secure_file_priv", "/tmp"),
    ("log_slave_updates", "OFF"),
    ("binlog_format", "MIXED"),
];

pub(crate) const PLANTED: &[Planted] = &[
    (
        "mysql.table.encrypted",
        "shop.secret",
        "CREATE TABLE secret (id INT PRIMARY KEY) ENCRYPTED = YES",
    ),
    ("mysql.tablespace.encrypted", "tablespace shop/secret", ""),
    ("mysql.binlog.encryption", "encrypt_binlog", ""),
    (
        "mysql.column.old_temporal",
        "shop.times.at",
        "SET GLOBAL mysql56_temporal_format = OFF; CREATE TABLE times (id INT PRIMARY KEY, at DATETIME); SET GLOBAL mysql56_temporal_format = ON",
    ),
    (
        "mysql.column.zero_date_rows",
        "shop.zeroes.at",
        "SET sql_mode = ''; CREATE TABLE zeroes (id INT PRIMARY KEY, at DATETIME, KEY (at)); \
         INSERT INTO zeroes VALUES (1, '0000-00-00')",
    ),
    (
        "mysql.column.year2",
        "shop.years.y",
        "CREATE TABLE years (id INT PRIMARY KEY, y YEAR(2))",
    ),
    (
        "mysql.column.element_length",
        "shop.choices.one",
        "SET @long = REPEAT('x', 300); EXECUTE IMMEDIATE CONCAT('CREATE TABLE choices (id INT PRIMARY KEY, one ENUM (''', @long, '''))')",
    ),
    (
        "mysql.column.default_refused",
        "shop.notes.note",
        "CREATE TABLE notes (id INT PRIMARY KEY, note TEXT DEFAULT 'none')",
    ),
    (
        "mysql.column.default_expression",
        "shop.computed.code",
        "CREATE TABLE computed (id INT PRIMARY KEY, code CHAR(36) DEFAULT (UUID()), day VARCHAR(10), cut VARCHAR(4) AS (CAST(day AS CHAR(4))) STORED)",
    ),
    ("mysql.column.generated_changed", "shop.computed.cut", ""),
    (
        "mysql.column.invisible",
        "shop.hidden.note",
        "CREATE TABLE hidden (id INT PRIMARY KEY, note INT INVISIBLE)",
    ),
    (
        "mysql.column.compressed",
        "shop.squeezed.note",
        "CREATE TABLE squeezed (id INT PRIMARY KEY, note VARCHAR(1000) COMPRESSED)",
    ),
    (
        "mysql.column.inet",
        "shop.hosts.address",
        "CREATE TABLE hosts (id UUID PRIMARY KEY, address INET6, facts JSON)",
    ),
    ("mysql.column.uuid", "shop.hosts.id", ""),
    ("mysql.column.json_maria_db", "shop.hosts.facts", ""),
    (
        "mysql.index.ignored",
        "shop.skipped.by_note",
        "CREATE TABLE skipped (id INT PRIMARY KEY, note INT, KEY by_note (note) IGNORED)",
    ),
    (
        "mysql.key.foreign_not_unique",
        "shop.loose_child.loose",
        "CREATE TABLE loose_parent (id INT PRIMARY KEY, code INT, KEY (code)); CREATE TABLE loose_child (id INT PRIMARY KEY, code INT, CONSTRAINT loose FOREIGN KEY (code) REFERENCES loose_parent (code))",
    ),
    (
        "mysql.table.row_too_large",
        "shop.wide",
        "SET innodb_strict_mode = OFF; CREATE TABLE wide (id INT PRIMARY KEY, a CHAR(255), b CHAR(255), c CHAR(255), \
         d CHAR(255), e CHAR(255), f CHAR(255), g CHAR(255), h CHAR(255), i CHAR(255), j CHAR(255), k CHAR(255), \
         l CHAR(255), m CHAR(255), n CHAR(255), o CHAR(255), p CHAR(255), q CHAR(255), r CHAR(255), s CHAR(255), \
         t CHAR(255), u CHAR(255), v CHAR(255), w CHAR(255), x CHAR(255), y CHAR(255), z CHAR(255), aa CHAR(255), \
         ab CHAR(255), ac CHAR(255), ad CHAR(255), ae CHAR(255), af CHAR(255), ag CHAR(255)) CHARACTER SET latin1",
    ),
    (
        "mysql.table.page_compression",
        "shop.punched",
        "CREATE TABLE punched (id INT PRIMARY KEY) PAGE_COMPRESSED = 1",
    ),
    (
        "mysql.view.invalid",
        "shop.broken",
        "CREATE TABLE under (id INT PRIMARY KEY); CREATE VIEW broken AS SELECT id FROM under; DROP TABLE under",
    ),
    (
        "mysql.mariadb.sequence",
        "shop.numbers",
        "CREATE SEQUENCE numbers",
    ),
    (
        "mysql.mariadb.system_versioned",
        "shop.history",
        "CREATE TABLE history (id INT PRIMARY KEY) WITH SYSTEM VERSIONING",
    ),
    (
        "mysql.mariadb.period",
        "shop.booked",
        "CREATE TABLE booked (id INT, since DATE, until DATE, PERIOD FOR stay (since, until), PRIMARY KEY (id, stay WITHOUT OVERLAPS))",
    ),
    (
        "mysql.collation.uca1400",
        "shop.modern",
        "CREATE TABLE modern (id INT PRIMARY KEY) CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci",
    ),
    (
        "mysql.collation.maria_db",
        "shop.unpadded",
        "CREATE TABLE unpadded (id INT PRIMARY KEY) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
    ),
    (
        "mysql.program.maria_db_function",
        "view shop.pretty",
        "CREATE VIEW pretty AS SELECT JSON_DETAILED('{}') AS j",
    ),
    (
        "mysql.program.maria_db_syntax",
        "procedure shop.immediate",
        "CREATE PROCEDURE immediate () EXECUTE IMMEDIATE 'SELECT 1'",
    ),
    (
        "mysql.routine.package",
        "package shop.tools",
        "SET sql_mode = ORACLE; CREATE PACKAGE tools AS PROCEDURE p; END",
    ),
    ("mysql.program.oracle_mode", "package shop.tools", ""),
    (
        "mysql.routine.aggregate",
        "function shop.total",
        "SET sql_mode = ''; CREATE AGGREGATE FUNCTION total (x INT) RETURNS INT DETERMINISTIC BEGIN DECLARE s INT DEFAULT 0; DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN s; LOOP FETCH GROUP NEXT ROW; SET s = s + x; END LOOP; END",
    ),
    (
        "mysql.account.maria_db_privilege",
        "'keeper'@'10.0.%'",
        "CREATE USER 'keeper'@'10.0.%' IDENTIFIED BY 'x'; GRANT BINLOG ADMIN ON *.* TO 'keeper'@'10.0.%'",
    ),
    (
        "mysql.account.old_password",
        "'aged'@'10.0.%'",
        "CREATE USER 'aged'@'10.0.%' IDENTIFIED VIA mysql_old_password USING '6f8c114b58f2ce9e'",
    ),
    (
        "mysql.account.ed25519",
        "'curved'@'10.0.%'",
        "INSTALL SONAME 'auth_ed25519'; CREATE USER 'curved'@'10.0.%' IDENTIFIED VIA ed25519 USING PASSWORD('x')",
    ),
    (
        "mysql.account.several_plugins",
        "'either'@'10.0.%'",
        "CREATE USER 'either'@'10.0.%' IDENTIFIED VIA mysql_native_password USING PASSWORD('x') OR unix_socket",
    ),
    ("mysql.account.role", "`readers`", "CREATE ROLE readers"),
    (
        "mysql.account.long_name",
        "'a_name_of_an_account_that_only_one_takes'@'10.0.%'",
        "CREATE USER 'a_name_of_an_account_that_only_one_takes'@'10.0.%' IDENTIFIED BY 'x'",
    ),
    ("mysql.setting.tls_version", "tls_version", ""),
    ("mysql.setting.thread_pool", "thread_handling", ""),
    ("mysql.setting.secure_file", "secure_file_priv", ""),
    ("mysql.gtid.maria_db", "gtid_binlog_pos", ""),
    (
        "mysql.replica.log_updates",
        "log_slave_updates",
        "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 9, MASTER_USER = 'r'",
    ),
    (
        "mysql.replica.triggers",
        "slave_run_triggers_for_rbr",
        "SET GLOBAL slave_run_triggers_for_rbr = 'YES'",
    ),
    (
        "mysql.trigger.on_replica",
        "trigger shop.marked",
        "CREATE TRIGGER marked BEFORE INSERT ON notes FOR EACH ROW SET NEW.note = 'x'",
    ),
    (
        "mysql.replication.semi_sync",
        "rpl_semi_sync_slave_enabled",
        "SET GLOBAL rpl_semi_sync_slave_enabled = ON",
    ),
    ("mysql.version.maria_db", "version", ""),
];

#[tokio::test]
async fn what_is_planted_on_maria_db_is_found() {
    let folder = ground::open_folder("keys");
    let setup = ground::set(ground::sandbox().server(ServerKind::MariaDb1011), OPTIONS);
    let setup = setup.setting(
        "file_key_management_filename",
        &keys(&folder).display().to_string(),
    );
    let Some(server) = daybreak_sandbox::available(setup.start().await) else {
        return;
    };
    let login = ground::plant(&server, PLANTED, &folder).await;
    let verdict = ground::verdict(&server, &login, "aurora-mysql 8.4").await;
    drop(server);
    fs::remove_dir_all(&folder).unwrap();
    ground::assert_all_found(&verdict, PLANTED);
}

/// A file of keys that the server can read.
fn keys(folder: &Path) -> PathBuf {
    let file = folder.join("keys");
    fs::write(&file, "1;770A8A65DA156D24EE2A093277530142\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    file
}
