//! Whether a server is ready for what is coming: what objects need of it, and how long it keeps its binary log.
//!
//! Facts from the MySQL manual: "Stored Program Binary Logging" (1418, 1419), "Stored Object Access Control" (definers, 1227,
//! 1449), "Identifier Case Sensitivity"; and from Aurora's guide: "Configuring binary log file retention".

use std::collections::BTreeMap;

use daybreak_model::{Flavor, Refusal, Requirement, Scope, Unmet, some_of};

use super::connection::Server;
use super::filters::Filters;
use super::quote;
use crate::{EngineError, SettingCheck};

/// A binary log that is kept for less than this, in seconds, may be gone before a load has ended.
const KEEP_AT_LEAST: f64 = 86_400.0;

/// Where each kind of object with a definer is listed: its kind, and the view's columns and name.
const WITH_DEFINER: [(&str, &str, &str, &str); 4] = [
    ("view", "TABLE_SCHEMA", "TABLE_NAME", "VIEWS"),
    ("routine", "ROUTINE_SCHEMA", "ROUTINE_NAME", "ROUTINES"),
    ("trigger", "TRIGGER_SCHEMA", "TRIGGER_NAME", "TRIGGERS"),
    ("event", "EVENT_SCHEMA", "EVENT_NAME", "EVENTS"),
];

/// What decides whether requirements are met.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Means {
    flavor: Flavor,
    log_bin: bool,
    trusts_creators: bool,
    name_case: u8,
    runs_events: bool,
    /// Whether the account has SUPER.
    superuser: bool,
    /// Whether the account may name another as definer.
    sets_definer: bool,
    /// Every account, host in lower case.
    accounts: Vec<(String, String)>,
    /// What replication leaves out.
    filters: Filters,
    /// How rows and tables go in.
    intake: Intake,
}

/// Settings that decide how rows and tables go in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Intake {
    /// `sql_require_primary_key`, which the account cannot switch off for its own sessions.
    insists_on_keys: bool,
    /// `sql_generate_invisible_primary_key`, which the account cannot switch off for its own sessions.
    makes_keys: bool,
    local_infile: bool,
    max_packet: u64,
}

impl Server {
    /// What the objects of a scope need.
    pub(crate) async fn requirements(&self, scope: &Scope) -> Result<Vec<Requirement>, EngineError> {
        let schemas = quote::texts(&scope.schemas);
        let mut definers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (kind, schema, name, view) in WITH_DEFINER {
            let sql = format!(
                "SELECT DEFINER, {schema}, {name} FROM information_schema.{view} WHERE {schema} IN ({schemas}) ORDER BY 2, 3"
            );
            let rows: Vec<(String, String, String)> = self.rows("failed to list definers", &sql).await?;
            for (definer, schema, name) in rows {
                let object = format!("{kind} {schema}.{name}");
                definers.entry(definer).or_default().push(object);
            }
        }
        let mut requirements: Vec<Requirement> = definers
            .into_iter()
            .map(|(definer, objects)| {
                let (user, host) = definer.rsplit_once('@').unwrap_or((&definer, "%"));
                Requirement::Definer {
                    user: user.to_owned(),
                    host: host.to_owned(),
                    objects,
                }
            })
            .collect();
        let what = "failed to list triggers and functions";
        let sql = format!(
            "SELECT TRIGGER_SCHEMA, TRIGGER_NAME FROM information_schema.TRIGGERS \
             WHERE TRIGGER_SCHEMA IN ({schemas}) ORDER BY 1, 2"
        );
        for (schema, name) in self.rows::<(String, String)>(what, &sql).await? {
            requirements.push(Requirement::LoggedProgram {
                object: format!("trigger {schema}.{name}"),
                harmless: true,
            });
        }
        let sql = format!(
            "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, \
             IS_DETERMINISTIC = 'YES' OR SQL_DATA_ACCESS IN ('NO SQL', 'READS SQL DATA') \
             FROM information_schema.ROUTINES WHERE ROUTINE_TYPE = 'FUNCTION' AND ROUTINE_SCHEMA IN ({schemas}) ORDER BY 1, 2"
        );
        for (schema, name, harmless) in self.rows::<(String, String, bool)>(what, &sql).await? {
            requirements.push(Requirement::LoggedProgram {
                object: format!("function {schema}.{name}"),
                harmless,
            });
        }
        let sql = format!(
            "SELECT EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS \
             WHERE STATUS = 'ENABLED' AND EVENT_SCHEMA IN ({schemas}) ORDER BY 1, 2"
        );
        let events: Vec<(String, String)> = self.rows("failed to list the events", &sql).await?;
        if !events.is_empty() {
            let events = events
                .into_iter()
                .map(|(schema, name)| format!("{schema}.{name}"));
            requirements.push(Requirement::EventScheduler {
                events: events.collect(),
            });
        }
        requirements.extend(self.name_case(&schemas).await?);
        let sql = format!(
            "SELECT t.TABLE_SCHEMA, t.TABLE_NAME FROM information_schema.TABLES t LEFT JOIN information_schema.STATISTICS s \
             ON s.TABLE_SCHEMA = t.TABLE_SCHEMA AND s.TABLE_NAME = t.TABLE_NAME AND s.INDEX_NAME = 'PRIMARY' \
             WHERE t.TABLE_TYPE = 'BASE TABLE' AND t.TABLE_SCHEMA IN ({schemas}) AND s.INDEX_NAME IS NULL ORDER BY 1, 2"
        );
        let keyless: Vec<(String, String)> =
            self.rows("failed to look for tables without a key", &sql).await?;
        if !keyless.is_empty() {
            let tables = keyless
                .into_iter()
                .map(|(schema, name)| format!("{schema}.{name}"));
            requirements.push(Requirement::NoPrimaryKey {
                tables: tables.collect(),
            });
        }
        let what = "failed to ask how large rows may be";
        let (bytes,) = self
            .row::<(u64,)>(what, "SELECT @@GLOBAL.max_allowed_packet")
            .await?;
        requirements.push(Requirement::PacketSize { bytes });
        let mut left_out = self.schemas().await?;
        left_out.retain(|schema| !scope.schemas.contains(schema));
        if !left_out.is_empty() {
            requirements.push(Requirement::LeftOut { schemas: left_out });
        }
        Ok(requirements)
    }

    /// `lower_case_table_names`, if any database or table has capitals. With 1 names are stored in small letters, whatever
    /// applications write, so that none shows what they use: there the setting counts always.
    async fn name_case(&self, schemas: &str) -> Result<Option<Requirement>, EngineError> {
        let what = "failed to look for names with capitals";
        let (setting,) = self
            .row::<(u8,)>(what, "SELECT @@GLOBAL.lower_case_table_names")
            .await?;
        let sql = format!(
            "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ({schemas}) \
             AND (CAST(TABLE_SCHEMA AS BINARY) <> CAST(LOWER(TABLE_SCHEMA) AS BINARY) \
                  OR CAST(TABLE_NAME AS BINARY) <> CAST(LOWER(TABLE_NAME) AS BINARY)) ORDER BY 1, 2 LIMIT 1"
        );
        let example: Option<(String, String)> = self.rows(what, &sql).await?.into_iter().next();
        Ok(match example {
            Some((schema, name)) => Some(Requirement::NameCase {
                setting,
                example: format!("{schema}.{name}"),
            }),
            None if setting == 1 => Some(Requirement::NameCase {
                setting,
                example: "any name that an application writes with capitals".to_owned(),
            }),
            None => None,
        })
    }

    /// Which requirements this server does not meet.
    pub(crate) async fn unmet(&self, requirements: &[Requirement]) -> Result<Unmet, EngineError> {
        let flavor = self.flavor().await?.clone();
        let what = "failed to read what decides over stored programs";
        let (log_bin, trusts_creators, name_case, scheduler) = self
            .row::<(bool, bool, u8, String)>(
                what,
                "SELECT @@GLOBAL.log_bin, @@GLOBAL.log_bin_trust_function_creators, @@GLOBAL.lower_case_table_names, \
                 @@GLOBAL.event_scheduler",
            )
            .await?;
        let accounts: Vec<(String, String)> = self
            .rows(
                "failed to list the accounts",
                "SELECT CAST(User AS CHAR), LOWER(CAST(Host AS CHAR)) FROM mysql.user",
            )
            .await?;
        let held = self.global_privileges().await?;
        let all = held.contains("ALL PRIVILEGES") || held.contains("ALL");
        let superuser = all || held.contains("SUPER");
        let any = |names: &[&str]| names.iter().any(|name| held.contains(*name));
        let sets_definer = superuser || any(&["SET_USER_ID", "SET_ANY_DEFINER", "SET USER"]);
        let unfit = self.unfit_definers(requirements).await?;
        let mut unmet = judge(
            requirements,
            &Means {
                flavor,
                log_bin,
                trusts_creators,
                name_case,
                runs_events: scheduler == "ON",
                superuser,
                sets_definer,
                accounts,
                filters: self.filters().await?,
                intake: self
                    .intake(superuser || any(&["SYSTEM_VARIABLES_ADMIN", "SESSION_VARIABLES_ADMIN"]))
                    .await?,
            },
        );
        unmet.refusals.extend(unfit);
        Ok(unmet)
    }

    /// The settings that decide how rows and tables go in, for an account that may or may not set variables of its sessions.
    async fn intake(&self, sets_session: bool) -> Result<Intake, EngineError> {
        let what = "failed to read how rows go in";
        // Neither of the first two is known to every server.
        let rows: Vec<(String, String)> = self
            .rows(
                what,
                "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('sql_require_primary_key', \
                 'sql_generate_invisible_primary_key', 'local_infile', 'max_allowed_packet')",
            )
            .await?;
        let value = |wanted: &str| {
            rows.iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.as_str())
        };
        Ok(Intake {
            insists_on_keys: !sets_session && value("sql_require_primary_key") == Some("ON"),
            makes_keys: !sets_session && value("sql_generate_invisible_primary_key") == Some("ON"),
            local_infile: value("local_infile") == Some("ON"),
            max_packet: value("max_allowed_packet")
                .and_then(|bytes| bytes.parse().ok())
                .unwrap_or(u64::MAX),
        })
    }

    /// Why the binary log may be gone too soon.
    pub(crate) async fn short_retention(&self) -> Result<Option<SettingCheck>, EngineError> {
        let flavor = self.flavor().await?;
        let what = "failed to ask how long the binary log is kept";
        if flavor.is_managed() {
            let rows: Vec<mysql_async::Row> = self.rows(what, "CALL mysql.rds_show_configuration").await?;
            let hours = rows
                .iter()
                .find(|row| row.get::<String, _>(0).as_deref() == Some("binlog retention hours"))
                .and_then(|row| row.get::<Option<String>, _>(1).flatten());
            let enough = hours
                .as_ref()
                .and_then(|hours| hours.parse::<f64>().ok())
                .is_some_and(|hours| hours * 3600.0 >= KEEP_AT_LEAST);
            return Ok((!enough).then(|| SettingCheck {
                found: format!(
                    "`binlog retention hours` = {}",
                    hours.unwrap_or_else(|| "NULL".to_owned())
                ),
                hint: "CALL mysql.rds_set_configuration('binlog retention hours', 168), at least 24"
                    .to_owned(),
            }));
        }
        let (variable, unit) = flavor.binary_log_expiry();
        let (value,) = self
            .row::<(f64,)>(what, &format!("SELECT @@GLOBAL.{variable} + 0.0e0"))
            .await?;
        let seconds = value * f64::from(unit);
        Ok((seconds > 0.0 && seconds < KEEP_AT_LEAST).then(|| SettingCheck {
            found: format!("{variable} = {value}"),
            hint: format!(
                "SET GLOBAL {variable} = {}: a week, at least a day",
                604_800 / unit
            ),
        }))
    }
}

/// Decides, from what is needed and what there is.
fn judge(requirements: &[Requirement], means: &Means) -> Unmet {
    let mut unmet = Unmet::default();
    let mut logged = Vec::new();
    let mut foreign_definer = None;
    for requirement in requirements {
        match requirement {
            Requirement::Definer { user, host, objects } => {
                foreign_definer = foreign_definer.or_else(|| objects.first());
                unmet.refusals.extend(definer(user, host, objects, means));
            }
            Requirement::LoggedProgram { object, harmless } => {
                if means.log_bin && !means.trusts_creators && !(means.superuser && *harmless) {
                    logged.push(object.clone());
                }
            }
            Requirement::NameCase { setting, example } => {
                if *setting != means.name_case {
                    unmet.refusals.push(Refusal {
                        object: "lower_case_table_names".to_owned(),
                        reason: format!(
                            "it is {setting} at the source and {} here, which makes a difference for {example}",
                            means.name_case
                        ),
                        hint: "make the server with the same value: it cannot be changed later (Aurora: in the cluster \
                               parameter group that the cluster is created with)"
                            .to_owned(),
                    });
                }
            }
            Requirement::EventScheduler { events } => {
                if !means.runs_events {
                    unmet.notes.push(Refusal {
                        object: format!("event {}", some_of(events)),
                        reason: "event_scheduler is not ON here: events will not run after the cut-over"
                            .to_owned(),
                        hint: "set `event_scheduler = ON` before the cut-over".to_owned(),
                    });
                }
            }
            Requirement::NoPrimaryKey { tables } => unmet.refusals.extend(keyless(tables, means)),
            Requirement::PacketSize { bytes } => {
                if means.intake.max_packet < *bytes {
                    unmet.notes.push(Refusal {
                        object: "max_allowed_packet".to_owned(),
                        reason: format!(
                            "it is {} here and {bytes} at the source: larger values cannot be stored here",
                            means.intake.max_packet
                        ),
                        hint: "set it to the source's value".to_owned(),
                    });
                }
            }
            Requirement::LeftOut { schemas } => {
                let arriving: Vec<String> = schemas
                    .iter()
                    .filter(|schema| !means.filters.leave_out(schema))
                    .cloned()
                    .collect();
                if !arriving.is_empty() {
                    unmet.refusals.push(left_out(&arriving, &means.flavor));
                }
            }
            Requirement::Role { .. }
            | Requirement::Extension { .. }
            | Requirement::ForcedRowSecurity { .. }
            | Requirement::SessionDefault { .. }
            | Requirement::DefaultRight { .. } => {}
        }
    }
    if !means.intake.local_infile {
        unmet.notes.push(Refusal {
            object: "local_infile".to_owned(),
            reason: "it is OFF here: rows go in by INSERT, which is slower".to_owned(),
            hint: "set `local_infile = 1` for the time of the load".to_owned(),
        });
    }
    if !logged.is_empty() {
        let hint = if means.flavor.is_managed() {
            "set `log_bin_trust_function_creators = 1` in the cluster parameter group (no restart needed)"
        } else {
            "SET GLOBAL log_bin_trust_function_creators = 1"
        };
        unmet.refusals.push(Refusal {
            object: some_of(&logged),
            reason: "log_bin_trust_function_creators is 0 here and the binary log is on: they could not be made (1418, 1419)"
                .to_owned(),
            hint: hint.to_owned(),
        });
    }
    if let Some(object) = foreign_definer.filter(|_| !means.sets_definer) {
        unmet.refusals.push(Refusal {
            object: object.clone(),
            reason: "our account may name no other account as its definer (1227)".to_owned(),
            hint: if means.flavor.appends_gtid_purged() {
                "grant it SET_USER_ID (MySQL 8.0) or SET_ANY_DEFINER (8.2 and later)".to_owned()
            } else {
                "grant it SUPER, or SET USER on MariaDB".to_owned()
            },
        });
    }
    unmet
}

/// Tables without a primary key where the server wants one, or makes one.
fn keyless(tables: &[String], means: &Means) -> Option<Refusal> {
    let (variable, why) = if means.intake.insists_on_keys {
        ("sql_require_primary_key", "it could not be made (3750)")
    } else if means.intake.makes_keys {
        (
            "sql_generate_invisible_primary_key",
            "it would get a column that the source has not",
        )
    } else {
        return None;
    };
    let place = if means.flavor.is_managed() {
        "in the cluster parameter group"
    } else {
        "on the server"
    };
    Some(Refusal {
        object: format!("table {}", some_of(tables)),
        reason: format!("it has no primary key, and {variable} is ON here: {why}"),
        hint: format!(
            "set `{variable} = 0` {place} for the time of the load, or add a primary key at the source"
        ),
    })
}

/// Schemas whose changes replication would bring without their tables.
fn left_out(schemas: &[String], flavor: &Flavor) -> Refusal {
    let place = if flavor.is_managed() {
        "set `replicate-ignore-db` in the cluster parameter group"
    } else {
        "CHANGE REPLICATION FILTER REPLICATE_IGNORE_DB, and set `replicate-ignore-db` in the configuration"
    };
    Refusal {
        object: format!("schema {}", some_of(schemas)),
        reason: "the plan leaves it out, but the source's binary log does not: replication stops at its first change, \
                 having no such table"
            .to_owned(),
        hint: format!("add it to `migration.schemas`, or have the target leave it out: {place}"),
    }
}

/// A definer that is not there, or whose objects nobody but Amazon may make.
fn definer(user: &str, host: &str, objects: &[String], means: &Means) -> Option<Refusal> {
    let account = format!("{}@{}", quote::text(user), quote::text(host));
    let object = format!("account {account}");
    let owned = some_of(objects);
    if user == "rdsadmin" && means.flavor.is_managed() {
        return Some(Refusal {
            object,
            reason: format!("it is the definer of {owned}, and Amazon lets nobody make objects in its name"),
            hint: "make them again at the source with another DEFINER".to_owned(),
        });
    }
    if user.is_empty() && host.is_empty() {
        return Some(Refusal {
            object: owned,
            reason: "it has no definer".to_owned(),
            hint: "make it again at the source with a DEFINER".to_owned(),
        });
    }
    let host_there = host.to_lowercase();
    let there = means.accounts.iter().any(|(u, h)| u == user && *h == host_there);
    (!there).then(|| {
        let password = if means.flavor.makes_random_passwords() {
            " IDENTIFIED BY RANDOM PASSWORD"
        } else {
            ""
        };
        Refusal {
            object,
            reason: format!("it is the definer of {owned}, and does not exist here: they would run for nobody (1449)"),
            hint: format!(
                "CREATE USER {account}{password} ACCOUNT LOCK, and give it what `SHOW GRANTS FOR {account}` shows at the source"
            ),
        }
    })
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Hosting, Product, Requirement, Version};

    use super::{Filters, Intake, Means, judge};

    fn means() -> Means {
        Means {
            flavor: Flavor {
                product: Product::Mysql,
                version: Version::new(8, 0, 42),
                hosting: Hosting::Aurora {
                    version: "3.10.0".to_owned(),
                },
            },
            log_bin: true,
            trusts_creators: false,
            name_case: 0,
            runs_events: true,
            superuser: false,
            sets_definer: true,
            accounts: vec![("app".to_owned(), "%".to_owned())],
            filters: Filters::default(),
            intake: Intake {
                local_infile: true,
                max_packet: 64 << 20,
                ..Intake::default()
            },
        }
    }

    fn definer(user: &str) -> Requirement {
        Requirement::Definer {
            user: user.to_owned(),
            host: "%".to_owned(),
            objects: vec!["view s.v".to_owned()],
        }
    }

    #[test]
    fn a_server_that_wants_keys_is_told_of_tables_without() {
        let tables = || {
            [Requirement::NoPrimaryKey {
                tables: vec!["s.t".to_owned()],
            }]
        };
        assert_eq!(judge(&tables(), &means()).refusals, []);
        for (insists_on_keys, makes_keys, variable) in [
            (true, false, "sql_require_primary_key"),
            (false, true, "sql_generate_invisible_primary_key"),
        ] {
            let mut means = means();
            means.intake.insists_on_keys = insists_on_keys;
            means.intake.makes_keys = makes_keys;
            let refused = judge(&tables(), &means).refusals.remove(0);
            assert_eq!(refused.object, "table s.t");
            assert!(
                refused.reason.contains(variable) && refused.hint.contains(variable),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn what_makes_a_load_slow_or_small_is_noted() {
        let mut means = means();
        assert_eq!(
            judge(&[Requirement::PacketSize { bytes: 64 << 20 }], &means).notes,
            []
        );
        means.intake.local_infile = false;
        means.intake.max_packet = 4 << 20;
        let notes = judge(&[Requirement::PacketSize { bytes: 64 << 20 }], &means).notes;
        let objects: Vec<_> = notes.iter().map(|note| note.object.as_str()).collect();
        assert_eq!(objects, ["max_allowed_packet", "local_infile"]);
    }

    #[test]
    fn a_definer_that_is_missing_is_named_with_the_statement_that_makes_it() {
        assert_eq!(judge(&[definer("app")], &means()).refusals, []);
        let refused = judge(&[definer("d'ba")], &means()).refusals.remove(0);
        assert_eq!(refused.object, "account 'd''ba'@'%'");
        assert!(refused.reason.contains("view s.v"), "{refused:?}");
        assert!(
            refused
                .hint
                .starts_with("CREATE USER 'd''ba'@'%' IDENTIFIED BY RANDOM PASSWORD ACCOUNT LOCK"),
            "{refused:?}"
        );
        let amazons = judge(&[definer("rdsadmin")], &means()).refusals.remove(0);
        assert!(amazons.hint.contains("another DEFINER"), "{amazons:?}");
        let bound = Means {
            sets_definer: false,
            ..means()
        };
        let refused = judge(&[definer("app")], &bound).refusals;
        assert!(refused[0].hint.contains("SET_ANY_DEFINER"), "{refused:?}");
    }

    #[test]
    fn triggers_and_functions_need_trust_or_super() {
        let program = |harmless| Requirement::LoggedProgram {
            object: "trigger s.t".to_owned(),
            harmless,
        };
        let refused = |means: &Means, harmless| !judge(&[program(harmless)], means).refusals.is_empty();
        assert!(refused(&means(), true), "1419");
        let superuser = Means {
            superuser: true,
            ..means()
        };
        assert!(!refused(&superuser, true));
        assert!(refused(&superuser, false), "1418 even with SUPER");
        for ready in [
            Means {
                trusts_creators: true,
                ..means()
            },
            Means {
                log_bin: false,
                ..means()
            },
        ] {
            assert!(!refused(&ready, false), "{ready:?}");
        }
    }

    #[test]
    fn names_mean_the_same_on_both_sides() {
        let case = |setting| Requirement::NameCase {
            setting,
            example: "s.Orders".to_owned(),
        };
        assert_eq!(judge(&[case(0)], &means()).refusals, []);
        let refused = judge(&[case(1)], &means()).refusals;
        assert_eq!(refused[0].object, "lower_case_table_names");
    }
}
