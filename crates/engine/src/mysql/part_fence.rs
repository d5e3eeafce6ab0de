//! Who may write a part of a server, while the rest of it goes on being written.
//!
//! Every table of the part has triggers that read one row with a shared lock before a row of theirs is written. Closing that row
//! waits for each transaction that has read it open, and refuses every later one, as `super_read_only` does for a whole server.
//! The row is an ordinary committed row: a restart keeps it. What replication applies row by row fires no trigger (manual,
//! "Replication and Triggers"), so changes go on arriving from the side that is written.
//!
//! Triggers do not fire for `TRUNCATE` and other statements about the table itself, nor for rows that a foreign key takes along
//! ("FOREIGN KEY Constraints"): a part whose keys lead out of it is refused before anything is loaded.
//!
//! All of it is kept out of the binary log: neither the replicas of the server nor the part's target may get these triggers.

use std::collections::BTreeSet;
use std::time::Duration;

use daybreak_model::{Part, TableName, WriteState};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::time::{sleep, timeout};

use super::connection::{ASK_LIMIT, Server};
use super::{classify, quote};
use crate::{EngineError, ErrorKind};

/// What the names of these triggers begin with; no image of a schema holds them.
pub(super) const PREFIX: &str = "daybreak_fence_";

const FENCES: &str = "`daybreak`.`part_fence`";
const MAKE: [&str; 2] = [
    "CREATE DATABASE IF NOT EXISTS `daybreak`",
    "CREATE TABLE IF NOT EXISTS `daybreak`.`part_fence` (`name` VARCHAR(20) CHARACTER SET latin1 NOT NULL PRIMARY KEY, \
     `closed` TINYINT NOT NULL) ENGINE = InnoDB",
];
const EVENTS: [&str; 3] = ["INSERT", "UPDATE", "DELETE"];

/// Server errors: a lock was not obtained in time; a deadlock; a statement was broken off.
const HELD: [u16; 3] = [1205, 1213, 1317];
/// Server errors: a second trigger of the kind (MySQL before 5.7.2); a trigger needs SUPER while the binary log is on; the trigger
/// exists.
const ONE_TRIGGER: u16 = 1235;
const TRIGGER_NEEDS_SUPER: u16 = 1419;
const TRIGGER_EXISTS: u16 = 1359;

/// How often a lock is asked for.
const TRIES: u32 = 20;

/// How long a lock is waited for at a time, and how long others go on before it is asked for again.
#[derive(Clone, Copy)]
struct Patience {
    longest: Duration,
    rest: Duration,
}

/// The fence's row, in the pause: `innodb_lock_wait_timeout` ends a wait before.
const FENCING: Patience = Patience {
    longest: Duration::from_secs(2),
    rest: Duration::from_millis(20),
};
/// A table that applications use.
const ASIDE: Patience = Patience {
    longest: Duration::from_millis(200),
    rest: Duration::from_millis(800),
};

/// The table into which a refused write is tried.
pub(super) fn probe_table(part: &Part) -> String {
    format!("`daybreak`.{}", quote::name(&format!("part_probe_{}", part.name)))
}

pub(super) fn statement(part: &Part, closed: bool) -> String {
    format!(
        "UPDATE {FENCES} SET `closed` = {} WHERE `name` = {}",
        u8::from(closed),
        quote::text(&part.name)
    )
}

/// What the triggers do, in words that the catalog gives back as they are: no literal has a quote in it. An application is told what
/// a read-only server would tell it, by number and in words. A fence whose row is gone is closed.
fn body(part: &Part) -> String {
    let message = format!(
        "read-only: {} is fenced by Daybreak and written elsewhere",
        part.name
    );
    format!(
        "IF COALESCE((SELECT `closed` FROM {FENCES} WHERE `name` = {} LOCK IN SHARE MODE), 1) <> 0 THEN \
         SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = {}; END IF",
        quote::text(&part.name),
        quote::text(&message)
    )
}

fn make_trigger(part: &Part, name: &str, table: &TableName, event: &str) -> String {
    let name = TableName::new(&table.schema, format!("{PREFIX}{name}"));
    format!(
        "CREATE TRIGGER {} BEFORE {event} ON {} FOR EACH ROW {}",
        quote::table(&name),
        quote::table(table),
        body(part)
    )
}

fn make_probe(part: &Part) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {} (`id` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, `tried` TINYINT NOT NULL) \
         ENGINE = InnoDB",
        probe_table(part)
    )
}

fn make_row(part: &Part) -> String {
    format!(
        "INSERT IGNORE INTO {FENCES} VALUES ({}, 0)",
        quote::text(&part.name)
    )
}

/// The part's tables, and the one into which a refused write is tried.
fn with_probe(part: &Part) -> Vec<TableName> {
    let probe = TableName::new("daybreak", format!("part_probe_{}", part.name));
    part.tables.iter().cloned().chain([probe]).collect()
}

/// All that is made beforehand, for the plan.
pub(super) fn shown(part: &Part) -> Vec<String> {
    let mut statements = vec!["SET SESSION sql_log_bin = 0".to_owned()];
    statements.extend(MAKE.map(str::to_owned));
    statements.extend([make_probe(part), make_row(part)]);
    for table in with_probe(part) {
        statements.extend(EVENTS.map(|event| make_trigger(part, "…", &table, event)));
    }
    statements
}

impl Server {
    /// A session that the binary log does not see.
    async fn unlogged(&self, what: &str) -> Result<Conn, EngineError> {
        let mut conn = self.borrow().await?;
        let prelude = "SET SESSION sql_log_bin = 0, SESSION lock_wait_timeout = 1, SESSION innodb_lock_wait_timeout = 1";
        match self.while_it_lives(what, conn.query_drop(prelude)).await {
            Ok(()) => Ok(conn),
            Err(error) if error.kind != ErrorKind::Privilege => Err(error),
            Err(error) => Err(EngineError {
                hint: Some(
                    "a part of a server is fenced outside its binary log: grant SUPER, or SYSTEM_VARIABLES_ADMIN and \
                     SET_ANY_DEFINER; a managed server moves as a whole"
                        .to_owned(),
                ),
                ..error
            }),
        }
    }

    /// Makes the row, the triggers and the table to try.
    pub(super) async fn prepare_part(&self, part: &Part) -> Result<(), EngineError> {
        let what = format!("failed to prepare the fence of {}", part.name);
        self.refuse_absent(part, &what).await?;
        let mut conn = self.unlogged(&what).await?;
        let mut statements: Vec<String> = MAKE.map(str::to_owned).into();
        statements.extend([make_probe(part), make_row(part)]);
        for sql in &statements {
            self.patiently(&mut conn, &what, sql, ASIDE).await?;
        }
        let there = self.part_triggers(part).await?;
        self.refuse_strange(part, &there, &what)?;
        for table in &with_probe(part) {
            for event in EVENTS {
                if there.iter().any(|trigger| trigger.is_of(table, event)) {
                    continue;
                }
                let what = format!("{what}: a trigger of {table}");
                let (name,): (String,) = self.row(&what, "SELECT LOWER(HEX(UUID_SHORT()))").await?;
                let sql = make_trigger(part, &name, table, event);
                self.patiently(&mut conn, &what, &sql, ASIDE).await?;
            }
        }
        drop(conn.disconnect().await);
        Ok(())
    }

    async fn refuse_absent(&self, part: &Part, what: &str) -> Result<(), EngineError> {
        let schemas: BTreeSet<String> = part.tables.iter().map(|table| table.schema.clone()).collect();
        let ask = format!(
            "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES \
             WHERE TABLE_TYPE LIKE '%BASE TABLE%' AND TABLE_SCHEMA IN ({})",
            quote::texts(&Vec::from_iter(schemas))
        );
        let there: Vec<(String, String)> = self.rows(what, &ask).await?;
        let there: BTreeSet<TableName> = there
            .into_iter()
            .map(|(schema, name)| TableName::new(schema, name))
            .collect();
        match part.tables.iter().find(|table| !there.contains(table)) {
            None => Ok(()),
            Some(table) => Err(EngineError {
                hint: Some(
                    "take it out of the file of purposes, or write its name as the server does".to_owned(),
                ),
                ..self.error(
                    ErrorKind::SchemaChanged,
                    format!("{what}: there is no table {table}"),
                )
            }),
        }
    }

    /// Runs a statement that needs a lock that others hold. What comes after it waits behind it, so it is broken off after
    /// a while, and tried again when the others have gone on for a while.
    async fn patiently(
        &self,
        conn: &mut Conn,
        what: &str,
        sql: &str,
        patience: Patience,
    ) -> Result<(), EngineError> {
        for tried in 1.. {
            let id = conn.id();
            let asked = conn.query_drop(sql);
            tokio::pin!(asked);
            let answer = match timeout(patience.longest, &mut asked).await {
                Ok(answer) => answer,
                Err(_) => {
                    self.run(what, &format!("KILL QUERY {id}")).await?;
                    let Ok(answer) = timeout(ASK_LIMIT, asked).await else {
                        return Err(self.error(ErrorKind::Interrupted, format!("{what}: no answer in time")));
                    };
                    answer
                }
            };
            let Err(error) = answer else { break };
            let code = classify::code(&error);
            let held = code.is_some_and(|code| HELD.contains(&code));
            match code {
                // It was broken off, and had been made.
                Some(TRIGGER_EXISTS) if tried > 1 => break,
                _ if held && tried < TRIES => {
                    sleep(patience.rest).await;
                    continue;
                }
                _ => {}
            }
            let hint = match code {
                _ if held => Some("a transaction has used the table for long: wait for its end, or end it"),
                Some(ONE_TRIGGER) => Some(
                    "this version has one trigger of a kind for a table, and that place is taken: move the whole server, or \
                     drop that trigger first",
                ),
                Some(TRIGGER_NEEDS_SUPER) => {
                    Some("grant the account SUPER, or set `log_bin_trust_function_creators = 1` meanwhile")
                }
                _ => None,
            };
            let error = self.failed(what, error);
            return Err(EngineError {
                hint: hint.map(str::to_owned).or_else(|| error.hint.clone()),
                ..error
            });
        }
        Ok(())
    }

    /// Refuses writes to the part from now on. One transaction that has written it may be ended as a deadlock's victim.
    pub(super) async fn fence_part(&self, part: &Part) -> Result<(), EngineError> {
        let what = format!("failed to fence {}", part.name);
        let there = self.part_triggers(part).await?;
        self.refuse_strange(part, &there, &what)?;
        if let Some(open) = open_table(part, &there) {
            let what = format!("{what}: {open} has no trigger that would refuse a write");
            return Err(self.error(ErrorKind::Other, what));
        }
        let conn = self.unlogged(&what).await?;
        let sql = statement(part, true);
        self.fencing_on(conn, async |conn| {
            timeout(ASK_LIMIT, self.patiently(conn, &what, &sql, FENCING))
                .await
                .unwrap_or_else(|_| {
                    Err(self.error(ErrorKind::Interrupted, format!("{what}: no answer in time")))
                })
        })
        .await
    }

    /// Lets applications write the part.
    pub(super) async fn open_part(&self, part: &Part) -> Result<(), EngineError> {
        self.forget_fencing().await?;
        self.end_fencing(part).await?;
        let what = format!("failed to open {} for writes", part.name);
        let mut conn = self.unlogged(&what).await?;
        let opened = conn.query_drop(statement(part, false));
        match self.while_it_lives(&what, opened).await {
            // It was never prepared.
            Err(error) if is_nothing_there(&error) => {}
            opened => opened?,
        }
        drop(conn.disconnect().await);
        Ok(())
    }

    /// Ends sessions of a process that is gone, which may still close the fence.
    async fn end_fencing(&self, part: &Part) -> Result<(), EngineError> {
        let ask = format!(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND INFO = {}",
            quote::text(&statement(part, true))
        );
        let what = format!("failed to look for who may still fence {}", part.name);
        let left: Vec<(u64,)> = self.rows(&what, &ask).await?;
        let left: Vec<u64> = left.into_iter().map(|(id,)| id).collect();
        self.kill(&left).await
    }

    /// Takes the triggers of a part that is open away.
    pub(super) async fn disarm_part(&self, part: &Part) -> Result<(), EngineError> {
        let what = format!("failed to take the fence of {} away", part.name);
        if self.part_state(part).await?.may_be_written() {
            let mut conn = self.unlogged(&what).await?;
            for trigger in self.part_triggers(part).await? {
                let sql = format!("DROP TRIGGER IF EXISTS {}", quote::table(&trigger.name));
                self.patiently(&mut conn, &what, &sql, ASIDE).await?;
            }
            drop(conn.disconnect().await);
        }
        Ok(())
    }

    /// Whether applications can write the part now.
    pub(super) async fn part_state(&self, part: &Part) -> Result<WriteState, EngineError> {
        let what = format!("failed to ask who may write {}", part.name);
        let ask = format!(
            "SELECT `closed` + 0 FROM {FENCES} WHERE `name` = {}",
            quote::text(&part.name)
        );
        let closed: Vec<(u8,)> = match self.rows(&what, &ask).await {
            Err(error) if is_nothing_there(&error) => Vec::new(),
            closed => closed?,
        };
        Ok(match closed.first() {
            Some((1..,)) => match open_table(part, &self.part_triggers(part).await?) {
                None => WriteState::Fenced,
                Some(table) => WriteState::Partly(format!(
                    "the fence of {} is closed, but {table} has no trigger that asks it",
                    part.name
                )),
            },
            _ => WriteState::Writable,
        })
    }

    /// A trigger that asks the same row for a table that is not of the part would close that table, too.
    fn refuse_strange(&self, part: &Part, there: &[Trigger], what: &str) -> Result<(), EngineError> {
        let ours = with_probe(part);
        match there.iter().find(|trigger| !ours.contains(&trigger.table)) {
            None => Ok(()),
            Some(strange) => Err(EngineError {
                hint: Some(format!(
                    "if {} no longer belongs to {}, DROP TRIGGER {}; if another plan has a purpose of this name, give yours another",
                    strange.table,
                    part.name,
                    quote::table(&strange.name)
                )),
                ..self.error(
                    ErrorKind::Other,
                    format!("{what}: {} would be fenced with it", strange.table),
                )
            }),
        }
    }

    /// The part's triggers, with what they do exactly as it was written.
    async fn part_triggers(&self, part: &Part) -> Result<Vec<Trigger>, EngineError> {
        let ask = format!(
            "SELECT TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_TABLE, EVENT_MANIPULATION FROM information_schema.TRIGGERS \
             WHERE TRIGGER_NAME LIKE '{}%' AND ACTION_TIMING = 'BEFORE' AND ACTION_STATEMENT = {}",
            PREFIX.replace('_', "\\_"),
            quote::text(&body(part))
        );
        let rows: Vec<(String, String, String, String)> =
            self.rows("failed to read the fence's triggers", &ask).await?;
        Ok(rows
            .into_iter()
            .map(|(schema, name, table, event)| Trigger {
                table: TableName::new(&schema, table),
                name: TableName::new(schema, name),
                event,
            })
            .collect())
    }
}

/// Whether an error means that no fence was ever prepared.
fn is_nothing_there(error: &EngineError) -> bool {
    matches!(error.code.as_deref(), Some("1146" | "1049"))
}

/// The first table of the part that lacks one of its triggers.
fn open_table(part: &Part, there: &[Trigger]) -> Option<TableName> {
    let open = |table: &&TableName| {
        EVENTS
            .iter()
            .any(|event| !there.iter().any(|trigger| trigger.is_of(table, event)))
    };
    part.tables.iter().find(open).cloned()
}

struct Trigger {
    name: TableName,
    table: TableName,
    event: String,
}

impl Trigger {
    fn is_of(&self, table: &TableName, event: &str) -> bool {
        self.table == *table && self.event == event
    }
}
