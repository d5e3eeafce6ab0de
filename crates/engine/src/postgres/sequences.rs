//! What sequences would hand out next.

use daybreak_model::{IdentityValue, Scope, TableName};

use super::connection::Connection;
use super::part::relations;
use super::quote;
use crate::EngineError;

/// How many sequences are read in one statement.
const AT_ONCE: usize = 500;

/// The next value of every sequence in the scope, those behind identity columns included.
pub(crate) async fn values(
    connection: &Connection,
    scope: &Scope,
) -> Result<Vec<IdentityValue>, EngineError> {
    let mut filter = format!(
        "n.nspname = ANY ({})",
        quote::text_array(scope.schemas.iter().map(String::as_str))
    );
    // One that no table owns may serve both sides from now on.
    if let Some(part) = &scope.part {
        filter.push_str(&format!(
            " AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                 AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
                 AND d.refobjid NOT IN (SELECT oid FROM ({}) AS part))",
            relations(part)
        ));
    }
    chosen(connection, &filter).await
}

async fn chosen(connection: &Connection, filter: &str) -> Result<Vec<IdentityValue>, EngineError> {
    let what = "failed to read sequences";
    let list = format!(
        "SELECT n.nspname, c.relname, s.seqincrement::text
         FROM pg_sequence AS s
         JOIN pg_class AS c ON c.oid = s.seqrelid
         JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE {filter} AND c.relpersistence <> 't' ORDER BY 1, 2"
    );
    let sequences = connection.simple(&list, what).await?;
    let mut values = Vec::with_capacity(sequences.len());
    for some in sequences.chunks(AT_ONCE) {
        let names: Vec<_> = some
            .iter()
            .filter_map(|row| {
                let name = TableName::new(row.get(0)?, row.get(1)?);
                Some((name, row.get(2)?.parse::<i64>().ok()?))
            })
            .collect();
        // The catalog's own view shows nothing for a sequence that was set but not used yet; the relation does.
        let parts: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(place, (name, _))| {
                format!(
                    "SELECT {place}, last_value::text, is_called::text FROM {}",
                    quote::table(name)
                )
            })
            .collect();
        for row in connection.simple(&parts.join("\nUNION ALL "), what).await? {
            let number = |column| row.get(column).and_then(|text| text.parse::<i128>().ok());
            let name = number(0)
                .and_then(|place| usize::try_from(place).ok())
                .and_then(|place| names.get(place));
            let (Some((object, increment)), Some(last)) = (name, number(1)) else {
                continue;
            };
            let called = row.get(2) == Some("true");
            values.push(IdentityValue {
                object: object.clone(),
                next: if called {
                    last + i128::from(*increment)
                } else {
                    last
                },
                increment: *increment,
            });
        }
    }
    Ok(values)
}

/// Sets every sequence that is behind to the next value the other side would have handed out. Called while neither side is
/// written. Returns how many were set.
pub(crate) async fn raise(connection: &Connection, values: &[IdentityValue]) -> Result<usize, EngineError> {
    if values.is_empty() {
        return Ok(0);
    }
    let wanted: Vec<_> = values
        .iter()
        .map(|value| {
            format!(
                "({}, {})",
                quote::literal(&value.object.schema),
                quote::literal(&value.object.name)
            )
        })
        .collect();
    let here = chosen(
        connection,
        &format!("(n.nspname, c.relname) IN ({})", wanted.join(", ")),
    )
    .await?;
    let behind = values.iter().filter(|value| {
        let own = here.iter().find(|own| own.object == value.object);
        own.is_some_and(|own| {
            if value.increment < 0 {
                value.next < own.next
            } else {
                value.next > own.next
            }
        })
    });
    let set: Vec<_> = behind.map(set_next).collect();
    for some in set.chunks(AT_ONCE) {
        let sql = format!("SELECT {}", some.join(", "));
        connection.execute(&sql, "failed to raise sequences").await?;
    }
    Ok(set.len())
}

fn set_next(value: &IdentityValue) -> String {
    let name = quote::literal(&quote::table(&value.object));
    // A sequence that ran out has its next value beyond its bounds: set to the last one it handed out, used, it says the same.
    let step = i128::from(value.increment);
    format!(
        "(SELECT CASE WHEN {next} BETWEEN seqmin AND seqmax THEN setval({name}, {next}, false)
                 ELSE setval({name}, greatest(seqmin, least(seqmax, {last})), true) END
          FROM pg_sequence WHERE seqrelid = {name}::regclass)",
        next = value.next,
        last = value.next - step,
    )
}
