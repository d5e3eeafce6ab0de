//! Defects of MySQL 5.6, which has most of what newer versions refuse.

use std::fs;
use std::path::Path;

use daybreak_sandbox::ServerKind;

use crate::ground::{self, Options, Planted};

pub(crate) const OPTIONS: Options = &[
    ("innodb_file_format", "Barracuda"),
    ("innodb_strict_mode", "OFF"),
    ("explicit_defaults_for_timestamp", "OFF"),
    ("log_bin_trust_function_creators", "ON"),
    ("binlog_format", "MIXED"),
    ("binlog_row_image", "MINIMAL"),
    ("binlog_ignore_db", "scratch"),
    ("default_time_zone", "+02:00"),
    ("max_allowed_packet", "128M"),
    ("sql_mode", "NO_ENGINE_SUBSTITUTION"),
    ("character_set_server", "latin1"),
    ("ft_min_word_len", "2"),
    ("innodb_io_capacity", "400"),
    ("query_cache_type", "1"),
    ("query_cache_size", "1M"),
];

pub(crate) const PLANTED: &[Planted] = &[
    (
        "mysql.table.engine",
        "shop.aside",
        "CREATE TABLE aside (id INT PRIMARY KEY) ENGINE = MyISAM",
    ),
    (
        "mysql.table.engine_elsewhere",
        "shop.both",
        "CREATE TABLE both_of (id INT PRIMARY KEY) ENGINE = MyISAM; CREATE TABLE `both` (id INT NOT NULL, KEY (id)) ENGINE = MERGE UNION = (both_of)",
    ),
    (
        "mysql.table.row_format_compressed",
        "shop.packed",
        "CREATE TABLE packed (id INT PRIMARY KEY) ROW_FORMAT = COMPRESSED",
    ),
    (
        "mysql.table.row_format_old",
        "shop.compact",
        "CREATE TABLE compact (id INT PRIMARY KEY) ROW_FORMAT = COMPACT",
    ),
    (
        "mysql.table.system_tablespace",
        "shop.shared",
        "SET GLOBAL innodb_file_per_table = OFF; CREATE TABLE shared (id INT PRIMARY KEY); SET GLOBAL innodb_file_per_table = ON",
    ),
    (
        "mysql.table.data_directory",
        "shop.outside",
        "CREATE TABLE outside (id INT PRIMARY KEY) DATA DIRECTORY = '{folder}'",
    ),
    (
        "mysql.table.circular_directory",
        "shop.roundabout",
        "CREATE TABLE roundabout (id INT PRIMARY KEY) DATA DIRECTORY = '{folder}/inner/..'",
    ),
    (
        "mysql.table.leftover",
        "shop.#sql-ib12",
        "CREATE TABLE `#mysql50##sql-ib12` (id INT PRIMARY KEY)",
    ),
    (
        "mysql.table.dictionaries_differ",
        "shop.lost",
        "CREATE TABLE lost (id INT PRIMARY KEY)",
    ),
    (
        "mysql.table.engine_mixup",
        "shop.mixed",
        "CREATE TABLE mixed (id INT PRIMARY KEY); CREATE TABLE plain (id INT PRIMARY KEY) ENGINE = MyISAM; FLUSH TABLES",
    ),
    (
        "mysql.table.no_primary_key",
        "shop.keyless",
        "CREATE TABLE keyless (id INT)",
    ),
    (
        "mysql.column.old_geometry",
        "shop.places.spot",
        "CREATE TABLE places (id INT PRIMARY KEY, spot GEOMETRY NOT NULL, KEY near_by (spot(25)))",
    ),
    ("mysql.index.geometry_prefix", "shop.places.near_by", ""),
    (
        "mysql.index.spatial_without_srid",
        "shop.spots.spot",
        "CREATE TABLE spots (id INT PRIMARY KEY, spot POINT NOT NULL, SPATIAL KEY (spot)) ENGINE = MyISAM",
    ),
    (
        "mysql.column.float_digits",
        "shop.numbers.rate",
        "CREATE TABLE numbers (id INT(5) ZEROFILL PRIMARY KEY, rate FLOAT(7, 2), price DECIMAL(10, 2) UNSIGNED)",
    ),
    ("mysql.column.unsigned_fraction", "shop.numbers.price", ""),
    ("mysql.column.zerofill", "shop.numbers.id", ""),
    (
        "mysql.column.counting_fraction",
        "shop.halves.id",
        "CREATE TABLE halves (id DOUBLE NOT NULL AUTO_INCREMENT PRIMARY KEY)",
    ),
    (
        "mysql.column.zero_date",
        "shop.dates.day",
        "CREATE TABLE dates (id INT PRIMARY KEY, day DATE NOT NULL DEFAULT '0000-00-00')",
    ),
    (
        "mysql.column.zero_date_rows",
        "shop.zeroes.day",
        "CREATE TABLE zeroes (id INT PRIMARY KEY, day DATE, at DATETIME, KEY (day), KEY (at)); \
         INSERT INTO zeroes VALUES (1, '2026-11-25', NOW()), (2, '0000-00-00', NOW())",
    ),
    (
        "mysql.column.counter_near_end",
        "shop.few.id",
        "CREATE TABLE few (id TINYINT NOT NULL AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT = 120",
    ),
    (
        "mysql.index.tiny_prefix",
        "shop.tiny.by_note",
        "CREATE TABLE tiny (id INT PRIMARY KEY, note TINYTEXT CHARACTER SET utf8, KEY by_note (note(100)))",
    ),
    (
        "mysql.index.fulltext_dangling",
        "shop.searched",
        "CREATE TABLE searched (id INT PRIMARY KEY, note TEXT, FULLTEXT KEY words (note)); ALTER TABLE searched DROP KEY words",
    ),
    (
        "mysql.index.fulltext_shared",
        "shop.searched_too",
        "SET GLOBAL innodb_file_per_table = OFF; CREATE TABLE searched_too (id INT PRIMARY KEY, note TEXT, FULLTEXT KEY words (note)); SET GLOBAL innodb_file_per_table = ON",
    ),
    (
        "mysql.key.foreign_name",
        "shop.a_table_with_a_name_that_leaves_little_room_for_anything_behind.a_table_with_a_name_that_leaves_little_room_for_anything_behind_ibfk_1",
        "CREATE TABLE long_name (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES packed (id)); RENAME TABLE long_name TO a_table_with_a_name_that_leaves_little_room_for_anything_behind",
    ),
    (
        "mysql.key.foreign_not_unique",
        "shop.loose_child.loose",
        "CREATE TABLE loose_parent (id INT PRIMARY KEY, code INT, KEY (code)); CREATE TABLE loose_child (id INT PRIMARY KEY, code INT, CONSTRAINT loose FOREIGN KEY (code) REFERENCES loose_parent (code))",
    ),
    (
        "mysql.key.foreign_dangling",
        "shop.orphan.without_parent",
        "SET foreign_key_checks = 0; CREATE TABLE orphan (id INT PRIMARY KEY, parent INT, CONSTRAINT without_parent FOREIGN KEY (parent) REFERENCES nowhere (id))",
    ),
    (
        "mysql.key.foreign_engine",
        "shop.crossing.across",
        "SET foreign_key_checks = 0; CREATE TABLE crossing (id INT PRIMARY KEY, parent INT, CONSTRAINT across FOREIGN KEY (parent) REFERENCES aside (id))",
    ),
    (
        "mysql.partition.not_native",
        "shop.parted",
        "CREATE TABLE parted (id INT PRIMARY KEY) ENGINE = MyISAM PARTITION BY HASH (id) PARTITIONS 2",
    ),
    (
        "mysql.partition.prefix_key",
        "shop.prefixed",
        "CREATE TABLE prefixed (name VARCHAR(100) NOT NULL, id INT NOT NULL, PRIMARY KEY (name(10), id)) PARTITION BY KEY () PARTITIONS 2",
    ),
    (
        "mysql.partition.shared_tablespace",
        "shop.shared_parts",
        "SET GLOBAL innodb_file_per_table = OFF; CREATE TABLE shared_parts (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2; SET GLOBAL innodb_file_per_table = ON",
    ),
    (
        "mysql.partition.delimiter",
        "shop.days partition early",
        "CREATE TABLE days (day DATE NOT NULL PRIMARY KEY) PARTITION BY RANGE COLUMNS (day) (PARTITION early VALUES LESS THAN ('2020.01.01'), PARTITION late VALUES LESS THAN (MAXVALUE))",
    ),
    (
        "mysql.name.reserved_word",
        "shop.rank",
        "CREATE TABLE rank (id INT PRIMARY KEY)",
    ),
    (
        "mysql.name.dollar",
        "shop.$cash",
        "CREATE TABLE `$cash` (id INT PRIMARY KEY)",
    ),
    ("mysql.name.not_encoded", "#mysql50#a-b", ""),
    (
        "mysql.name.fulltext",
        "shop.FTS_notes",
        "CREATE TABLE FTS_notes (id INT PRIMARY KEY)",
    ),
    (
        "mysql.name.system_table",
        "mysql.catalogs",
        "CREATE TABLE mysql.catalogs (id INT PRIMARY KEY)",
    ),
    (
        "mysql.name.only_case_differs",
        "shop.few",
        "CREATE TABLE FEW (id INT PRIMARY KEY)",
    ),
    ("mysql.charset.utf8mb3", "shop.tiny.note", ""),
    (
        "mysql.charset.deprecated",
        "shop.wider.note",
        "CREATE TABLE wider (id INT PRIMARY KEY, note VARCHAR(10) CHARACTER SET ucs2)",
    ),
    (
        "mysql.view.invalid",
        "shop.broken",
        "CREATE TABLE under (id INT PRIMARY KEY); CREATE VIEW broken AS SELECT id FROM under; DROP TABLE under",
    ),
    (
        "mysql.program.removed_function",
        "view shop.hashed",
        "CREATE VIEW hashed AS SELECT PASSWORD('x') AS hash",
    ),
    (
        "mysql.program.group_by_order",
        "procedure shop.grouped",
        "CREATE PROCEDURE grouped () SELECT id, COUNT(*) FROM keyless GROUP BY id DESC",
    ),
    (
        "mysql.program.reserved_word",
        "procedure shop.ranked",
        "CREATE PROCEDURE ranked () SELECT 1 AS rank",
    ),
    (
        "mysql.program.removed_syntax",
        "procedure shop.cached",
        "CREATE PROCEDURE cached () SELECT SQL_CACHE id FROM keyless",
    ),
    (
        "mysql.program.removed_statement",
        "procedure shop.positioned",
        "CREATE PROCEDURE positioned () SHOW MASTER STATUS",
    ),
    (
        "mysql.program.empty_dot",
        "procedure shop.dotted",
        "CREATE PROCEDURE dotted () SELECT id FROM .keyless",
    ),
    (
        "mysql.routine.broken_text",
        "procedure shop.garbled",
        "CREATE PROCEDURE garbled () SELECT 1; UPDATE mysql.proc SET body_utf8 = CONCAT('SELECT ', x'FF') WHERE name = 'garbled'",
    ),
    (
        "mysql.program.reads_files",
        "procedure shop.written",
        "CREATE PROCEDURE written () SELECT id FROM keyless INTO OUTFILE '/tmp/never'",
    ),
    (
        "mysql.program.administers",
        "procedure shop.tuned",
        "CREATE PROCEDURE tuned () SET GLOBAL max_connections = 10",
    ),
    (
        "mysql.routine.orphaned",
        "procedure gone.homeless",
        "CREATE PROCEDURE homeless () SELECT 1; UPDATE mysql.proc SET db = 'gone' WHERE name = 'homeless'",
    ),
    (
        "mysql.routine.not_deterministic",
        "function shop.answer",
        "CREATE FUNCTION answer () RETURNS INT RETURN 42",
    ),
    (
        "mysql.definer.missing",
        "view shop.haunted",
        "CREATE DEFINER = 'ghost'@'%' VIEW haunted AS SELECT 1 AS one",
    ),
    (
        "mysql.definer.empty",
        "trigger shop.nobodys",
        "CREATE TRIGGER nobodys BEFORE INSERT ON compact FOR EACH ROW SET NEW.id = 1",
    ),
    ("mysql.definer.administrator", "procedure shop.tuned", ""),
    (
        "mysql.trigger.duplicate",
        "trigger shop.noted",
        "CREATE TRIGGER noted BEFORE INSERT ON keyless FOR EACH ROW SET NEW.id = 1; CREATE TRIGGER Noted BEFORE INSERT ON packed FOR EACH ROW SET NEW.id = 1",
    ),
    (
        "mysql.event.enabled",
        "event shop.yearly",
        "CREATE EVENT yearly ON SCHEDULE EVERY 1 YEAR DO SELECT 1",
    ),
    ("mysql.event.scheduler", "event_scheduler", ""),
    (
        "mysql.event.disabled_by_replication",
        "event shop.asleep",
        "CREATE EVENT asleep ON SCHEDULE EVERY 1 YEAR DISABLE ON SLAVE DO SELECT 1",
    ),
    (
        "mysql.sql_mode.maxdb",
        "procedure shop.maxed",
        "SET sql_mode = 'MAXDB'; CREATE PROCEDURE maxed () SELECT 1",
    ),
    ("mysql.sql_mode.obsolete", "procedure shop.maxed", ""),
    (
        "mysql.account.super",
        "'mighty'@'10.0.%'",
        "GRANT SUPER, FILE, SHUTDOWN, CREATE TABLESPACE ON *.* TO 'mighty'@'10.0.%' IDENTIFIED BY 'x'",
    ),
    ("mysql.account.file", "'mighty'@'10.0.%'", ""),
    ("mysql.account.shutdown", "'mighty'@'10.0.%'", ""),
    ("mysql.account.create_tablespace", "'mighty'@'10.0.%'", ""),
    ("mysql.account.native_password", "'mighty'@'10.0.%'", ""),
    (
        "mysql.account.empty_password",
        "'open'@'%'",
        "CREATE USER 'open'@'%'",
    ),
    ("mysql.account.any_host", "'open'@'%'", ""),
    ("mysql.account.anonymous", "''@'localhost'", ""),
    (
        "mysql.account.local",
        "'near'@'localhost'",
        "CREATE USER 'near'@'localhost' IDENTIFIED BY 'x'",
    ),
    (
        "mysql.account.host_name",
        "'far'@'db.example.com'",
        "CREATE USER 'far'@'db.example.com' IDENTIFIED BY 'x'",
    ),
    (
        "mysql.account.proxy",
        "'far'@'db.example.com'",
        "GRANT PROXY ON 'near'@'localhost' TO 'far'@'db.example.com'",
    ),
    (
        "mysql.account.router",
        "'mysql_router1_x'@'%'",
        "CREATE USER 'mysql_router1_x'@'%' IDENTIFIED BY 'x'",
    ),
    (
        "mysql.account.limits",
        "'far'@'db.example.com'",
        "GRANT USAGE ON *.* TO 'far'@'db.example.com' WITH MAX_QUERIES_PER_HOUR 5",
    ),
    (
        "mysql.account.certificate",
        "'near'@'localhost'",
        "GRANT USAGE ON *.* TO 'near'@'localhost' REQUIRE X509",
    ),
    (
        "mysql.account.expired",
        "'near'@'localhost'",
        "ALTER USER 'near'@'localhost' PASSWORD EXPIRE",
    ),
    (
        "mysql.account.reserved_name",
        "'rdsproxyadmin'@'%'",
        "CREATE USER 'rdsproxyadmin'@'%' IDENTIFIED BY 'x'",
    ),
    (
        "mysql.plugin.function",
        "function metaphon",
        "INSERT INTO mysql.func VALUES ('metaphon', 0, 'udf_example.so', 'function')",
    ),
    (
        "mysql.server.remote",
        "server elsewhere",
        "CREATE SERVER elsewhere FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'db2', DATABASE 'shop')",
    ),
    ("mysql.setting.time_zone", "time_zone", ""),
    ("mysql.setting.packet", "max_allowed_packet", ""),
    ("mysql.setting.sql_mode", "sql_mode", ""),
    (
        "mysql.setting.isolation",
        "tx_isolation",
        "SET GLOBAL tx_isolation = 'READ-COMMITTED'",
    ),
    ("mysql.setting.charset", "character_set_server", ""),
    (
        "mysql.setting.timeouts",
        "wait_timeout",
        "SET GLOBAL wait_timeout = 600",
    ),
    ("mysql.setting.full_text", "ft_min_word_len", ""),
    (
        "mysql.setting.group_concat",
        "group_concat_max_len",
        "SET GLOBAL group_concat_max_len = 4096",
    ),
    (
        "mysql.setting.timestamp_defaults",
        "explicit_defaults_for_timestamp",
        "",
    ),
    ("mysql.setting.new_default", "innodb_autoinc_lock_mode", ""),
    (
        "mysql.setting.removed",
        "max_tmp_tables",
        "SET GLOBAL max_tmp_tables = 64",
    ),
    ("mysql.setting.tls_off", "have_ssl", ""),
    (
        "mysql.setting.authentication",
        "default_authentication_plugin",
        "",
    ),
    ("mysql.setting.storage", "innodb_io_capacity", ""),
    ("mysql.setting.durability", "innodb_flush_log_at_trx_commit", ""),
    ("mysql.setting.strict", "innodb_strict_mode", ""),
    (
        "mysql.setting.checks_off",
        "foreign_key_checks",
        "SET GLOBAL foreign_key_checks = OFF",
    ),
    (
        "mysql.setting.default_engine",
        "default_storage_engine",
        "SET GLOBAL default_storage_engine = MyISAM",
    ),
    ("mysql.setting.query_cache", "query_cache_type", ""),
    (
        "mysql.setting.counter_step",
        "auto_increment_increment",
        "SET GLOBAL auto_increment_increment = 2",
    ),
    ("mysql.setting.local_infile", "local_infile", ""),
    (
        "mysql.setting.trust_functions",
        "log_bin_trust_function_creators",
        "",
    ),
    (
        "mysql.setting.optimizer_switch",
        "optimizer_switch",
        "SET GLOBAL optimizer_switch = 'index_merge=off'",
    ),
    (
        "mysql.setting.init_connect",
        "init_connect",
        "SET GLOBAL init_connect = 'SET @joined = NOW()'",
    ),
    (
        "mysql.setting.autocommit",
        "autocommit",
        "SET GLOBAL autocommit = OFF",
    ),
    (
        "mysql.load.max_connections",
        "max_connections",
        "SET GLOBAL max_connections = 5000",
    ),
    ("mysql.binlog.format", "binlog_format", ""),
    ("mysql.binlog.row_image", "binlog_row_image", ""),
    ("mysql.binlog.filter", "binlog_ignore_db", ""),
    ("mysql.gtid.off", "gtid_mode", ""),
    ("mysql.gtid.not_enforced", "enforce_gtid_consistency", ""),
    ("mysql.charset.way_back", "collation_server", ""),
    ("mysql.version.jump", "version", ""),
];

#[tokio::test]
async fn what_is_planted_on_mysql_5_6_is_found() {
    let Some(server) = ground::server(ServerKind::Mysql56, OPTIONS).await else {
        return;
    };
    let folder = ground::open_folder("outside");
    fs::create_dir_all(folder.join("inner")).unwrap();
    let login = ground::plant(&server, PLANTED, &folder).await;
    damage_files(&server.data_dir());
    let verdict = ground::verdict(&server, &login, "aurora-mysql 8.4").await;
    drop(server);
    fs::remove_dir_all(&folder).unwrap();
    ground::assert_all_found(&verdict, PLANTED);
}

/// What no statement can do: a table without its .frm file, a file of another engine over a table, a trigger file of
/// before 5.0.17, a folder that is not named as databases are.
fn damage_files(data: &Path) {
    let shop = data.join("shop");
    fs::remove_file(shop.join("lost.frm")).unwrap();
    for end in ["frm", "MYD", "MYI"] {
        let (from, to) = (
            shop.join(format!("plain.{end}")),
            shop.join(format!("mixed.{end}")),
        );
        fs::copy(&from, &to).unwrap();
        let owner = fs::metadata(&from).unwrap();
        use std::os::unix::fs::MetadataExt as _;
        std::os::unix::fs::chown(&to, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    let triggers = shop.join("compact.TRG");
    let text = fs::read_to_string(&triggers).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("definers="));
    fs::write(
        &triggers,
        lines.map(|line| format!("{line}\n")).collect::<String>(),
    )
    .unwrap();
    fs::create_dir(data.join("a-b")).unwrap();
}
