//! What runs inside the server: views, routines, triggers and events.

use daybreak_engine::EngineError;

use super::asking::{Answer, Asking};
use super::{Fact, OURS};
use crate::mysql::quote;

/// What kind of program it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    View,
    Routine,
    Trigger,
    Event,
}

/// A program stored in the server.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) kind: Kind,
    pub(crate) schema: String,
    pub(crate) name: String,
    /// The word that names it in a statement: `VIEW`, `PROCEDURE`, `PACKAGE BODY`, …
    pub(crate) word: String,
    /// What it does.
    pub(crate) body: String,
    /// Whom it runs as, `user@host`; empty where nobody.
    pub(crate) definer: String,
    /// The modes it was made in.
    pub(crate) sql_mode: String,
    /// Views and routines: `DEFINER` or `INVOKER`.
    pub(crate) security: String,
    /// Routines: `DETERMINISTIC` or not. Triggers: their table. Events: `ENABLED`, `DISABLED`, `SLAVESIDE_DISABLED`.
    pub(crate) state: String,
    /// Routines: `CONTAINS SQL`, `NO SQL`, … Events: their time zone.
    pub(crate) detail: String,
}

impl Program {
    /// Its name, for a reader: `procedure shop.pay`.
    pub(crate) fn object(&self) -> String {
        format!("{} {}.{}", self.word.to_lowercase(), self.schema, self.name)
    }

    /// Its name as a statement wants it.
    pub(crate) fn quoted(&self) -> String {
        quote::object(&self.schema, &self.name)
    }

    /// User and host of whom it runs as.
    pub(crate) fn definer(&self) -> Option<(&str, &str)> {
        self.definer.rsplit_once('@').filter(|(user, _)| !user.is_empty())
    }

    /// Whether it runs with its definer's rights.
    pub(crate) fn runs_as_definer(&self) -> bool {
        self.security != "INVOKER"
    }
}

/// Views.
pub(super) async fn views(asking: &Asking<'_>) -> Result<Fact<Vec<Program>>, EngineError> {
    let question = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION, DEFINER, SECURITY_TYPE FROM information_schema.VIEWS \
         WHERE TABLE_SCHEMA NOT IN ({OURS}) ORDER BY TABLE_SCHEMA, TABLE_NAME"
    );
    let read = |mut row: Answer| Program {
        schema: row.text(),
        name: row.text(),
        body: row.text(),
        definer: row.text(),
        security: row.text(),
        ..empty(Kind::View, "VIEW")
    };
    asking
        .list("the views", &["SELECT", "SHOW VIEW"], &question, read)
        .await
}

/// Procedures and functions; on MariaDB packages too.
pub(super) async fn routines(asking: &Asking<'_>) -> Result<Fact<Vec<Program>>, EngineError> {
    let question = format!(
        "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE, ROUTINE_DEFINITION, DEFINER, SQL_MODE, SECURITY_TYPE, \
         IS_DETERMINISTIC, SQL_DATA_ACCESS FROM information_schema.ROUTINES \
         WHERE ROUTINE_SCHEMA NOT IN ({OURS}) ORDER BY ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE"
    );
    let read = |mut row: Answer| Program {
        schema: row.text(),
        name: row.text(),
        word: row.text(),
        body: row.text(),
        definer: row.text(),
        sql_mode: row.text(),
        security: row.text(),
        state: if row.yes() {
            "DETERMINISTIC".to_owned()
        } else {
            String::new()
        },
        detail: row.text(),
        ..empty(Kind::Routine, "")
    };
    // On everything, SELECT reads mysql.proc (5.x, MariaDB) and stands for SHOW_ROUTINE (8.0.20).
    asking.list("the routines", &["SELECT"], &question, read).await
}

/// Triggers.
pub(super) async fn triggers(asking: &Asking<'_>) -> Result<Fact<Vec<Program>>, EngineError> {
    let question = format!(
        "SELECT TRIGGER_SCHEMA, TRIGGER_NAME, ACTION_STATEMENT, DEFINER, SQL_MODE, EVENT_OBJECT_TABLE \
         FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA NOT IN ({OURS}) ORDER BY TRIGGER_SCHEMA, TRIGGER_NAME"
    );
    let read = |mut row: Answer| Program {
        schema: row.text(),
        name: row.text(),
        body: row.text(),
        definer: row.text(),
        sql_mode: row.text(),
        state: row.text(),
        ..empty(Kind::Trigger, "TRIGGER")
    };
    asking.list("the triggers", &["TRIGGER"], &question, read).await
}

/// Events.
pub(super) async fn events(asking: &Asking<'_>) -> Result<Fact<Vec<Program>>, EngineError> {
    let question = format!(
        "SELECT EVENT_SCHEMA, EVENT_NAME, EVENT_DEFINITION, DEFINER, SQL_MODE, STATUS, TIME_ZONE \
         FROM information_schema.EVENTS WHERE EVENT_SCHEMA NOT IN ({OURS}) ORDER BY EVENT_SCHEMA, EVENT_NAME"
    );
    let read = |mut row: Answer| Program {
        schema: row.text(),
        name: row.text(),
        body: row.text(),
        definer: row.text(),
        sql_mode: row.text(),
        state: row.text(),
        detail: row.text(),
        ..empty(Kind::Event, "EVENT")
    };
    asking.list("the events", &["EVENT"], &question, read).await
}

/// MariaDB: functions that aggregate.
pub(super) async fn aggregates(asking: &Asking<'_>) -> Result<Fact<Vec<(String, String)>>, EngineError> {
    if !asking.maria_db_from(10, 3) {
        return Ok(Fact::new(Vec::new()));
    }
    let question = "SELECT db, name FROM mysql.proc WHERE aggregate = 'GROUP' ORDER BY db, name";
    asking
        .list("the aggregate functions", &["SELECT"], question, |mut row| {
            (row.text(), row.text())
        })
        .await
}

/// Where routines are kept as bytes (before 8.0): those whose body is no text. `information_schema` ends such a body before
/// the first byte that is none.
pub(super) async fn garbled(asking: &Asking<'_>) -> Result<Fact<Vec<String>>, EngineError> {
    if asking.mysql_from(8, 0) {
        return Ok(Fact::new(Vec::new()));
    }
    let question =
        "SELECT type, db, name, body_utf8 FROM mysql.proc WHERE db NOT IN ('mysql', 'sys') ORDER BY db, name";
    let read = |mut row: Answer| {
        let object = format!("{} {}.{}", row.text().to_lowercase(), row.text(), row.text());
        // What our driver puts where bytes are no text.
        (object, row.text().contains(['\u{fffd}', '\0']))
    };
    let routines = asking
        .list("the bodies of routines", &["SELECT"], question, read)
        .await?;
    Ok(routines.map(|routines| {
        routines
            .into_iter()
            .filter(|(_, broken)| *broken)
            .map(|(object, _)| object)
            .collect()
    }))
}

pub(crate) fn empty(kind: Kind, word: &str) -> Program {
    Program {
        kind,
        schema: String::new(),
        name: String::new(),
        word: word.to_owned(),
        body: String::new(),
        definer: String::new(),
        sql_mode: String::new(),
        security: String::new(),
        state: String::new(),
        detail: String::new(),
    }
}
