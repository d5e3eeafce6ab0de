//! A trim rule as a job of pg_cron's (its README, "Usage"): a procedure that commits after every few rows.

use daybreak_model::{TableName, ValueForm};

use super::quote;
use crate::{JobRows, TrimJob};

/// The statements that make the procedure and the job; in words, why they cannot be.
pub(super) fn statements(job: &TrimJob<'_>) -> Result<Vec<String>, String> {
    let table = &job.table.name;
    let mut conditions = vec![match &job.rows {
        JobRows::Where(expression) => format!("({expression}) IS TRUE"),
        JobRows::Age {
            column,
            form,
            keep,
            in_a_second,
        } => {
            let clock = format!("now() AT TIME ZONE {}", quote::literal(job.zone));
            let back = |from: &str| {
                keep.iter().fold(format!("({from})"), |from, (number, unit)| {
                    format!("{from} - interval '{number} {}'", unit.to_lowercase())
                })
            };
            let least = match form {
                ValueForm::Integer { .. } => format!("extract(epoch FROM {}) * {in_a_second}", back("now()")),
                ValueForm::Date => format!("({})::date", back(&clock)),
                ValueForm::Moment { utc: false, .. } => back(&clock),
                _ => back("now()"),
            };
            format!("{} < {least}", quote::identifier(column))
        }
    }];
    conditions.extend(job.holds.iter().map(|hold| format!("({hold}) IS FALSE")));
    let condition = conditions.join(" AND ");
    let tag = "$daybreak$";
    if condition.contains(tag) {
        return Err(format!(
            "its expression holds {tag}, which the procedure's text ends with"
        ));
    }
    let (own, name) = (quote::table(table), format!("daybreak_trim_{}", job.name));
    let procedure = quote::table(&TableName::new(&table.schema, &name));
    // A row's place is its partition's.
    let some = format!(
        "SELECT tableoid, ctid FROM {own} WHERE {condition} LIMIT {}",
        job.chunk_rows
    );
    Ok(vec![
        format!(
            "CREATE OR REPLACE PROCEDURE {procedure}() LANGUAGE plpgsql AS {tag}\nDECLARE\n  gone bigint;\nBEGIN\n  LOOP\n    \
             DELETE FROM {own} WHERE (tableoid, ctid) IN ({some}) AND {condition};\n    GET DIAGNOSTICS gone = ROW_COUNT;\n    COMMIT;\n    \
             EXIT WHEN gone = 0;\n    PERFORM pg_sleep(0.2);\n  END LOOP;\nEND {tag}"
        ),
        format!(
            "SELECT cron.schedule({}, {}, {})",
            quote::literal(&name),
            quote::literal(job.cron),
            quote::literal(&format!("CALL {procedure}()"))
        ),
    ])
}
