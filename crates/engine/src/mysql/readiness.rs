//! Whether a server is ready for what is coming: what objects need of it, and how long it keeps its binary log.
//!
//! Facts from the MySQL manual: "Stored Program Binary Logging" (1418, 1419), "Stored Object Access Control" (definers, 1227,
//! 1449), "Identifier Case Sensitivity"; and from Aurora's guide: "Configuring binary log file retention".

mod judge;

use std::collections::BTreeMap;

use daybreak_model::{Requirement, Scope, Unmet};

use super::connection::Server;
use super::privileges::account;
use super::quote;
use crate::{AbsentDefiner, EngineError, SettingCheck};
use judge::{Intake, Means, judge};

/// A binary log that is kept for less than this, in seconds, may be gone before a load has ended.
const KEEP_AT_LEAST: f64 = 86_400.0;

/// Where each kind of object with a definer is listed: its kind, and the view's columns and name.
const WITH_DEFINER: [(&str, &str, &str, &str); 4] = [
    ("view", "TABLE_SCHEMA", "TABLE_NAME", "VIEWS"),
    ("routine", "ROUTINE_SCHEMA", "ROUTINE_NAME", "ROUTINES"),
    ("trigger", "TRIGGER_SCHEMA", "TRIGGER_NAME", "TRIGGERS"),
    ("event", "EVENT_SCHEMA", "EVENT_NAME", "EVENTS"),
];

impl Server {
    /// What the objects of a scope need.
    pub(crate) async fn requirements(&self, scope: &Scope) -> Result<Vec<Requirement>, EngineError> {
        let schemas = quote::texts(&scope.schemas);
        let definers = self.definers(&schemas).await?;
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
        // Of a part no event moves.
        if !events.is_empty() && scope.part.is_none() {
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

    /// The accounts in whose names objects of these databases run, as the catalogs print them, with the objects.
    async fn definers(&self, schemas: &str) -> Result<BTreeMap<String, Vec<String>>, EngineError> {
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
        Ok(definers)
    }

    /// Definers that are not among the accounts.
    pub(crate) async fn absent_definers(&self, scope: &Scope) -> Result<Vec<AbsentDefiner>, EngineError> {
        let definers = self.definers(&quote::texts(&scope.schemas)).await?;
        if definers.is_empty() {
            return Ok(Vec::new());
        }
        let accounts: Vec<(String, String)> = self
            .rows(
                "failed to list the accounts",
                "SELECT CAST(User AS CHAR), LOWER(CAST(Host AS CHAR)) FROM mysql.user",
            )
            .await?;
        let absent = definers.into_iter().filter_map(|(definer, objects)| {
            let (user, host) = definer.rsplit_once('@').unwrap_or((&definer, "%"));
            let there = accounts
                .iter()
                .any(|(name, pattern)| name == user && *pattern == host.to_lowercase());
            (!there).then(|| AbsentDefiner {
                account: account(user, host),
                objects,
            })
        });
        Ok(absent.collect())
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
