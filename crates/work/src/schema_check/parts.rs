//! Tables whose definitions differ, part by part.

use std::collections::{BTreeMap, BTreeSet};

use daybreak_model::{PartKind, TableName, TablePart};

use super::classify::{Change, What};
use super::compare::{Deviation, Found, Subject, parted};
use super::observe::View;

pub(super) const fn kind_name(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Column => "column",
        PartKind::PrimaryKey => "primary_key",
        PartKind::Index => "index",
        PartKind::Check => "check",
        PartKind::Options => "options",
        PartKind::Partitions => "partitions",
    }
}

/// The parts of one table on one server. Indexes are objects of their own, and compared as such.
pub(super) fn of_table<'a>(view: &'a View, table: &'a TableName) -> impl Iterator<Item = &'a TablePart> {
    view.parts
        .iter()
        .filter(move |part| part.table == *table && part.kind != PartKind::Index)
}

/// What differs between the parts of a table, on those servers where the whole does.
pub(super) fn compare(views: &[View], table: &TableName, whole: &Found) -> Vec<Found> {
    let first: Vec<&TablePart> = of_table(&views[0], table).collect();
    let mut found: BTreeMap<(PartKind, String), Found> = BTreeMap::new();
    let differing = whole
        .deviations
        .iter()
        .filter(|deviation| matches!(deviation.change, Change::Differs(_)));
    let mut disorder = Vec::new();
    for deviation in differing {
        let view = &views[deviation.view];
        let own: Vec<&TablePart> = of_table(view, table).collect();
        // A definition that could not be taken apart says nothing of parts.
        if first.is_empty() || own.is_empty() {
            continue;
        }
        let before = found.values().map(|found| found.deviations.len()).sum::<usize>();
        for (kind, name, change, words) in differences(&first, &own) {
            let entry = found.entry((kind, name.clone())).or_insert_with(|| Found {
                object: if name.is_empty() {
                    table.to_string()
                } else {
                    format!("{table}.{name}")
                },
                name: name.clone(),
                what: What::Part(kind),
                subject: Subject::Part(table.clone()),
                deviations: Vec::new(),
                nodes: nodes(views, table, kind, &name),
            });
            entry.deviations.push(Deviation {
                view: deviation.view,
                change,
                words,
            });
        }
        let after = found.values().map(|found| found.deviations.len()).sum::<usize>();
        let columns = |parts: &[&TablePart]| {
            let columns = parts.iter().filter(|part| part.kind == PartKind::Column);
            columns.map(|part| part.name.clone()).collect::<Vec<_>>()
        };
        let (want, have) = (columns(&first), columns(&own));
        if before == after && want != have {
            disorder.push(Deviation {
                view: deviation.view,
                change: Change::Differs(Vec::new()),
                words: format!("has them as {}", have.join(", ")),
            });
        }
    }
    let mut found: Vec<Found> = in_order(found, &first);
    if !disorder.is_empty() {
        let replicates_by_place = views[0].flavor.replicates_by_place();
        found.push(Found {
            object: table.to_string(),
            name: String::new(),
            what: if replicates_by_place {
                What::ColumnOrder
            } else {
                What::Part(PartKind::Options)
            },
            subject: Subject::Columns(table.clone()),
            deviations: disorder,
            nodes: whole.nodes.clone(),
        });
    }
    found
}

/// In the order of the first server's parts, so that a column is added after one that is there; what others have alone, last.
fn in_order(mut found: BTreeMap<(PartKind, String), Found>, first: &[&TablePart]) -> Vec<Found> {
    let mut ordered: Vec<Found> = first
        .iter()
        .filter_map(|part| found.remove(&(part.kind, part.name.clone())))
        .collect();
    ordered.extend(found.into_values());
    ordered
}

fn nodes(views: &[View], table: &TableName, kind: PartKind, name: &str) -> BTreeMap<String, Option<String>> {
    let definition = |view: &View| {
        let mut parts = of_table(view, table);
        let part = parts.find(|part| part.kind == kind && part.name == name);
        (view.address.clone(), part.map(|part| part.definition.clone()))
    };
    views.iter().map(definition).collect()
}

/// Kind, name, way and words of every part that differs. Parts of equal definition are the same, whatever they are called.
fn differences(first: &[&TablePart], own: &[&TablePart]) -> Vec<(PartKind, String, Change, String)> {
    let same = |part: &TablePart, others: &[&TablePart]| {
        others
            .iter()
            .any(|other| other.kind == part.kind && other.definition == part.definition)
    };
    let want = first.iter().filter(|part| !same(part, own));
    let mut found = Vec::new();
    for want in want.clone() {
        let have = own
            .iter()
            .find(|have| have.kind == want.kind && have.name == want.name && !same(have, first));
        match have {
            None => found.push((
                want.kind,
                want.name.clone(),
                Change::Missing,
                "lacks it".to_owned(),
            )),
            Some(have) => {
                let (facets, words) = facets(want, have);
                found.push((want.kind, want.name.clone(), Change::Differs(facets), words));
            }
        }
    }
    for have in own.iter().filter(|part| !same(part, first)) {
        if !want
            .clone()
            .any(|want| want.kind == have.kind && want.name == have.name)
        {
            found.push((
                have.kind,
                have.name.clone(),
                Change::Extra,
                "has it alone".to_owned(),
            ));
        }
    }
    found
}

/// By what two parts differ, and that in words.
fn facets(want: &TablePart, have: &TablePart) -> (Vec<String>, String) {
    let names: BTreeSet<&String> = want.facets.keys().chain(have.facets.keys()).collect();
    let differing: Vec<String> = names
        .into_iter()
        .filter(|name| want.facets.get(*name) != have.facets.get(*name))
        .cloned()
        .collect();
    if differing.is_empty() {
        let (wanted, had) = parted(&want.definition, &have.definition);
        let engine = wanted.split(' ').zip(had.split(' ')).next();
        let is_engine = want.kind == PartKind::Options
            && engine.is_some_and(|(wanted, had)| {
                wanted != had && want.definition.contains(&format!("engine {wanted}"))
            });
        let facets = if is_engine {
            vec!["engine".to_owned()]
        } else {
            Vec::new()
        };
        return (facets, format!("has `{had}` where the first has `{wanted}`"));
    }
    let none = "none".to_owned();
    let said = |part: &TablePart, name: &String| part.facets.get(name).unwrap_or(&none).clone();
    let words: Vec<String> = differing
        .iter()
        .map(|name| {
            format!(
                "{name} is {}, on the first {}",
                said(have, name),
                said(want, name)
            )
        })
        .collect();
    (stricter(want, have, differing), words.join("; "))
}

/// A column that refuses NULL where the first takes it is stricter, and stops rows that come from there.
fn stricter(want: &TablePart, have: &TablePart, mut facets: Vec<String>) -> Vec<String> {
    let nullable = |part: &TablePart| part.facets.get("nullable").map(String::as_str) == Some("yes");
    if nullable(want) && !nullable(have) {
        facets.push("refuses null".to_owned());
    }
    facets
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use daybreak_model::{PartKind, TableName, TablePart};

    use super::{Change, differences};

    fn part(kind: PartKind, name: &str, definition: &str, facets: &[(&str, &str)]) -> TablePart {
        let facets = facets
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        TablePart {
            table: TableName::new("s", "t"),
            kind,
            name: name.to_owned(),
            definition: definition.to_owned(),
            text: String::new(),
            facets: facets.collect::<BTreeMap<_, _>>(),
        }
    }

    #[test]
    fn parts_are_missing_extra_or_differ_by_a_facet() {
        let column = PartKind::Column;
        let a = part(
            column,
            "a",
            "`a` int default '1'",
            &[("default", "'1'"), ("nullable", "yes")],
        );
        let other = part(column, "a", "`a` int not null", &[("nullable", "no")]);
        let b = part(column, "b", "`b` int", &[]);
        let named = part(PartKind::Check, "t_chk_1", "check a > 1", &[]);
        let otherwise = part(PartKind::Check, "CONSTRAINT_1", "check a > 1", &[]);
        let found = differences(&[&a, &b, &named], &[&other, &otherwise]);
        assert_eq!(found.len(), 2, "{found:?}");
        let facets = ["default", "nullable", "refuses null"].map(str::to_owned);
        assert_eq!(found[0].2, Change::Differs(facets.into()));
        assert_eq!(
            found[0].3,
            "default is none, on the first '1'; nullable is no, on the first yes"
        );
        assert_eq!((found[1].1.as_str(), &found[1].2), ("b", &Change::Missing));
        let found = differences(&[&a], &[&a, &b]);
        assert_eq!((found.len(), &found[0].2), (1, &Change::Extra));
    }
}
