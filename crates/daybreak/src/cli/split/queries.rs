//! Statements out of a file, whatever it is.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;

use daybreak_work::{
    DigestReport, Filter, Input, Ranking, SplitInput, SplitQuery, SplitTransaction, digest_transactions,
    is_log, queries_of_sql,
};

use crate::exit::Trouble;

/// Bytes that tell what a file is.
const START: u64 = 1 << 20;

/// Takes in the statements of a log, of a capture, or of plain SQL.
pub(super) fn read(path: &Path, input: &mut SplitInput) -> Result<(), Trouble> {
    let wrong = |what: String| {
        let hint = "name a log, what `slow capture` keeps, or statements ended by `;`".to_owned();
        Trouble::usage(
            anyhow::anyhow!("failed to read {}: {what}", path.display()),
            Some(hint),
        )
    };
    let mut start = Vec::new();
    let file = std::fs::File::open(path);
    file.and_then(|file| file.take(START).read_to_end(&mut start))
        .map_err(|error| wrong(error.to_string()))?;
    if is_log(&start) {
        let read = digest_transactions(&[Input::File(path.to_owned())], &Filter::default(), &|_| {});
        let read = read.map_err(|error| wrong(format!("{:#}", anyhow::Error::from(error))))?;
        take(read.report(Ranking::Count, 0), input);
        return Ok(());
    }
    let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    if text.trim_ascii_start().starts_with(b"{") {
        let report: DigestReport = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        take(report, input);
        return Ok(());
    }
    queries_of_sql(&String::from_utf8_lossy(&text), input);
    Ok(())
}

fn take(report: DigestReport, input: &mut SplitInput) {
    let ids = report.classes.iter().enumerate();
    let places: HashMap<&str, usize> = ids
        .map(|(at, class)| (class.id.as_str(), input.queries.len() + at))
        .collect();
    let transactions = report.transactions.iter().map(|transaction| SplitTransaction {
        queries: transaction
            .classes
            .iter()
            .filter_map(|id| places.get(id.as_str()).copied())
            .collect(),
        count: transaction.count,
    });
    // A statement alone is told as one.
    input
        .transactions
        .extend(transactions.filter(|transaction| transaction.queries.len() > 1));
    input
        .queries
        .extend(report.classes.into_iter().map(|class| SplitQuery {
            text: class.sample,
            count: class.count,
            database: class.databases.into_iter().next().map(|named| named.name),
        }));
}
