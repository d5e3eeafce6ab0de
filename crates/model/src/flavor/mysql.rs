//! Dialect questions about the MySQL family, each answered from the server's own manual.
//!
//! Aurora states an engine version of its own beside MySQL's: `3.10.0` is compatible with MySQL 8.0, `8.4.7` with
//! MySQL 8.4. Which `mysql.rds_*` procedures exist depends on Aurora's version, which words a statement has on MySQL's.

use super::{Flavor, Hosting, Product, Version};

impl Flavor {
    const fn is_mariadb(&self) -> bool {
        matches!(self.product, Product::MariaDb)
    }

    /// A MySQL or Percona Server of at least this version.
    fn is_mysql_since(&self, major: u16, minor: u16, patch: u16) -> bool {
        !self.is_mariadb() && self.version >= Version::new(major, minor, patch)
    }

    /// The Aurora version as numbers, if this is Aurora.
    fn aurora(&self) -> Option<Version> {
        match &self.hosting {
            Hosting::Aurora { version } => version.parse().ok(),
            Hosting::SelfManaged | Hosting::Rds => None,
        }
    }

    /// Whether this is Aurora of at least this version.
    fn is_aurora_since(&self, major: u16, minor: u16) -> bool {
        self.aurora()
            .is_some_and(|version| version >= Version::new(major, minor, 0))
    }

    /// Whether `SHOW REPLICA STATUS`, `START REPLICA` and `STOP REPLICA` exist (MySQL 8.0.22; the older words are
    /// gone in 8.4). MariaDB is spoken to with the older words, which it keeps.
    #[must_use]
    pub fn says_replica(&self) -> bool {
        self.is_mysql_since(8, 0, 22)
    }

    /// Whether `CHANGE REPLICATION SOURCE TO SOURCE_HOST = …` exists (MySQL 8.0.23).
    #[must_use]
    pub fn says_replication_source(&self) -> bool {
        self.is_mysql_since(8, 0, 23)
    }

    /// The statement that shows file and offset of the binary log: renamed in MySQL 8.2, the older form gone in 8.4.
    #[must_use]
    pub fn show_binary_log_status(&self) -> &'static str {
        if self.is_mysql_since(8, 2, 0) {
            "SHOW BINARY LOG STATUS"
        } else {
            "SHOW MASTER STATUS"
        }
    }

    /// The statement that shows what the server replicates.
    #[must_use]
    pub fn show_replica_status(&self) -> &'static str {
        if self.says_replica() {
            "SHOW REPLICA STATUS"
        } else {
            "SHOW SLAVE STATUS"
        }
    }

    /// The statement that lists the replicas attached to the server.
    #[must_use]
    pub fn show_replicas(&self) -> &'static str {
        if self.says_replica() {
            "SHOW REPLICAS"
        } else {
            "SHOW SLAVE HOSTS"
        }
    }

    /// The statement that starts applying and fetching.
    #[must_use]
    pub fn start_replica(&self) -> &'static str {
        if self.says_replica() {
            "START REPLICA"
        } else {
            "START SLAVE"
        }
    }

    /// The statement that stops applying and fetching.
    #[must_use]
    pub fn stop_replica(&self) -> &'static str {
        if self.says_replica() {
            "STOP REPLICA"
        } else {
            "STOP SLAVE"
        }
    }

    /// The statement that forgets whom the server replicates from.
    #[must_use]
    pub fn reset_replica(&self) -> &'static str {
        if self.says_replica() {
            "RESET REPLICA ALL"
        } else {
            "RESET SLAVE ALL"
        }
    }

    /// Whether GTIDs of MySQL's kind exist (5.6.5); MariaDB's are of another kind.
    #[must_use]
    pub fn has_gtid(&self) -> bool {
        self.is_mysql_since(5, 6, 5)
    }

    /// Whether transactions without a GTID are logged as such (`ANONYMOUS_GTID`, MySQL 5.7.5), so that a follower can
    /// give them one. Older servers log nothing that a follower with `gtid_mode = ON` could take.
    #[must_use]
    pub fn logs_anonymous_gtids(&self) -> bool {
        self.is_mysql_since(5, 7, 5)
    }

    /// Whether `gtid_purged` can be added to while `gtid_executed` is not empty (MySQL 8.0).
    #[must_use]
    pub fn appends_gtid_purged(&self) -> bool {
        self.is_mysql_since(8, 0, 0)
    }

    /// Whether an account can hold roles (MySQL 8.0, "Using Roles"; MariaDB 10.0.5).
    #[must_use]
    pub fn has_account_roles(&self) -> bool {
        self.is_mariadb() || self.is_mysql_since(8, 0, 0)
    }

    /// Whether a privilege on everything can be taken back on one database (MySQL 8.0.16, "Privilege Restriction Using Partial
    /// Revokes").
    #[must_use]
    pub fn has_partial_revokes(&self) -> bool {
        self.is_mysql_since(8, 0, 16)
    }

    /// Whether `super_read_only` exists: MySQL 5.7.8, Percona Server 5.6.21. MariaDB has none.
    #[must_use]
    pub fn has_super_read_only(&self) -> bool {
        match self.product {
            Product::PerconaServer => self.version >= Version::new(5, 6, 21),
            _ => self.is_mysql_since(5, 7, 8),
        }
    }

    /// Whether `SET PERSIST_ONLY` and `RESET PERSIST` exist (MySQL 8.0.11) and may be used: not on managed servers,
    /// whose settings live in parameter groups.
    #[must_use]
    pub fn persists_settings(&self) -> bool {
        !self.is_managed() && self.is_mysql_since(8, 0, 11)
    }

    /// Whether the Performance Schema keeps a histogram and a sample of each class of statements: MySQL 8.0.3 and later
    /// (manual, "Statement Histogram Summary Tables").
    #[must_use]
    pub fn keeps_statement_histograms(&self) -> bool {
        self.product != Product::MariaDb && self.version >= Version::new(8, 0, 3)
    }

    /// Whether `information_schema` caches table statistics, so that they must be asked for afresh (MySQL 8.0.3).
    #[must_use]
    pub fn caches_statistics(&self) -> bool {
        self.is_mysql_since(8, 0, 3)
    }

    /// The setting that bounds a `SELECT`, for a limit in seconds: MySQL 5.7.8, MariaDB 10.1.1; none before.
    #[must_use]
    pub fn statement_limit(&self, seconds: u32) -> Option<String> {
        if self.is_mariadb() {
            (self.version >= Version::new(10, 1, 1)).then(|| format!("max_statement_time = {seconds}"))
        } else {
            self.is_mysql_since(5, 7, 8)
                .then(|| format!("max_execution_time = {}", u64::from(seconds) * 1000))
        }
    }

    /// Whether `CREATE USER … IDENTIFIED BY RANDOM PASSWORD` exists (MySQL 8.0.18).
    #[must_use]
    pub fn makes_random_passwords(&self) -> bool {
        self.is_mysql_since(8, 0, 18)
    }

    /// The variable that says after how long a binary log is removed, and its unit in seconds: MySQL 8.0.1 counts seconds,
    /// servers before and MariaDB days. 0 is never.
    #[must_use]
    pub fn binary_log_expiry(&self) -> (&'static str, u32) {
        if self.is_mysql_since(8, 0, 1) {
            ("binlog_expire_logs_seconds", 1)
        } else {
            ("expire_logs_days", 86_400)
        }
    }

    /// What the server calls the three-byte form of UTF-8: `utf8mb3` since MySQL 8.0.24 and MariaDB 10.6, `utf8` before.
    #[must_use]
    pub fn utf8mb3(&self) -> &'static str {
        let new = if self.is_mariadb() {
            self.version >= Version::new(10, 6, 0)
        } else {
            self.is_mysql_since(8, 0, 24)
        };
        if new { "utf8mb3" } else { "utf8" }
    }

    /// Whether triggers have an order and one table several of the same kind (MySQL 5.7.2, MariaDB 10.2.3).
    #[must_use]
    pub fn orders_triggers(&self) -> bool {
        if self.is_mariadb() {
            self.version >= Version::new(10, 2, 3)
        } else {
            self.is_mysql_since(5, 7, 2)
        }
    }

    /// Whether `CHECK` constraints are kept and enforced (MySQL 8.0.16, MariaDB 10.2.1).
    #[must_use]
    pub fn enforces_checks(&self) -> bool {
        if self.is_mariadb() {
            self.version >= Version::new(10, 2, 1)
        } else {
            self.is_mysql_since(8, 0, 16)
        }
    }

    /// Whether appliers can keep the source's commit order under the setting `replica_preserve_commit_order` (MySQL 8.0.26;
    /// under an older name before).
    #[must_use]
    pub fn names_commit_order(&self) -> bool {
        self.is_mysql_since(8, 0, 26)
    }

    /// Whether indexes on expressions exist, and with them the `EXPRESSION` column of `information_schema.STATISTICS`
    /// (MySQL 8.0.13).
    #[must_use]
    pub fn indexes_expressions(&self) -> bool {
        self.is_mysql_since(8, 0, 13)
    }

    /// Whether the privilege SHOW_ROUTINE exists, which shows the bodies of all routines (MySQL 8.0.20). Before, and on MariaDB,
    /// they are read from the table `mysql.proc`.
    #[must_use]
    pub fn shows_routines(&self) -> bool {
        self.is_mysql_since(8, 0, 20)
    }

    /// Whether it has `JSON_NORMALIZE` (manual, "JSON_NORMALIZE": MariaDB 10.7).
    #[must_use]
    pub fn normalizes_json(&self) -> bool {
        self.is_mariadb() && self.version >= Version::new(10, 7, 0)
    }

    /// Whether an account can be made with `mysql_native_password`: gone in MySQL 9.0; 8.4 has it switched off, Aurora
    /// keeps it on there.
    #[must_use]
    pub fn has_native_password(&self) -> bool {
        self.is_mariadb()
            || self.version < Version::new(8, 4, 0)
            || (self.is_managed() && self.version < Version::new(9, 0, 0))
    }

    /// Whether accounts are made with `caching_sha2_password` unless told otherwise (MySQL 8.0; Aurora 3 keeps the
    /// native password as its default, Aurora 8.4 does not).
    #[must_use]
    pub fn prefers_caching_sha2(&self) -> bool {
        self.is_mysql_since(8, 4, 0) || (self.is_mysql_since(8, 0, 4) && self.aurora().is_none())
    }

    /// Whether the `mysql.rds_*` procedures are spelled with *source* (Aurora 3, RDS for MySQL 8.4) rather than
    /// *master*.
    #[must_use]
    pub fn rds_says_source(&self) -> bool {
        match self.aurora() {
            Some(version) => version.major >= 3,
            None => self.is_mysql_since(8, 4, 0),
        }
    }

    /// Whether `mysql.rds_gtid_purged` exists (Aurora 3.04).
    #[must_use]
    pub fn rds_purges_gtid(&self) -> bool {
        self.is_aurora_since(3, 4)
    }

    /// Whether `mysql.rds_set_read_only` exists (Aurora 3.06).
    #[must_use]
    pub fn rds_sets_read_only(&self) -> bool {
        self.is_aurora_since(3, 6)
    }

    /// Whether `mysql.rds_set_binlog_source_ssl` exists (Aurora 3.06).
    #[must_use]
    pub fn rds_sets_source_ssl(&self) -> bool {
        self.is_aurora_since(3, 6)
    }

    /// Whether `mysql.rds_assign_gtids_to_anonymous_transactions` exists (Aurora 3).
    #[must_use]
    pub fn rds_assigns_gtids(&self) -> bool {
        self.is_aurora_since(3, 0)
    }

    /// Whether replication filters are parameters of its cluster parameter group (Aurora 3).
    #[must_use]
    pub fn rds_filters(&self) -> bool {
        self.is_aurora_since(3, 0)
    }

    /// Whether a replica of this flavor can follow `source` natively: the same product line, and the replica not older
    /// in its first two numbers (MySQL manual, "Replication Compatibility Between MySQL Versions").
    #[must_use]
    pub fn can_follow(&self, source: &Self) -> bool {
        self.is_mariadb() == source.is_mariadb()
            && (self.version.major, self.version.minor) >= (source.version.major, source.version.minor)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Flavor, Hosting, Product, Version};

    fn flavor(product: Product, text: &str, aurora: Option<&str>) -> Flavor {
        Flavor {
            product,
            version: text.parse::<Version>().expect("a version"),
            hosting: aurora.map_or(Hosting::SelfManaged, |version| Hosting::Aurora {
                version: version.to_owned(),
            }),
        }
    }

    fn mysql(text: &str) -> Flavor {
        flavor(Product::Mysql, text, None)
    }

    fn mariadb(text: &str) -> Flavor {
        flavor(Product::MariaDb, text, None)
    }

    fn aurora(version: &str, text: &str) -> Flavor {
        flavor(Product::Mysql, text, Some(version))
    }

    #[test]
    fn statements_by_version() {
        for (server, log, replica, replicas, change) in [
            (
                mysql("5.6.24"),
                "SHOW MASTER STATUS",
                "SHOW SLAVE STATUS",
                "SHOW SLAVE HOSTS",
                false,
            ),
            (
                mysql("5.7.44"),
                "SHOW MASTER STATUS",
                "SHOW SLAVE STATUS",
                "SHOW SLAVE HOSTS",
                false,
            ),
            (
                mysql("8.0.21"),
                "SHOW MASTER STATUS",
                "SHOW SLAVE STATUS",
                "SHOW SLAVE HOSTS",
                false,
            ),
            (
                mysql("8.0.22"),
                "SHOW MASTER STATUS",
                "SHOW REPLICA STATUS",
                "SHOW REPLICAS",
                false,
            ),
            (
                mysql("8.0.39"),
                "SHOW MASTER STATUS",
                "SHOW REPLICA STATUS",
                "SHOW REPLICAS",
                true,
            ),
            (
                mysql("8.4.6"),
                "SHOW BINARY LOG STATUS",
                "SHOW REPLICA STATUS",
                "SHOW REPLICAS",
                true,
            ),
            (
                mysql("9.7.4"),
                "SHOW BINARY LOG STATUS",
                "SHOW REPLICA STATUS",
                "SHOW REPLICAS",
                true,
            ),
            (
                mariadb("10.11.18"),
                "SHOW MASTER STATUS",
                "SHOW SLAVE STATUS",
                "SHOW SLAVE HOSTS",
                false,
            ),
            (
                mariadb("11.8.3"),
                "SHOW MASTER STATUS",
                "SHOW SLAVE STATUS",
                "SHOW SLAVE HOSTS",
                false,
            ),
            (
                aurora("3.04.0", "8.0.28"),
                "SHOW MASTER STATUS",
                "SHOW REPLICA STATUS",
                "SHOW REPLICAS",
                true,
            ),
            (
                aurora("3.10.0", "8.0.42"),
                "SHOW MASTER STATUS",
                "SHOW REPLICA STATUS",
                "SHOW REPLICAS",
                true,
            ),
            (
                aurora("8.4.7", "8.4.7"),
                "SHOW BINARY LOG STATUS",
                "SHOW REPLICA STATUS",
                "SHOW REPLICAS",
                true,
            ),
        ] {
            assert_eq!(server.show_binary_log_status(), log, "{server}");
            assert_eq!(server.show_replica_status(), replica, "{server}");
            assert_eq!(server.show_replicas(), replicas, "{server}");
            assert_eq!(server.says_replication_source(), change, "{server}");
            let words = if replica.contains("REPLICA") {
                "REPLICA"
            } else {
                "SLAVE"
            };
            assert_eq!(server.start_replica(), format!("START {words}"), "{server}");
            assert_eq!(server.stop_replica(), format!("STOP {words}"), "{server}");
            assert_eq!(server.reset_replica(), format!("RESET {words} ALL"), "{server}");
        }
    }

    #[test]
    fn fences_by_version() {
        for (server, super_read_only, persists) in [
            (mysql("5.6.24"), false, false),
            (flavor(Product::PerconaServer, "5.6.51", None), true, false),
            (mysql("5.7.44"), true, false),
            (mysql("8.0.39"), true, true),
            (mysql("9.7.4"), true, true),
            (mariadb("11.8.3"), false, false),
            (aurora("3.10.0", "8.0.42"), true, false),
        ] {
            assert_eq!(server.has_super_read_only(), super_read_only, "{server}");
            assert_eq!(server.persists_settings(), persists, "{server}");
        }
    }

    #[test]
    fn procedures_by_aurora_version() {
        for (server, source, purges, read_only, native, sha2) in [
            (aurora("2.11.4", "5.7.12"), false, false, false, true, false),
            (aurora("3.03.1", "8.0.26"), true, false, false, true, false),
            (aurora("3.04.0", "8.0.28"), true, true, false, true, false),
            (aurora("3.06.0", "8.0.34"), true, true, true, true, false),
            (aurora("3.10.0", "8.0.42"), true, true, true, true, false),
            (aurora("8.4.7", "8.4.7"), true, true, true, true, true),
            (mysql("5.7.44"), false, false, false, true, false),
            (mysql("8.0.39"), false, false, false, true, true),
            (mysql("8.4.6"), true, false, false, false, true),
            (mysql("9.7.4"), true, false, false, false, true),
        ] {
            assert_eq!(server.prefers_caching_sha2(), sha2, "{server}");
            assert_eq!(server.rds_says_source(), source, "{server}");
            assert_eq!(server.rds_purges_gtid(), purges, "{server}");
            assert_eq!(server.rds_sets_read_only(), read_only, "{server}");
            assert_eq!(server.has_native_password(), native, "{server}");
        }
    }

    #[test]
    fn follows_only_forward_and_within_its_product() {
        assert!(mysql("9.7.4").can_follow(&mysql("5.6.24")));
        assert!(mysql("8.0.39").can_follow(&mysql("8.0.42")));
        assert!(aurora("3.10.0", "8.0.42").can_follow(&mysql("5.7.44")));
        assert!(!mysql("5.6.24").can_follow(&mysql("9.7.4")));
        assert!(!mysql("8.0.39").can_follow(&aurora("8.4.7", "8.4.7")));
        assert!(!mysql("9.7.4").can_follow(&mariadb("10.11.18")));
        assert!(!mariadb("10.11.18").can_follow(&mysql("8.0.39")));
    }

    #[test]
    fn settings_by_version() {
        assert_eq!(mysql("5.6.24").statement_limit(20), None);
        assert_eq!(
            mysql("8.0.39").statement_limit(20).as_deref(),
            Some("max_execution_time = 20000")
        );
        assert_eq!(
            mariadb("10.11.18").statement_limit(20).as_deref(),
            Some("max_statement_time = 20")
        );
        assert_eq!(mysql("5.6.24").utf8mb3(), "utf8");
        assert_eq!(mysql("9.7.4").utf8mb3(), "utf8mb3");
        assert_eq!(mariadb("10.5.1").utf8mb3(), "utf8");
    }
}
