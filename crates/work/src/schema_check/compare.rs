//! The comparison: every server against the first, object by object. Pure, but for reading the parts of tables that differ.

use std::collections::{BTreeMap, BTreeSet};

use daybreak_engine::EngineError;
use daybreak_model::{ObjectKind, SchemaObject, TableName};
use futures_util::future::try_join_all;

use super::classify::{Change, Consequence, What, class};
use super::observe::{View, Views};
use super::{Ground, SchemaPlace, SchemaUntold, beside, parts};

/// How one server differs.
#[derive(Debug)]
pub(super) struct Deviation {
    /// Its place among the views.
    pub(super) view: usize,
    pub(super) change: Change,
    /// In words, without the server.
    pub(super) words: String,
}

/// What a repair is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    Object(ObjectKind, String),
    Part(TableName),
    /// The order of a table's columns.
    Columns(TableName),
    Event(String),
    Definer,
    Account,
    Rights,
}

/// One object that is not the same everywhere.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) object: String,
    /// The part's own name, where it is one.
    pub(super) name: String,
    pub(super) what: What,
    pub(super) subject: Subject,
    pub(super) deviations: Vec<Deviation>,
    /// By server, the definition or its absence.
    pub(super) nodes: BTreeMap<String, Option<String>>,
}

impl Found {
    /// Kind and name: by which it is found again.
    pub(super) fn identity(&self) -> (String, String) {
        (self.kind().to_owned(), self.object.clone())
    }

    /// What it is, in one word.
    pub(super) fn kind(&self) -> &'static str {
        match self.what {
            What::Object(kind) => kind_name(kind),
            What::Index { .. } => "index",
            What::Part(kind) => parts::kind_name(kind),
            What::ColumnOrder => "column_order",
            What::EventAwake => "event",
            What::Definer => "definer",
            What::Account => "account",
            What::Rights => "grants",
        }
    }

    /// The worst it does anywhere.
    pub(super) fn class(&self, views: &[View]) -> Consequence {
        let each = self.deviations.iter();
        each.map(|deviation| class(self.what, &deviation.change, views[deviation.view].place))
            .max()
            .unwrap_or(Consequence::Harmless)
    }
}

const fn kind_name(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Schema => "schema",
        ObjectKind::Extension => "extension",
        ObjectKind::Type => "type",
        ObjectKind::Sequence => "sequence",
        ObjectKind::Routine => "routine",
        ObjectKind::Table => "table",
        ObjectKind::Index => "index",
        ObjectKind::ForeignKey => "foreign_key",
        ObjectKind::View => "view",
        ObjectKind::Trigger => "trigger",
        ObjectKind::Event => "event",
        ObjectKind::Rule => "rule",
        ObjectKind::Comment => "comment",
    }
}

type Key<'a> = (ObjectKind, &'a str);

/// Everything that is not the same, in the order in which it can be repaired.
pub(super) async fn compare(views: &mut Views, ground: &Ground) -> Result<Vec<Found>, EngineError> {
    let found = objects(views);
    let torn: BTreeSet<TableName> = found
        .iter()
        .filter(|found| matches!(found.what, What::Object(ObjectKind::Table) | What::Index { .. }))
        .filter_map(|found| match &found.subject {
            Subject::Object(kind, name) => table_of(&views.views, *kind, name),
            _ => None,
        })
        .collect();
    if !torn.is_empty() {
        let torn: Vec<TableName> = torn.into_iter().collect();
        let read = views
            .views
            .iter()
            .map(|view| ground.nodes[view.node].1.parts(&torn));
        let read = try_join_all(read).await?;
        for (view, parts) in views.views.iter_mut().zip(read) {
            view.parts = parts;
        }
    }
    let views = &views.views;
    let mut named = Vec::new();
    for mut whole in found {
        let differs = |deviation: &Deviation| matches!(deviation.change, Change::Differs(_));
        if whole.what != What::Object(ObjectKind::Table) || !whole.deviations.iter().any(differs) {
            named.push(whole);
            continue;
        }
        let of_parts = match &whole.subject {
            Subject::Object(kind, name) => table_of(views, *kind, name)
                .map(|table| parts::compare(views, &table, &whole))
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        // What no part tells stays told of the whole.
        let told: BTreeSet<usize> = of_parts
            .iter()
            .flat_map(|part| part.deviations.iter().map(|deviation| deviation.view))
            .collect();
        whole
            .deviations
            .retain(|deviation| !differs(deviation) || !told.contains(&deviation.view));
        if !whole.deviations.is_empty() {
            named.push(whole);
        }
        named.extend(of_parts);
    }
    named.extend(beside::awake(views));
    named.extend(beside::definers(views));
    named.extend(beside::accounts(views));
    Ok(named)
}

fn table_of(views: &[View], kind: ObjectKind, name: &str) -> Option<TableName> {
    let same = |object: &&SchemaObject| object.kind == kind && object.name == name;
    let mut found = views
        .iter()
        .filter_map(|view| view.image.objects.iter().find(same));
    found.next()?.table.clone()
}

/// Objects that are missing, extra, or have another definition.
fn objects(views: &mut Views) -> Vec<Found> {
    let by_name: Vec<BTreeMap<Key<'_>, &SchemaObject>> = views
        .views
        .iter()
        .map(|view| {
            view.image
                .objects
                .iter()
                .map(|object| ((object.kind, object.name.as_str()), object))
                .collect()
        })
        .collect();
    let mut found = Vec::new();
    let mut untold = Vec::new();
    let mut seen: BTreeSet<Key<'_>> = BTreeSet::new();
    for view in &views.views {
        for object in &view.image.objects {
            let key = (object.kind, object.name.as_str());
            if !seen.insert(key) {
                continue;
            }
            let each: Vec<Option<&SchemaObject>> =
                by_name.iter().map(|objects| objects.get(&key).copied()).collect();
            let first = each[0].map(|object| object.definition.as_str());
            if each
                .iter()
                .all(|other| other.map(|object| object.definition.as_str()) == first)
            {
                continue;
            }
            if made_with_a_missing_table(object, &by_name) {
                continue;
            }
            let mut deviations = Vec::new();
            for (index, (view, own)) in views.views.iter().zip(&each).enumerate().skip(1) {
                let change = match (each[0], own) {
                    (Some(_), None) => Change::Missing,
                    (None, Some(_)) => Change::Extra,
                    (Some(want), Some(have)) if want.definition != have.definition => {
                        Change::Differs(Vec::new())
                    }
                    _ => continue,
                };
                // The version and the presence of its own extensions are the target's choice.
                if change == Change::Extra
                    && object.kind == ObjectKind::Extension
                    && view.place == SchemaPlace::Target
                {
                    continue;
                }
                let silent = if change == Change::Extra {
                    &views.views[0]
                } else {
                    view
                };
                if matches!(change, Change::Missing | Change::Extra) && is_hidden(silent, object, &mut untold)
                {
                    continue;
                }
                let words = words(&change, each[0], *own);
                deviations.push(Deviation {
                    view: index,
                    change,
                    words,
                });
            }
            if deviations.is_empty() {
                continue;
            }
            let unique = ["unique", "UNIQUE", "PRIMARY", "EXCLUDE"];
            found.push(Found {
                object: object.name.clone(),
                name: String::new(),
                what: match object.kind {
                    ObjectKind::Index => What::Index {
                        unique: unique
                            .iter()
                            .any(|word| object.definition.split(' ').any(|own| own == *word)),
                    },
                    kind => What::Object(kind),
                },
                subject: Subject::Object(object.kind, object.name.clone()),
                deviations,
                nodes: definitions(&views.views, &each),
            });
        }
    }
    views.untold.extend(untold);
    found
}

fn definitions(views: &[View], each: &[Option<&SchemaObject>]) -> BTreeMap<String, Option<String>> {
    let definition = |(view, object): (&View, &Option<&SchemaObject>)| {
        (
            view.address.clone(),
            object.map(|object| object.definition.clone()),
        )
    };
    views.iter().zip(each).map(definition).collect()
}

/// Whether it is an index of a table that some server lacks: it is made with the table.
fn made_with_a_missing_table(object: &SchemaObject, by_name: &[BTreeMap<Key<'_>, &SchemaObject>]) -> bool {
    let Some(table) = object.table.as_ref().filter(|_| object.kind == ObjectKind::Index) else {
        return false;
    };
    let has = |objects: &BTreeMap<Key<'_>, &SchemaObject>| {
        let mut tables = objects.range((ObjectKind::Table, "")..(ObjectKind::Index, ""));
        tables.any(|(_, other)| other.table.as_ref() == Some(table))
    };
    let holds = |objects: &BTreeMap<Key<'_>, &SchemaObject>| {
        objects.contains_key(&(object.kind, object.name.as_str()))
    };
    // Where the table is there and the index is not, the index itself is what is missing.
    by_name.iter().all(|objects| holds(objects) || !has(objects))
        && by_name.iter().any(|objects| !has(objects))
}

/// Whether a server may have an object and not show it.
fn is_hidden(view: &View, object: &SchemaObject, untold: &mut Vec<SchemaUntold>) -> bool {
    if view.partial {
        return true;
    }
    let refused = view.image.refusals.iter().find(|refusal| {
        refusal.object == object.name || refusal.object.ends_with(&format!(" {}", object.name))
    });
    let Some(refusal) = refused else { return false };
    let told = SchemaUntold {
        server: view.address.clone(),
        what: refusal.object.clone(),
        why: refusal.reason.clone(),
        grant: None,
    };
    if !untold.contains(&told) {
        untold.push(told);
    }
    true
}

fn words(change: &Change, want: Option<&SchemaObject>, have: Option<&SchemaObject>) -> String {
    match (change, want, have) {
        (Change::Differs(_), Some(want), Some(have)) => {
            let (wanted, had) = parted(&want.definition, &have.definition);
            format!("has `{had}` where the first has `{wanted}`")
        }
        (Change::Extra, ..) => "has it alone".to_owned(),
        (Change::Missing, Some(want), _) if want.kind == ObjectKind::Table => {
            "lacks it and its rows: the repair makes it empty, the rows are for a data check".to_owned()
        }
        _ => "lacks it".to_owned(),
    }
}

/// The words from where two texts part, a few of each.
pub(super) fn parted(one: &str, other: &str) -> (String, String) {
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    // From the beginning of the word that differs.
    let start = one
        .char_indices()
        .take(same)
        .filter(|(_, character)| character.is_whitespace())
        .map(|(at, character)| at + character.len_utf8())
        .last()
        .unwrap_or(0);
    let excerpt = |text: &str| {
        let rest = text.get(start..).unwrap_or_default();
        let mut short: String = rest.chars().take(60).collect();
        if short.len() < rest.len() {
            short.push('…');
        }
        short
    };
    (excerpt(one), excerpt(other))
}

#[cfg(test)]
mod tests {
    use super::parted;

    #[test]
    fn texts_are_shown_from_the_word_that_differs() {
        let (one, other) = parted("select a from t", "select abc from t");
        assert_eq!((one.as_str(), other.as_str()), ("a from t", "abc from t"));
        let (one, other) = parted("a", "a b");
        assert_eq!((one.as_str(), other.as_str()), ("a", "a b"));
        let (_, cut) = parted("x", &"ä".repeat(80));
        assert!(cut.ends_with('…') && cut.chars().count() == 61, "{cut}");
    }
}
