//! GTIDs of MySQL and of MariaDB: where a server stands, what violates them, and the statements that change it (P7).

use std::collections::BTreeMap;

use async_trait::async_trait;
use daybreak_model::{Flavor, Product, TableName, Version};

use super::identity::SYSTEM_SCHEMAS;
use super::quote;
use super::server::Mysql;
use super::topology::Channel;
use crate::{
    Database, EngineError, ErrorKind, GtidChange, GtidChannel, GtidConsistency, GtidMode, GtidObstacle,
    GtidState, GtidWay, Numbering, Statement,
};

/// Since when `CREATE TABLE … SELECT` is one transaction (manual, "Restrictions on Replication with GTIDs").
const ATOMIC_CREATE_SELECT: Version = Version::new(8, 0, 21);
/// Since when temporary tables may be made in a transaction unless the log is of statements (the same page).
const UNLOGGED_TEMPORARY: Version = Version::new(8, 0, 13);
/// Errors of statements that violate the consistency, counted also where they are warnings: changes to tables that know no
/// transactions, `CREATE TABLE … SELECT`, temporary tables in a transaction.
const VIOLATIONS: &str = "1785, 1786, 1787";
/// Where they are counted by account, and statements by digest: until the server restarts, or the table is truncated.
const ERRORS_BY_ACCOUNT: &str = "performance_schema.events_errors_summary_by_account_by_error";
const DIGESTS: &str = "performance_schema.events_statements_summary_by_digest";

#[async_trait]
impl Numbering for Mysql {
    async fn gtid_state(&self) -> Result<GtidState, EngineError> {
        let flavor = self.server.flavor().await?.clone();
        let set = self.named("SHOW GLOBAL VARIABLES", VARIABLES).await?;
        let counted = self.named("SHOW GLOBAL STATUS", COUNTERS).await?;
        let is_on = |name: &str| set.get(name).is_some_and(|value| value == "ON" || value == "1");
        let count = |name: &str| {
            counted
                .get(name)
                .and_then(|value| value.parse().ok())
                .unwrap_or(0)
        };
        let way = way(&flavor);
        let logs = is_on("log_bin");
        let log_end = if logs {
            let mut conn = self.server.borrow().await?;
            let end = self.server.binary_log_end(&mut conn).await?;
            self.server.keep(conn);
            Some(end)
        } else {
            None
        };
        let channels = self.server.channels().await?;
        Ok(GtidState {
            way,
            mode: match way {
                GtidWay::Always => Some(GtidMode::On),
                _ => set.get("gtid_mode").and_then(|text| mode(text)),
            },
            consistency: set
                .get("enforce_gtid_consistency")
                .and_then(|text| consistency(text)),
            logs,
            logs_applied: is_on("log_slave_updates") || is_on("log_replica_updates"),
            persists: flavor.persists_settings(),
            anonymous: count("Ongoing_anonymous_transaction_count"),
            violating: count("Ongoing_anonymous_gtid_violating_transaction_count")
                + count("Ongoing_automatic_gtid_violating_transaction_count"),
            owned: set
                .get("gtid_owned")
                .is_some_and(|owned| !owned.trim().is_empty()),
            log_end,
            channels: channels.iter().map(told).collect(),
        })
    }

    async fn gtid_obstacles(&self) -> Result<Vec<GtidObstacle>, EngineError> {
        let flavor = self.server.flavor().await?.clone();
        let mut obstacles = Vec::new();
        if matches!(way(&flavor), GtidWay::Online | GtidWay::Restart) {
            if self.watches_statements().await? {
                obstacles.extend(self.violating_statements(&flavor).await?);
                obstacles.extend(self.violations_by_account(&flavor).await?);
            } else {
                obstacles.push(unseen());
            }
        }
        if way(&flavor) != GtidWay::Always {
            obstacles.extend(self.tables_without_transactions().await?);
        }
        Ok(obstacles)
    }

    async fn gtid_violations(&self) -> Result<Option<u64>, EngineError> {
        let flavor = self.server.flavor().await?;
        if !counts_errors(flavor) {
            return Ok(None);
        }
        let sql = format!(
            "SELECT COALESCE(CAST(SUM(SUM_ERROR_RAISED) AS UNSIGNED), 0) \
             FROM performance_schema.events_errors_summary_global_by_error WHERE ERROR_NUMBER IN ({VIOLATIONS})"
        );
        let (times,) = self
            .server
            .row::<(u64,)>("failed to count violations of the consistency", &sql)
            .await?;
        Ok(Some(times))
    }

    async fn gtid_statements(&self, change: &GtidChange) -> Result<Vec<Statement>, EngineError> {
        let flavor = self.server.flavor().await?;
        let applied = match change {
            GtidChange::Place {
                channel,
                by_gtid: false,
            } => Some(self.place(channel).await?),
            _ => None,
        };
        Ok(statements(flavor, change, applied.as_ref()))
    }

    async fn change_gtid(&self, change: &GtidChange) -> Result<(), EngineError> {
        let GtidChange::Place { channel, by_gtid } = change else {
            return self.run(&self.gtid_statements(change).await?).await;
        };
        let flavor = self.server.flavor().await?;
        let now = self.channel(channel).await?;
        if told(&now).by_gtid == *by_gtid {
            return self.run(&[running(flavor, channel, true)]).await;
        }
        self.run(&[running(flavor, channel, false)]).await?;
        // Where it stands is known only when it has stopped.
        let applied = self.place(channel).await?;
        let all = statements(flavor, change, Some(&applied));
        self.run(all.get(1..).unwrap_or_default()).await
    }
}

/// Settings that tell of GTIDs; log_slave_updates has had a second name since MySQL 8.0.26.
const VARIABLES: &str = "'gtid_mode', 'enforce_gtid_consistency', 'gtid_owned', 'log_bin', 'log_slave_updates', 'log_replica_updates'";
const COUNTERS: &str = "'Ongoing_anonymous_transaction_count', 'Ongoing_anonymous_gtid_violating_transaction_count', \
                        'Ongoing_automatic_gtid_violating_transaction_count'";

impl Mysql {
    async fn named(&self, show: &str, names: &str) -> Result<BTreeMap<String, String>, EngineError> {
        let rows: Vec<(String, String)> = self
            .server
            .rows(
                "failed to read where it stands with GTIDs",
                &format!("{show} WHERE Variable_name IN ({names})"),
            )
            .await?;
        Ok(rows.into_iter().collect())
    }

    async fn channel(&self, name: &str) -> Result<Channel, EngineError> {
        let channels = self.server.channels().await?;
        let found = channels.into_iter().find(|channel| channel.name == name);
        found.ok_or_else(|| {
            self.server.error(
                ErrorKind::Other,
                format!("it follows nobody on the replication channel '{name}' any more"),
            )
        })
    }

    /// File and offset up to which the channel's source is applied.
    async fn place(&self, channel: &str) -> Result<(String, u64), EngineError> {
        Ok(self.channel(channel).await?.status.applied)
    }

    async fn watches_statements(&self) -> Result<bool, EngineError> {
        let set = self
            .named("SHOW GLOBAL VARIABLES", "'performance_schema'")
            .await?;
        Ok(set.get("performance_schema").is_some_and(|value| value == "ON"))
    }

    /// Statements that were seen, by digest, and that this version cannot log with one GTID.
    async fn violating_statements(&self, flavor: &Flavor) -> Result<Vec<GtidObstacle>, EngineError> {
        let mut kinds = Vec::new();
        if flavor.version < ATOMIC_CREATE_SELECT {
            kinds.push("^CREATE TABLE .*SELECT");
        }
        if flavor.version < UNLOGGED_TEMPORARY {
            kinds.push("^(CREATE|DROP) TEMPORARY TABLE");
        }
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT COALESCE(SCHEMA_NAME, ''), DIGEST_TEXT, COUNT_STAR, CAST(LAST_SEEN AS CHAR) \
             FROM {DIGESTS} WHERE DIGEST_TEXT REGEXP {} ORDER BY COUNT_STAR DESC LIMIT 100",
            quote::text(&kinds.join("|"))
        );
        let rows: Vec<(String, String, u64, Option<String>)> = self
            .server
            .rows("failed to look for statements that cannot have one GTID", &sql)
            .await?;
        Ok(rows
            .into_iter()
            .map(|(schema, text, times, last)| seen(&schema, text, times, last))
            .collect())
    }

    /// Violations that the server counted, by account: where it warns of them or refuses them.
    async fn violations_by_account(&self, flavor: &Flavor) -> Result<Vec<GtidObstacle>, EngineError> {
        if !counts_errors(flavor) {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT ERROR_NUMBER, CONCAT(COALESCE(USER, 'the server'), '@', COALESCE(HOST, '')), SUM_ERROR_RAISED, CAST(LAST_SEEN AS CHAR) \
             FROM {ERRORS_BY_ACCOUNT} \
             WHERE ERROR_NUMBER IN ({VIOLATIONS}) AND SUM_ERROR_RAISED > 0 ORDER BY 1, 2"
        );
        let rows: Vec<(u32, String, u64, Option<String>)> = self
            .server
            .rows("failed to look for violations of the consistency", &sql)
            .await?;
        Ok(rows
            .into_iter()
            .map(|(error, account, times, last)| {
                let (what, remedy) = violation(error);
                GtidObstacle {
                    id: "violation".to_owned(),
                    blocks: true,
                    object: what.to_owned(),
                    evidence: format!(
                        "{account} did so {times} time(s) since the server started, last at {}",
                        last.unwrap_or_else(|| "an unknown time".to_owned())
                    ),
                    remedy: format!("{remedy}; then let the server forget what it counted"),
                    statement: Some(format!("TRUNCATE TABLE {ERRORS_BY_ACCOUNT}")),
                }
            })
            .collect())
    }

    async fn tables_without_transactions(&self) -> Result<Vec<GtidObstacle>, EngineError> {
        let sql = format!(
            "SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' \
             AND ENGINE NOT IN ('InnoDB', 'ndbcluster', 'RocksDB') AND TABLE_SCHEMA NOT IN ({SYSTEM_SCHEMAS}) ORDER BY 1, 2"
        );
        let rows: Vec<(String, String, String)> = self
            .server
            .rows("failed to list tables that know no transactions", &sql)
            .await?;
        Ok(rows
            .into_iter()
            .map(|(schema, table, engine)| {
                let name = quote::table(&TableName::new(schema, table));
                GtidObstacle {
                    id: "mixed_engines".to_owned(),
                    blocks: false,
                    evidence: format!("its engine is {engine}: a transaction that changes it and an InnoDB table is refused with GTIDs"),
                    remedy: "make it an InnoDB table, or see that no transaction changes it together with one".to_owned(),
                    statement: Some(format!("ALTER TABLE {name} ENGINE = InnoDB")),
                    object: name,
                }
            })
            .collect())
    }
}

fn unseen() -> GtidObstacle {
    GtidObstacle {
        id: "unseen".to_owned(),
        blocks: false,
        object: "performance_schema".to_owned(),
        evidence: "it is off: whether statements violate the consistency of GTIDs cannot be told".to_owned(),
        remedy: "set performance_schema = ON and restart, or read the error log while enforce_gtid_consistency is WARN".to_owned(),
        statement: None,
    }
}

fn seen(schema: &str, text: String, times: u64, last: Option<String>) -> GtidObstacle {
    let temporary = text.contains("TEMPORARY");
    GtidObstacle {
        id: if temporary {
            "temporary_table"
        } else {
            "create_select"
        }
        .to_owned(),
        // Outside of a transaction a temporary table is no violation, and a digest does not tell where it was made.
        blocks: !temporary,
        evidence: format!(
            "seen {times} time(s){}, last at {}",
            if schema.is_empty() {
                String::new()
            } else {
                format!(" in {schema}")
            },
            last.unwrap_or_else(|| "an unknown time".to_owned())
        ),
        remedy: if temporary {
            "make and drop temporary tables outside of transactions"
        } else {
            "make the table first, then fill it with INSERT … SELECT; then let the server forget what it counted"
        }
        .to_owned(),
        object: text,
        statement: (!temporary).then(|| format!("TRUNCATE TABLE {DIGESTS}")),
    }
}

fn violation(error: u32) -> (&'static str, &'static str) {
    match error {
        1785 => (
            "a change to a table that knows no transactions, in a transaction with one that does (1785)",
            "make such tables InnoDB, or change them in transactions of their own",
        ),
        1786 => (
            "CREATE TABLE … SELECT (1786)",
            "make the table first, then fill it with INSERT … SELECT",
        ),
        _ => (
            "a temporary table made or dropped in a transaction (1787)",
            "make and drop temporary tables outside of transactions",
        ),
    }
}

/// Whether errors and warnings are counted by account (`events_errors_summary_*`, MySQL 8.0).
fn counts_errors(flavor: &Flavor) -> bool {
    flavor.product != Product::MariaDb && flavor.version >= Version::new(8, 0, 0)
}

fn way(flavor: &Flavor) -> GtidWay {
    if flavor.product == Product::MariaDb {
        GtidWay::Always
    } else if !flavor.has_gtid() {
        GtidWay::None
    } else if flavor.is_managed() {
        GtidWay::ParameterGroup
    } else if flavor.version >= Version::new(5, 7, 6) {
        GtidWay::Online
    } else {
        GtidWay::Restart
    }
}

fn mode(text: &str) -> Option<GtidMode> {
    [
        GtidMode::Off,
        GtidMode::OffPermissive,
        GtidMode::OnPermissive,
        GtidMode::On,
    ]
    .into_iter()
    .find(|mode| mode.to_string() == text)
}

fn consistency(text: &str) -> Option<GtidConsistency> {
    match text {
        "OFF" | "0" => Some(GtidConsistency::Off),
        "WARN" | "2" => Some(GtidConsistency::Warn),
        "ON" | "1" => Some(GtidConsistency::On),
        _ => None,
    }
}

fn told(channel: &Channel) -> GtidChannel {
    let status = &channel.status;
    GtidChannel {
        name: channel.name.clone(),
        source: format!("{}:{}", status.source_host, status.source_port),
        by_gtid: status.by_gtid(),
        running: status.io_running != "No" && status.sql_running == "Yes",
        applied: status.applied.clone(),
    }
}

/// The statement that starts or stops a channel.
fn running(flavor: &Flavor, channel: &str, run: bool) -> Statement {
    let verb = if run {
        flavor.start_replica()
    } else {
        flavor.stop_replica()
    };
    let text = match (flavor.product, channel) {
        (Product::MariaDb, "") => verb.to_owned(),
        (Product::MariaDb, name) => format!("{verb} {}", quote::text(name)),
        (_, name) => format!("{verb} FOR CHANNEL {}", quote::text(name)),
    };
    Statement {
        what: format!("{} replication", if run { "start" } else { "stop" }),
        text,
    }
}

/// The statements of a change; `applied` is where a channel that will go by file and offset goes on.
fn statements(flavor: &Flavor, change: &GtidChange, applied: Option<&(String, u64)>) -> Vec<Statement> {
    let set = |name: &str, value: &dyn std::fmt::Display| {
        let scope = if flavor.persists_settings() {
            "PERSIST"
        } else {
            "GLOBAL"
        };
        vec![Statement {
            what: format!("set {name} to {value}"),
            text: format!("SET {scope} {name} = {value}"),
        }]
    };
    match change {
        GtidChange::Consistency(consistency) => set("enforce_gtid_consistency", consistency),
        GtidChange::Mode(mode) => set("gtid_mode", mode),
        GtidChange::Place { channel, by_gtid } => vec![
            running(flavor, channel, false),
            Statement {
                what: format!(
                    "let it keep its place by {}",
                    if *by_gtid { "GTID" } else { "file and offset" }
                ),
                text: place(flavor, channel, *by_gtid, applied),
            },
            running(flavor, channel, true),
        ],
    }
}

fn place(flavor: &Flavor, channel: &str, by_gtid: bool, applied: Option<&(String, u64)>) -> String {
    if flavor.product == Product::MariaDb {
        let name = if channel.is_empty() {
            String::new()
        } else {
            format!("{} ", quote::text(channel))
        };
        let kind = if by_gtid { "slave_pos" } else { "no" };
        return format!("CHANGE MASTER {name}TO MASTER_USE_GTID = {kind}");
    }
    let (verb, word) = if flavor.says_replication_source() {
        ("CHANGE REPLICATION SOURCE TO", "SOURCE")
    } else {
        ("CHANGE MASTER TO", "MASTER")
    };
    let how = match applied {
        _ if by_gtid => format!("{word}_AUTO_POSITION = 1"),
        Some((file, offset)) => format!(
            "{word}_AUTO_POSITION = 0, {word}_LOG_FILE = {}, {word}_LOG_POS = {offset}",
            quote::text(file)
        ),
        None => format!("{word}_AUTO_POSITION = 0"),
    };
    format!("{verb} {how} FOR CHANNEL {}", quote::text(channel))
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Product, Version};

    use super::{place, statements, way};
    use crate::{GtidChange, GtidConsistency, GtidMode, GtidWay};

    /// Versions that cannot be started here are decided by the manual.
    #[test]
    fn what_can_be_done_and_how_depends_on_the_version() {
        let ways = [
            (Product::Mysql, Version::new(5, 5, 62), GtidWay::None),
            (Product::Mysql, Version::new(5, 6, 51), GtidWay::Restart),
            (Product::Mysql, Version::new(5, 7, 5), GtidWay::Restart),
            (Product::Mysql, Version::new(5, 7, 44), GtidWay::Online),
            (Product::PerconaServer, Version::new(8, 0, 36), GtidWay::Online),
            (Product::Mysql, Version::new(8, 4, 3), GtidWay::Online),
            (Product::MariaDb, Version::new(10, 11, 8), GtidWay::Always),
        ];
        for (product, version, expected) in ways {
            assert_eq!(
                way(&Flavor::self_managed(product, version)),
                expected,
                "{product:?} {version}"
            );
        }
        let texts = |product, version, change: &GtidChange| -> Vec<String> {
            let applied = ("binlog.000007".to_owned(), 154);
            let all = statements(&Flavor::self_managed(product, version), change, Some(&applied));
            all.into_iter().map(|statement| statement.text).collect()
        };
        let mode = GtidChange::Mode(GtidMode::OffPermissive);
        let warn = GtidChange::Consistency(GtidConsistency::Warn);
        let (old, new) = (Version::new(5, 7, 44), Version::new(8, 4, 3));
        assert_eq!(
            texts(Product::Mysql, old, &mode),
            ["SET GLOBAL gtid_mode = OFF_PERMISSIVE"]
        );
        assert_eq!(
            texts(Product::Mysql, new, &warn),
            ["SET PERSIST enforce_gtid_consistency = WARN"]
        );
        let by = |by_gtid| GtidChange::Place {
            channel: "we'st".to_owned(),
            by_gtid,
        };
        assert_eq!(
            texts(Product::Mysql, old, &by(true)),
            [
                "STOP SLAVE FOR CHANNEL 'we''st'",
                "CHANGE MASTER TO MASTER_AUTO_POSITION = 1 FOR CHANNEL 'we''st'",
                "START SLAVE FOR CHANNEL 'we''st'"
            ]
        );
        assert_eq!(
            texts(Product::Mysql, new, &by(false))[1],
            "CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = 0, SOURCE_LOG_FILE = 'binlog.000007', SOURCE_LOG_POS = 154 FOR CHANNEL 'we''st'"
        );
        assert_eq!(
            place(
                &Flavor::self_managed(Product::MariaDb, Version::new(10, 11, 8)),
                "",
                true,
                None
            ),
            "CHANGE MASTER TO MASTER_USE_GTID = slave_pos"
        );
    }
}
