//! A trim rule as an event (manual, "CREATE EVENT Statement").

use daybreak_model::ValueForm;

use super::quote;
use crate::{JobRows, TrimJob};

/// The statements that make the event; in words, why it cannot be one.
pub(super) fn statements(job: &TrimJob<'_>) -> Result<Vec<String>, String> {
    let every = every(job.cron).ok_or_else(|| {
        format!(
            "`{}` is no schedule of an event: every day, day of the week, day of the month or day of the year, at one time",
            job.cron
        )
    })?;
    let zone = if job.zone == "UTC" { "+00:00" } else { job.zone };
    let table = &job.table.name;
    let mut conditions = vec![match &job.rows {
        JobRows::Where(expression) => format!("({expression}) IS TRUE"),
        JobRows::Age {
            column,
            form,
            keep,
            in_a_second,
        } => {
            let back = keep.iter().fold("NOW()".to_owned(), |from, (number, unit)| {
                format!("{from} - INTERVAL {number} {unit}")
            });
            let least = match form {
                ValueForm::Integer { .. } => format!("UNIX_TIMESTAMP({back}) * {in_a_second}"),
                ValueForm::Date => format!("DATE({back})"),
                _ => back,
            };
            format!("{} < {least}", quote::name(column))
        }
    }];
    conditions.extend(job.holds.iter().map(|hold| format!("({hold}) IS FALSE")));
    let event = quote::table(&daybreak_model::TableName::new(
        &table.schema,
        format!("daybreak_trim_{}", job.name),
    ));
    Ok(vec![
        format!("SET SESSION time_zone = {}", quote::text(zone)),
        format!(
            "CREATE EVENT {event} ON SCHEDULE EVERY {every} STARTS {} ON COMPLETION PRESERVE DO\n\
             BEGIN\n  DECLARE gone BIGINT DEFAULT 1;\n  WHILE gone > 0 DO\n    DELETE FROM {} WHERE {} LIMIT {};\n    \
             SET gone = ROW_COUNT();\n    DO SLEEP(0.2);\n  END WHILE;\nEND",
            quote::text(job.next),
            quote::table(table),
            conditions.join(" AND "),
            job.chunk_rows
        ),
    ])
}

/// The interval of a cron expression that comes at one time of the day.
fn every(cron: &str) -> Option<&'static str> {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else {
        return None;
    };
    let one = |field: &str| field.parse::<u8>().is_ok();
    if !one(minute) || !one(hour) {
        return None;
    }
    match (*day, *month, *weekday) {
        ("*", "*", "*") => Some("1 DAY"),
        ("*", "*", weekday) if one(weekday) => Some("1 WEEK"),
        // A day that some months have not comes on their last: of an event as of no cron.
        (day, "*", "*") if day.parse::<u8>().is_ok_and(|day| day <= 28) => Some("1 MONTH"),
        (day, month, "*") if one(month) && day.parse::<u8>().is_ok_and(|day| day <= 28) => Some("1 YEAR"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::every;

    #[test]
    fn an_interval_is_what_the_expression_says_or_none() {
        for (cron, wanted) in [
            ("0 3 1 * *", Some("1 MONTH")),
            ("30 2 * * *", Some("1 DAY")),
            ("30 2 * * 6", Some("1 WEEK")),
            ("30 2 5 12 *", Some("1 YEAR")),
            ("0 3 31 * *", None),
            ("0 3 1 * 1", None),
            ("*/5 * * * *", None),
            ("0 3 1,15 * *", None),
        ] {
            assert_eq!(every(cron), wanted, "{cron}");
        }
    }
}
