//! Routines, triggers and events, each made in the session settings it was made in at the source.

use daybreak_model::{ObjectKind, Phase, Refusal, SchemaObject, Scope, TableName};
use mysql_async::Conn;

use super::super::connection::Server;
use super::super::session::WRITER_SQL_MODE;
use super::super::{part_fence, quote};
use super::canonical;
use super::catalog::{Listed, created, show_create_row};
use super::tokens::{Kind, tokens};
use crate::EngineError;

/// Modes that MySQL 8.0 no longer knows; none changes what a stored program does that was made under it.
const GONE_MODES: [&str; 12] = [
    "NO_AUTO_CREATE_USER",
    "DB2",
    "MAXDB",
    "MSSQL",
    "MYSQL323",
    "MYSQL40",
    "ORACLE",
    "POSTGRESQL",
    "NO_FIELD_OPTIONS",
    "NO_KEY_OPTIONS",
    "NO_TABLE_OPTIONS",
    "EMPTY_STRING_IS_NULL",
];

fn kept_modes(modes: &str) -> String {
    let kept = modes.split(',').filter(|mode| !GONE_MODES.contains(mode));
    kept.collect::<Vec<_>>().join(",")
}

/// A statement between the session settings it wants and the writer's own. `session` holds the client's character set
/// and the connection's collation. Text beyond ASCII is sent as the UTF-8 it was read as.
pub(super) fn in_session(
    sql_mode: Option<&str>,
    session: [Option<String>; 2],
    time_zone: Option<&str>,
    statement: String,
) -> Vec<String> {
    let [client, collation] = session;
    let client = client.filter(|_| statement.is_ascii());
    let client = client.unwrap_or_else(|| "utf8mb4".to_owned());
    let mut settings = vec![format!("SESSION character_set_client = {client}")];
    settings.extend(collation.map(|collation| format!("SESSION collation_connection = {collation}")));
    settings.extend(sql_mode.map(|modes| format!("SESSION sql_mode = {}", quote::text(&kept_modes(modes)))));
    settings.extend(time_zone.map(|zone| format!("SESSION time_zone = {}", quote::text(zone))));
    vec![
        format!("SET {}", settings.join(", ")),
        statement,
        format!("SET NAMES utf8mb4, SESSION sql_mode = '{WRITER_SQL_MODE}', SESSION time_zone = '+00:00'"),
    ]
}

/// MariaDB's sequences.
pub(super) async fn sequences(
    server: &Server,
    conn: &mut Conn,
    listed: &[Listed],
) -> Result<Vec<SchemaObject>, EngineError> {
    let mut objects = Vec::new();
    for sequence in listed.iter().filter(|table| table.table_type == "SEQUENCE") {
        let name = &sequence.table.name;
        let row = show_create_row(server, conn, "SEQUENCE", name).await?;
        let text = created(&row).and_then(|text| qualified(&text, "SEQUENCE", name));
        let text = text.ok_or_else(|| {
            let what = format!("failed to understand the definition of sequence {name}");
            server.error(crate::ErrorKind::Unsupported, what)
        })?;
        objects.push(SchemaObject {
            kind: ObjectKind::Sequence,
            name: name.to_string(),
            table: None,
            phase: Phase::BeforeRows,
            definition: canonical::statement(&text),
            create: vec![text],
            enable: Vec::new(),
        });
    }
    Ok(objects)
}

/// Procedures and functions.
pub(super) async fn routines(
    server: &Server,
    conn: &mut Conn,
    scope: &Scope,
    refusals: &mut Vec<Refusal>,
) -> Result<Vec<SchemaObject>, EngineError> {
    let listed: Vec<(String, String, String)> = server
        .rows_on(
            conn,
            "failed to list the routines",
            &format!(
                "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE FROM information_schema.ROUTINES \
                 WHERE ROUTINE_SCHEMA IN ({}) ORDER BY ROUTINE_TYPE, ROUTINE_SCHEMA, ROUTINE_NAME",
                quote::texts(&scope.schemas)
            ),
        )
        .await?;
    let mut objects = Vec::new();
    for (schema, name, routine_type) in listed {
        let name = TableName::new(schema, name);
        let row = show_create_row(server, conn, &routine_type, &name).await?;
        let Some(text) = created(&row) else {
            refusals.push(Refusal {
                object: format!("{} {name}", routine_type.to_lowercase()),
                reason: "the account may not see its body".to_owned(),
                hint: "grant the account SHOW_ROUTINE (MySQL 8.0.20) or SELECT on mysql.proc (before)"
                    .to_owned(),
            });
            continue;
        };
        let Some(text) = qualified(&text, &routine_type, &name) else {
            refusals.push(Refusal {
                object: format!("{} {name}", routine_type.to_lowercase()),
                reason: "its definition is of a form that only this server has".to_owned(),
                hint: "make it by hand on the target and drop it from the scope".to_owned(),
            });
            continue;
        };
        let modes: String = row.get(1).unwrap_or_default();
        let session = [row.get::<String, _>(3), row.get::<String, _>(4)];
        objects.push(SchemaObject {
            kind: ObjectKind::Routine,
            name: format!("{} {name}", routine_type.to_lowercase()),
            table: None,
            phase: Phase::AfterAll,
            definition: format!("{} in {}", canonical::statement(&text), sorted_modes(&modes)),
            create: in_session(Some(&modes), session, None, text),
            enable: Vec::new(),
        });
    }
    Ok(objects)
}

fn sorted_modes(modes: &str) -> String {
    let modes = kept_modes(modes);
    let mut list: Vec<_> = modes.split(',').filter(|mode| !mode.is_empty()).collect();
    list.sort_unstable();
    list.join(",")
}

/// The statement with its object's name in full: the first quoted name after the word that says what it makes. Made
/// under `ANSI_QUOTES` it is printed in double quotes, and made again under the same mode.
fn qualified(text: &str, word: &str, name: &TableName) -> Option<String> {
    let all = tokens(text);
    let at = all.iter().position(|token| token.is_word(word))?;
    let found = all
        .get(at + 1..)?
        .iter()
        .find(|token| matches!(token.kind, Kind::Name | Kind::Text))?;
    let (before, after) = (&text[..found.start], &text[found.end()..]);
    Some(format!("{before}{}{after}", quote::table(name)))
}

/// Triggers, those of one table and moment in their order: each new one comes last. The catalog's `ACTION_STATEMENT` is
/// for reading only: its strings have lost the escapes and doubled quotes they were written with, so the body is taken
/// from `SHOW CREATE TRIGGER`, which keeps it as it was written and leaves `FOLLOWS` and `PRECEDES` out.
pub(super) async fn triggers(
    server: &Server,
    conn: &mut Conn,
    scope: &Scope,
    refusals: &mut Vec<Refusal>,
) -> Result<Vec<SchemaObject>, EngineError> {
    let order = if server.flavor().await?.orders_triggers() {
        "ACTION_ORDER"
    } else {
        "TRIGGER_NAME"
    };
    let listed: Vec<(String, String, String, String, String, String)> = server
        .rows_on(
            conn,
            "failed to list the triggers",
            &format!(
                "SELECT TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, DEFINER \
                 FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA IN ({}) \
                 ORDER BY TRIGGER_SCHEMA, EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, {order}",
                quote::texts(&scope.schemas)
            ),
        )
        .await?;
    let mut objects = Vec::new();
    for (schema, name, table, timing, event, definer) in listed {
        let (name, table) = (
            TableName::new(schema.clone(), name),
            TableName::new(schema, table),
        );
        if !scope.holds(&table) || name.name.starts_with(part_fence::PREFIX) {
            continue;
        }
        let row = show_create_row(server, conn, "TRIGGER", &name).await?;
        let Some(body) = row
            .get::<Option<String>, _>(2)
            .flatten()
            .as_deref()
            .and_then(body)
        else {
            refusals.push(Refusal {
                object: format!("trigger {name}"),
                reason: "its definition is of a form that only this server has".to_owned(),
                hint: "make it by hand on the target and drop it at the source".to_owned(),
            });
            continue;
        };
        let statement = format!(
            "CREATE DEFINER={} TRIGGER {} {timing} {event} ON {} FOR EACH ROW {body}",
            account(&definer),
            quote::table(&name),
            quote::table(&table),
        );
        let modes: String = row.get(1).unwrap_or_default();
        objects.push(SchemaObject {
            kind: ObjectKind::Trigger,
            name: name.to_string(),
            table: Some(table),
            phase: Phase::AfterAll,
            definition: format!("{} in {}", canonical::statement(&statement), sorted_modes(&modes)),
            create: in_session(Some(&modes), [row.get(3), row.get(4)], None, statement),
            enable: Vec::new(),
        });
    }
    Ok(objects)
}

/// What a trigger does: everything after `FOR EACH ROW`.
fn body(text: &str) -> Option<String> {
    let all = tokens(text);
    let words = ["FOR", "EACH", "ROW"];
    let row = all
        .windows(words.len())
        .find(|three| three.iter().zip(words).all(|(token, word)| token.is_word(word)))?[2];
    Some(text[row.end()..].trim_start().to_owned())
}

/// `user@host` as the catalog prints it, as an account in a statement.
fn account(definer: &str) -> String {
    let (user, host) = definer.rsplit_once('@').unwrap_or((definer, "%"));
    format!("{}@{}", quote::name(user), quote::name(host))
}

/// Events, made disabled; `enable` brings those to life that are enabled at the source.
pub(super) async fn events(
    server: &Server,
    conn: &mut Conn,
    scope: &Scope,
) -> Result<Vec<SchemaObject>, EngineError> {
    let listed: Vec<(String, String, String, String)> = server
        .rows_on(
            conn,
            "failed to list the events",
            &format!(
                "SELECT EVENT_SCHEMA, EVENT_NAME, STATUS, DEFINER FROM information_schema.EVENTS \
                 WHERE EVENT_SCHEMA IN ({}) ORDER BY EVENT_SCHEMA, EVENT_NAME",
                quote::texts(&scope.schemas)
            ),
        )
        .await?;
    let mut objects = Vec::new();
    for (schema, name, status, definer) in listed {
        let name = TableName::new(schema, name);
        let row = show_create_row(server, conn, "EVENT", &name).await?;
        let disabled = created(&row)
            .and_then(|text| qualified(&text, "EVENT", &name))
            .and_then(|text| disabled(&text));
        let Some(text) = disabled else {
            return Err(server.error(
                crate::ErrorKind::Unsupported,
                format!("failed to understand the definition of event {name}"),
            ));
        };
        let modes: String = row.get(1).unwrap_or_default();
        let zone: String = row.get(2).unwrap_or_default();
        let enable = format!(
            "ALTER DEFINER={} EVENT {} ENABLE",
            account(&definer),
            quote::table(&name)
        );
        objects.push(SchemaObject {
            kind: ObjectKind::Event,
            name: name.to_string(),
            table: None,
            phase: Phase::AfterAll,
            definition: format!(
                "{} in {} at {zone}",
                canonical::statement(&text),
                sorted_modes(&modes)
            ),
            create: in_session(Some(&modes), [row.get(4), row.get(5)], Some(&zone), text),
            enable: (status == "ENABLED").then_some(enable).into_iter().collect(),
        });
    }
    Ok(objects)
}

/// The statement with its status, which stands after `ON COMPLETION [NOT] PRESERVE`, set to disabled.
fn disabled(text: &str) -> Option<String> {
    let all = tokens(text);
    let preserve = all.iter().position(|token| token.is_word("PRESERVE"))?;
    let first = all.get(preserve + 1)?;
    let end = match all.get(preserve + 2)? {
        on if first.is_word("DISABLE") && on.is_word("ON") => all.get(preserve + 3)?.end(),
        _ => first.end(),
    };
    Some(format!("{}DISABLE{}", &text[..first.start], &text[end..]))
}

#[cfg(test)]
mod tests {
    use daybreak_model::TableName;

    #[test]
    fn events_are_made_asleep() {
        for status in ["ENABLE", "DISABLE", "DISABLE ON SLAVE", "DISABLE ON REPLICA"] {
            let text = format!(
                "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY ON COMPLETION NOT PRESERVE {status} DO DELETE FROM t"
            );
            assert_eq!(
                super::disabled(&text).as_deref(),
                Some(
                    "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY ON COMPLETION NOT PRESERVE DISABLE DO DELETE FROM t"
                )
            );
        }
    }

    #[test]
    fn names_are_given_in_full() {
        let name = TableName::new("s", "p");
        assert_eq!(
            super::qualified(
                "CREATE DEFINER=`procedure`@`%` PROCEDURE `p`(a int)\nSELECT 1",
                "PROCEDURE",
                &name
            )
            .as_deref(),
            Some("CREATE DEFINER=`procedure`@`%` PROCEDURE `s`.`p`(a int)\nSELECT 1")
        );
    }

    #[test]
    fn a_triggers_body_is_kept_as_it_was_written() {
        assert_eq!(
            super::body("CREATE DEFINER=`d`@`%` TRIGGER `for each row` BEFORE INSERT ON t FOR EACH ROW\nSET @x = 'it''s \\n'")
                .as_deref(),
            Some("SET @x = 'it''s \\n'")
        );
        assert_eq!(super::body("CREATE TRIGGER t BEFORE INSERT ON u"), None);
    }

    #[test]
    fn modes_that_are_gone_are_left_out() {
        assert_eq!(
            super::kept_modes("STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER"),
            "STRICT_TRANS_TABLES"
        );
        assert_eq!(super::account("a@b@%"), "`a@b`@`%`");
    }
}
