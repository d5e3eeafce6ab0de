//! Who may write a part of a database, while the rest of it goes on being written.
//!
//! Every relation of the part has a trigger that refuses each statement that would write it, `TRUNCATE` and that of a superuser
//! too. It is switched off until the fence: switching it on takes a lock that waits for whoever has written the relation and not
//! yet committed, holds back who comes after, and lets everybody read (manual, "Explicit Locking": SHARE ROW EXCLUSIVE). All are
//! switched in one transaction, and the catalogs keep it over a restart. Replication's worker fires no such trigger (manual,
//! "ALTER TABLE", `ENABLE TRIGGER`), so changes go on arriving from the side that is written.
//!
//! Statements about a relation itself, such as `DROP TABLE`, fire none.

use std::time::Duration;

use daybreak_model::{FenceProof, Part, TableName, WriteState};
use tokio::time::{Instant, sleep};

use super::classify::trouble;
use super::connection::{APPLICATION_NAME, Connection};
use super::fence::foreign_sessions;
use super::part::relations;
use super::quote;
use crate::{EngineError, ErrorKind};

/// What the names of these triggers begin with; no image of a schema holds them (`sql/schema/triggers.sql`).
const PREFIX: &str = "daybreak_fence_";

/// How long a transaction that has written may take to end before its session is ended.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long locks are asked for in all.
const LONGEST: Duration = Duration::from_secs(20);
const BETWEEN: Duration = Duration::from_millis(50);

fn trigger(part: &Part) -> String {
    quote::identifier(&format!("{PREFIX}{}", part.name))
}

/// In the plan's words.
pub(super) fn shown(part: &Part, closed: bool) -> Vec<String> {
    let verb = if closed { "ENABLE" } else { "DISABLE" };
    let mut statements: Vec<String> = part
        .tables
        .iter()
        .map(|table| {
            format!(
                "ALTER TABLE {} {verb} TRIGGER {}",
                quote::table(table),
                trigger(part)
            )
        })
        .collect();
    if closed {
        let what = "end sessions that have written these tables and do not commit";
        statements.push(format!(
            "SELECT pg_terminate_backend(pid) FROM pg_locks … WHERE {} ({what})",
            foreign_sessions()
        ));
    }
    statements
}

/// What is made beforehand, for the plan.
pub(super) fn shown_to_prepare(part: &Part) -> Vec<String> {
    let mut statements = vec![quote::uncommented(include_str!("sql/part_fence.sql"))];
    for table in &part.tables {
        statements.extend([make(table, part), switch(table, part, false)]);
    }
    statements
}

struct Relation {
    name: TableName,
    /// `None` where the trigger is missing; otherwise whether it is switched on.
    closed: Option<bool>,
}

async fn all(connection: &Connection, part: &Part) -> Result<Vec<Relation>, EngineError> {
    let ask = format!(
        "SELECT p.schema, p.name, t.tgenabled <> 'D' FROM ({}) AS p
         LEFT JOIN pg_trigger AS t ON t.tgrelid = p.oid AND t.tgname = {} ORDER BY 1, 2",
        relations(part),
        quote::literal(&format!("{PREFIX}{}", part.name))
    );
    let what = format!("failed to look at the fence of {}", part.name);
    let rows = connection.simple(&ask, what).await?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            Some(Relation {
                name: TableName::new(row.get(0)?, row.get(1)?),
                closed: row.get(2).map(|closed| closed == "t"),
            })
        })
        .collect())
}

/// Makes the triggers, switched off.
pub(super) async fn prepare(connection: &Connection, part: &Part) -> Result<(), EngineError> {
    super::part::refuse_absent(connection, part).await?;
    let what = format!("failed to prepare the fence of {}", part.name);
    connection
        .execute(include_str!("sql/part_fence.sql"), what.clone())
        .await?;
    for relation in all(connection, part).await? {
        if relation.closed.is_none() {
            let statements = [make(&relation.name, part), switch(&relation.name, part, false)];
            let one = format!("{what}: the trigger of {}", relation.name);
            in_one(connection, &one, &statements, &Haste::Aside).await?;
        }
    }
    Ok(())
}

fn make(table: &TableName, part: &Part) -> String {
    format!(
        "CREATE TRIGGER {} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {} FOR EACH STATEMENT \
         EXECUTE FUNCTION daybreak.refuse_write({})",
        trigger(part),
        quote::table(table),
        quote::literal(&part.name)
    )
}

fn switch(table: &TableName, part: &Part, closed: bool) -> String {
    let verb = if closed { "ENABLE" } else { "DISABLE" };
    format!(
        "ALTER TABLE ONLY {} {verb} TRIGGER {}",
        quote::table(table),
        trigger(part)
    )
}

/// Refuses writes to the part from now on.
pub(super) async fn fence(connection: &Connection, part: &Part) -> Result<(), EngineError> {
    let what = format!("failed to fence {}", part.name);
    let mut statements = Vec::new();
    for relation in all(connection, part).await? {
        // One that came since: a partition, mostly.
        if relation.closed.is_none() {
            statements.push(make(&relation.name, part));
        }
        if relation.closed != Some(true) {
            statements.push(switch(&relation.name, part, true));
        }
    }
    in_one(connection, &what, &statements, &Haste::Fence(part)).await
}

/// Lets applications write the part.
pub(super) async fn open(connection: &Connection, part: &Part) -> Result<(), EngineError> {
    let what = format!("failed to open {} for writes", part.name);
    end_fencing(connection, &what, part).await?;
    let closed = all(connection, part).await?;
    let statements: Vec<String> = closed
        .iter()
        .filter(|relation| relation.closed == Some(true))
        .map(|relation| switch(&relation.name, part, false))
        .collect();
    in_one(connection, &what, &statements, &Haste::Open).await
}

/// Ends sessions of a process that is gone, which may still close the fence, and waits until they have ended.
async fn end_fencing(connection: &Connection, what: &str, part: &Part) -> Result<(), EngineError> {
    let end = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE pid <> pg_backend_pid() AND usename = current_user AND application_name = {} AND state = 'active'
           AND position({} IN query) > 0",
        quote::literal(APPLICATION_NAME),
        quote::literal(&format!("ENABLE TRIGGER {}", trigger(part)))
    );
    let deadline = Instant::now() + LONGEST;
    while !connection.simple(&end, what.to_owned()).await?.is_empty() {
        if Instant::now() > deadline {
            let what = format!("{what}: a session of ours that fences does not end");
            return Err(trouble(connection.server(), what, ErrorKind::Lock, None));
        }
        sleep(BETWEEN).await;
    }
    Ok(())
}

/// What locks are asked for, and what stands behind it.
enum Haste<'a> {
    /// In the pause: whoever has written one of the part's relations and holds us back is ended after a moment.
    Fence(&'a Part),
    /// In the pause, too: who would write is refused anyway.
    Open,
    /// Beside applications at work.
    Aside,
}

/// Runs statements that need locks in one transaction, again and again until they are had.
async fn in_one(
    connection: &Connection,
    what: &str,
    statements: &[String],
    haste: &Haste<'_>,
) -> Result<(), EngineError> {
    if statements.is_empty() {
        return Ok(());
    }
    let text = format!(
        "BEGIN; SET LOCAL lock_timeout = {}; {}; COMMIT",
        PATIENCE.as_millis(),
        statements.join("; ")
    );
    let deadline = Instant::now() + LONGEST;
    loop {
        let Err(error) = connection.execute(&text, what.to_owned()).await else {
            return Ok(());
        };
        connection.execute("ROLLBACK", what.to_owned()).await?;
        let held = matches!(error.code.as_deref(), Some("55P03" | "40P01" | "XX000"));
        if !held || Instant::now() > deadline {
            return Err(error);
        }
        match haste {
            Haste::Fence(part) => end_writers(connection, what, part).await?,
            Haste::Open => {}
            // Whoever waits behind us goes on for longer than we held them back.
            Haste::Aside => sleep(PATIENCE * 4).await,
        }
        sleep(BETWEEN).await;
    }
}

async fn end_writers(connection: &Connection, what: &str, part: &Part) -> Result<(), EngineError> {
    let held = format!(
        "SELECT l.pid FROM pg_locks AS l WHERE l.locktype = 'relation' AND l.granted
             AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
             AND l.relation IN (SELECT oid FROM ({}) AS part)
             AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')",
        relations(part)
    );
    let end = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN ({held}) AND {};
         SELECT pg_cancel_backend(pid) FROM pg_stat_activity
         WHERE pid IN ({held}) AND backend_type = 'autovacuum worker' AND pg_has_role(current_user, 'pg_signal_backend', 'MEMBER')",
        foreign_sessions()
    );
    connection.execute(&end, what.to_owned()).await
}

/// Takes the triggers of a part that is open away. What a failure leaves does nothing.
pub(super) async fn disarm(connection: &Connection, part: &Part) -> Result<(), EngineError> {
    let what = format!("failed to take the fence of {} away", part.name);
    for relation in all(connection, part).await? {
        if relation.closed == Some(false) {
            let drop = format!(
                "DROP TRIGGER {} ON {}",
                trigger(part),
                quote::table(&relation.name)
            );
            in_one(connection, &what, &[drop], &Haste::Aside).await?;
        }
    }
    Ok(())
}

pub(super) async fn state(connection: &Connection, part: &Part) -> Result<WriteState, EngineError> {
    let relations = all(connection, part).await?;
    let closed = relations.iter().filter(|relation| relation.closed == Some(true));
    Ok(match closed.count() {
        0 => WriteState::Writable,
        count if count == relations.len() => WriteState::Fenced,
        _ => {
            let open = relations.iter().find(|relation| relation.closed != Some(true));
            WriteState::Partly(format!(
                "{} may be written, and other tables of {} may not",
                open.map_or_else(String::new, |open| open.name.to_string()),
                part.name
            ))
        }
    })
}

/// Tries a write as we ourselves, whom no right holds back.
pub(super) async fn prove(connection: &Connection, part: &Part) -> Result<FenceProof, EngineError> {
    let what = "failed to try a write";
    let fail = |why: String, hint: &str| Err(trouble(connection.server(), why, ErrorKind::Other, Some(hint)));
    if let WriteState::Partly(which) = state(connection, part).await? {
        return fail(format!("the fence is open: {which}"), "fence it again");
    }
    let Some(table) = part.tables.first() else {
        return fail(format!("{} has no table", part.name), "give it one");
    };
    let write = format!("DELETE FROM ONLY {} WHERE false", quote::table(table));
    let refused = connection.execute(&format!("BEGIN; {write}"), what).await;
    connection.execute("ROLLBACK", what).await?;
    match refused {
        Err(error) if error.code.as_deref() == Some("25006") => {
            let cause = error.source.as_ref().map(ToString::to_string).unwrap_or_default();
            Ok(FenceProof {
                statement: write,
                refusal: format!("25006 {cause}"),
            })
        }
        Err(error) => Err(error),
        Ok(()) => fail(
            format!("the fence is open: {table} was written (no row of it)"),
            "something has switched its trigger off: fence it before anything else",
        ),
    }
}
