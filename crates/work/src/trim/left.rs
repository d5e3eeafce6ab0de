//! Tables that runs set aside and that are there still, whichever rule they were of: one whose rule left the plan, or whose archive is named
//! elsewhere by now, would be settled by no run.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use daybreak_engine::Database;
use daybreak_model::{Scope, TableName};
use serde::Serialize;

use super::error::TrimError;
use super::manifest::{MANIFEST, Run};
use super::plan::TrimPlan;
use crate::Depot;

/// A table that holds the rows of a partition which a run set aside. The names of these fields are public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftAside {
    /// The table.
    pub aside: TableName,
    /// The table whose rows they are, and its partition, where an archive tells.
    pub of: Option<(TableName, String)>,
    /// The rule that set it aside, where an archive tells.
    pub rule: Option<String>,
}

impl LeftAside {
    /// What it is, and what ends it.
    #[must_use]
    pub fn in_words(&self) -> String {
        let aside = &self.aside;
        match (&self.of, &self.rule) {
            (Some((table, partition)), Some(rule)) => format!(
                "{aside} holds the rows of partition {partition} of {table}, which rule `{rule}` set aside: with that rule in the plan, \
                 `daybreak trim --rule {rule} --execute` archives and drops it, or puts it back"
            ),
            _ => format!(
                "{aside} holds rows that a run set aside, and no archive of these rules knows which: `grep -rl {} --include=manifest.jsonl` finds \
                 its archive; with its rule and the archive's place in the plan as they were, `daybreak trim --rule … --execute` archives and drops \
                 it, or puts it back",
                aside.name
            ),
        }
    }
}

/// What is set aside in the schemas of these plans.
///
/// # Errors
/// Of the server, or of the archives.
pub async fn left_aside(
    database: &Arc<dyn Database>,
    plans: &[TrimPlan],
) -> Result<Vec<LeftAside>, TrimError> {
    let parts = plans.iter().flat_map(|plan| &plan.parts);
    let schemas: BTreeSet<String> = parts.map(|part| part.table.name.schema.clone()).collect();
    let tables = database.tables(&Scope::of(schemas.into_iter().collect())).await?;
    let there: Vec<TableName> = tables
        .into_iter()
        .map(|table| table.name)
        .filter(|name| is_aside(&name.name))
        .collect();
    if there.is_empty() {
        return Ok(Vec::new());
    }
    let mut runs = Vec::new();
    // Archives of other rules lie beside: also of those that are in the plan no more.
    let beside = plans.iter().filter_map(|plan| plan.archive.as_deref()?.parent());
    for folder in beside.collect::<BTreeSet<&Path>>() {
        runs.extend(runs_below(folder)?);
    }
    let mut looked = BTreeSet::new();
    for depot in plans.iter().filter_map(|plan| plan.depot.as_ref()) {
        if looked.insert(depot.place().to_string()) {
            runs.extend(runs_in(depot).await?);
        }
    }
    let told = |aside: TableName| {
        let mut named = runs
            .iter()
            .flat_map(|run| run.asides.iter().map(move |own| (run, own)));
        let found = named.find(|(_, own)| own.aside == aside);
        LeftAside {
            of: found.map(|(_, own)| (own.table.clone(), own.partition.name.name.clone())),
            rule: found.map(|(run, _)| run.rule.clone()),
            aside,
        }
    };
    Ok(there.into_iter().map(told).collect())
}

/// Whether a run gave this name: `daybreak_trim_` and a digest.
pub(super) fn is_aside(name: &str) -> bool {
    let digest = name.strip_prefix("daybreak_trim_");
    digest.is_some_and(|digest| digest.len() == 12 && digest.bytes().all(|c| c.is_ascii_hexdigit()))
}

fn runs_below(folder: &Path) -> Result<Vec<Run>, TrimError> {
    let mut runs = Vec::new();
    // No folder yet: no run yet.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            runs.extend(Run::all(&entry.path())?);
        }
    }
    Ok(runs)
}

async fn runs_in(depot: &Depot) -> Result<Vec<Run>, TrimError> {
    let mut runs = Vec::new();
    for (name, _) in depot.files().await? {
        if !name.ends_with(&format!("/{MANIFEST}")) {
            continue;
        }
        // What is no manifest of this version names nothing that is known here.
        let bytes = depot.get(&name).await?;
        let text = bytes.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
        runs.extend(text.and_then(|text| Run::of(Path::new(&name), text).ok()));
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::is_aside;

    #[test]
    fn only_what_a_run_named_was_set_aside() {
        assert!(is_aside("daybreak_trim_0123456789ab"));
        for odd in [
            "daybreak_trim_0123456789a",
            "daybreak_trim_orders-by-day",
            "orders",
            "daybreak_trim_0123456789ax",
        ] {
            assert!(!is_aside(odd), "{odd}");
        }
    }
}
