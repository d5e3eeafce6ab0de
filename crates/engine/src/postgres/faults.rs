//! Why a subscription does not run.
//!
//! PostgreSQL writes the error of a subscription's worker to its log and nowhere else, and on Amazon's servers the log is
//! out of reach. So what can be seen from outside is looked at, one condition after the other, until one explains it.

use std::collections::HashMap;
use std::time::Duration;

use daybreak_model::{KeyBound, KeyPart, ReplicationFault, Scope};

use super::connection::{Connection, Purpose};
use super::link::{Link, Receiving, Sending};
use super::pgoutput::{Message, Relation, Tuple, Value, decode, from_hex};
use super::{keys, quote, schema};
use crate::{EngineError, ErrorKind};

/// A worker that does not run for less than this is starting.
const STARTING: Duration = Duration::from_secs(1);

/// A worker that ended is started again after `wal_retrieve_retry_interval`, 5 seconds. One that has been down for longer is
/// not about to take the slot, which may then be looked into.
const RETRY: Duration = Duration::from_secs(6);

/// A condition that stops replication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    SlotMissing,
    SlotLost,
    PublicationMissing,
    Authentication,
    Privilege,
    TableMissing,
    ColumnMissing,
    RowPresent,
    Unexplained,
}

/// SQLSTATE or condition name, what it means here, what to do: one row per condition.
const fn explain(condition: Condition) -> (&'static str, &'static str, &'static str) {
    match condition {
        Condition::SlotMissing => (
            "42704",
            "the slot that kept the changes is gone, and with it every change not applied yet",
            "the sides can no longer be brought together by replication: load again",
        ),
        Condition::SlotLost => (
            "55000",
            "the server threw away log that the slot still needed (`max_slot_wal_keep_size`), so changes are missing",
            "raise `max_slot_wal_keep_size`, then load again",
        ),
        Condition::PublicationMissing => (
            "42704",
            "the list of tables whose changes are sent is gone",
            "create it again with the same name; changes made in between may be missing: check the data",
        ),
        Condition::Authentication => (
            "28P01",
            "the replication account cannot log in to the sending server",
            "set the account's password again (the step that prepares replication does), and check pg_hba.conf",
        ),
        Condition::Privilege => (
            "42501",
            "the subscription's owner may not write to a table",
            "grant INSERT, UPDATE, DELETE and TRUNCATE on it to the owner of the subscription",
        ),
        Condition::TableMissing => (
            "42P01",
            "a table whose changes are sent is not there on the receiving side",
            "create it there with the same columns, then run ALTER SUBSCRIPTION … REFRESH PUBLICATION WITH (copy_data = false)",
        ),
        Condition::ColumnMissing => (
            "42703",
            "a table lacks a column on the receiving side that changes carry",
            "add the column there with the same type: replication goes on by itself",
        ),
        Condition::RowPresent => (
            "23505",
            "a row that is to be inserted is already there: somebody wrote to the receiving side",
            "compare the two rows, remove the one on the receiving side, and fence that side: replication goes on by itself",
        ),
        Condition::Unexplained => (
            "worker not running",
            "the subscription is enabled and its worker does not run, or ends again and again",
            "the receiving server's log says why: look for `logical replication apply worker`",
        ),
    }
}

fn fault(condition: Condition, message: String) -> ReplicationFault {
    let (code, meaning, hint) = explain(condition);
    ReplicationFault {
        code: code.to_owned(),
        message,
        meaning: meaning.to_owned(),
        hint: hint.to_owned(),
    }
}

impl Link {
    /// Looks for the reason; `None` while the subscription is switched off on purpose or on its way up.
    pub(crate) async fn find_fault(
        &self,
        sending: &Sending,
        receiving: &Receiving,
        down_for: Duration,
    ) -> Result<Option<ReplicationFault>, EngineError> {
        let name = &self.settings.name;
        if !receiving.exists {
            return Ok(None);
        }
        if !sending.slot {
            let message = format!("replication slot \"{name}\" does not exist");
            return Ok(Some(fault(Condition::SlotMissing, message)));
        }
        if sending.wal_status == "lost" {
            let message = format!("replication slot \"{name}\" has wal_status = lost");
            return Ok(Some(fault(Condition::SlotLost, message)));
        }
        if !receiving.enabled || receiving.worker && sending.active || down_for < STARTING {
            return Ok(None);
        }
        if let Some(found) = publication_missing(self).await? {
            return Ok(Some(found));
        }
        if let Some(found) = cannot_log_in(self).await {
            return Ok(Some(found));
        }
        if let Some(found) = tables_differ(self).await? {
            return Ok(Some(found));
        }
        if down_for < RETRY {
            return Ok(None);
        }
        if let Some(found) = row_present(self).await? {
            return Ok(Some(found));
        }
        unexplained(self).await
    }
}

async fn publication_missing(link: &Link) -> Result<Option<ReplicationFault>, EngineError> {
    let from = link.from.lease().await?;
    let name = &link.settings.name;
    let ask = format!(
        "SELECT pubname FROM pg_publication WHERE pubname = {}",
        quote::literal(name)
    );
    let found = from.value(&ask, "failed to look for the publication").await?;
    from.give_back();
    let missing = found.is_none();
    Ok(missing.then(|| {
        fault(
            Condition::PublicationMissing,
            format!("publication \"{name}\" does not exist"),
        )
    }))
}

/// Tries the account from here. What comes of the network between the two servers cannot be seen from here.
async fn cannot_log_in(link: &Link) -> Option<ReplicationFault> {
    let mut endpoint = link.from.endpoint.clone();
    endpoint.user.clone_from(&link.settings.user);
    endpoint.password = link.settings.password.clone();
    let error = Connection::open(&endpoint, Purpose::Inspect).await.err()?;
    let refused = error.kind == ErrorKind::Authentication;
    refused.then(|| {
        let cause = error.source.as_ref().map(ToString::to_string).unwrap_or_default();
        fault(Condition::Authentication, cause)
    })
}

/// Compares what the publication sends with what the receiving side has.
async fn tables_differ(link: &Link) -> Result<Option<ReplicationFault>, EngineError> {
    let what = "failed to compare the published tables";
    let from = link.from.lease().await?;
    let ask = format!(
        "SELECT t.schemaname, t.tablename, a.attname
         FROM pg_publication_tables AS t
         JOIN pg_namespace AS n ON n.nspname = t.schemaname
         JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.tablename
         JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
         WHERE t.pubname = {}",
        quote::literal(&link.settings.name)
    );
    let sent = from.simple(&ask, what).await?;
    from.give_back();
    let to = link.to.lease().await?;
    for some in sent.chunks(1000) {
        let columns: Vec<_> = some
            .iter()
            .map(|row| {
                let text = |column| quote::literal(row.get(column).unwrap_or_default());
                format!("({}, {}, {})", text(0), text(1), text(2))
            })
            .collect();
        let ask = format!(
            "SELECT s.schema, s.name, s.attribute, (c.oid IS NULL)::text, (a.attname IS NULL)::text,
                    has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
                    AND has_table_privilege(c.oid, 'DELETE')
             FROM (VALUES {}) AS s (schema, name, attribute)
             LEFT JOIN pg_namespace AS n ON n.nspname = s.schema
             LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.name
             LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = s.attribute AND NOT a.attisdropped",
            columns.join(", ")
        );
        for row in to.simple(&ask, what).await? {
            let text = |column| row.get(column).unwrap_or_default();
            let table = format!("{}.{}", text(0), text(1));
            let found = match (text(3), text(4), row.get(5)) {
                ("true", ..) => fault(
                    Condition::TableMissing,
                    format!("relation \"{table}\" does not exist"),
                ),
                (_, "true", _) => fault(
                    Condition::ColumnMissing,
                    format!("relation \"{table}\" has no column \"{}\"", text(2)),
                ),
                (_, _, Some("f")) => fault(
                    Condition::Privilege,
                    format!("permission denied for table {table}"),
                ),
                _ => continue,
            };
            to.give_back();
            return Ok(Some(found));
        }
    }
    to.give_back();
    Ok(None)
}

/// Looks into the slot for the next transaction and whether a row it inserts is already there.
async fn row_present(link: &Link) -> Result<Option<ReplicationFault>, EngineError> {
    let from = link.from.lease().await?;
    let name = &link.settings.name;
    let peek = format!(
        "SELECT encode(data, 'hex') FROM pg_logical_slot_peek_binary_changes({}, NULL, 1, 'proto_version', '1', 'publication_names', {})",
        quote::literal(name),
        quote::literal(&quote::identifier(name)),
    );
    let rows = match from
        .simple(&peek, "failed to look into the replication slot")
        .await
    {
        // The worker has just come back and holds the slot.
        Err(error) if error.code.as_deref() == Some("55006") => return Ok(None),
        rows => rows?,
    };
    from.give_back();
    let mut relations = HashMap::new();
    for row in rows {
        match decode(&from_hex(row.get(0).unwrap_or_default())) {
            Ok(Message::Relation(relation)) => {
                relations.insert(relation.oid, relation);
            }
            Ok(Message::Insert { relation, new }) => {
                if let Some(relation) = relations.get(&relation)
                    && let Some(found) = is_there(link, relation, &new).await?
                {
                    return Ok(Some(found));
                }
            }
            _ => {}
        }
    }
    Ok(None)
}

async fn is_there(
    link: &Link,
    relation: &Relation,
    row: &Tuple,
) -> Result<Option<ReplicationFault>, EngineError> {
    let to = link.to.lease().await?;
    let scope = Scope::of(vec![relation.schema.clone()]);
    let tables = schema::tables(&to, &scope).await?;
    let table = tables.into_iter().find(|table| table.name.name == relation.name);
    let Some((table, key)) = table
        .as_ref()
        .and_then(|table| Some((table, table.key.as_ref()?)))
    else {
        return Ok(None);
    };
    let part = |name: &str| match row.get(relation.columns.iter().position(|column| column == name)?)? {
        Value::Text(text) => Some(KeyPart::Text(text.clone())),
        Value::Null | Value::Unchanged => None,
    };
    let parts: Option<Vec<_>> = key.columns.iter().map(|column| part(&column.name)).collect();
    let Some(parts) = parts else { return Ok(None) };
    let columns = keys::columns(table, key);
    let equal: Vec<_> = columns
        .iter()
        .zip(&parts)
        .map(|(column, part)| format!("{} = {}", column.column, column.value(part)))
        .collect();
    let ask = format!(
        "SELECT 1 FROM {} WHERE {}",
        quote::table(&table.name),
        equal.join(" AND ")
    );
    let found = to
        .value(&ask, "failed to look for a row that is to be inserted")
        .await?;
    to.give_back();
    let message = format!(
        "duplicate key value violates unique constraint \"{}\" of {}: ({})",
        key.index,
        table.name,
        KeyBound(parts)
    );
    Ok(found.map(|_| fault(Condition::RowPresent, message)))
}

/// Nothing explains it: a fault all the same once the worker fails again; until then it may be starting, its trouble mended.
async fn unexplained(link: &Link) -> Result<Option<ReplicationFault>, EngineError> {
    if !link.to.flavor().await?.counts_subscription_errors() {
        return Ok(None);
    }
    let to = link.to.lease().await?;
    let ask = format!(
        "SELECT apply_error_count::text FROM pg_stat_subscription_stats WHERE subname = {}",
        quote::literal(&link.settings.name)
    );
    let count = to
        .value(&ask, "failed to ask for errors of the subscription")
        .await?;
    to.give_back();
    let failed = count.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let message = format!("the worker has failed {failed} times");
    Ok(link
        .failed_again(failed)
        .then(|| fault(Condition::Unexplained, message)))
}
