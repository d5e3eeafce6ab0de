//! What stands beside the objects: accounts and their rights, definers, and events that are awake where they should sleep. Pure.

use std::collections::{BTreeMap, BTreeSet};

use daybreak_model::{Account, some_of};

use super::SchemaPlace;
use super::classify::{Change, What};
use super::compare::{Deviation, Found, Subject};
use super::observe::View;

/// Events that run on a server that gets their effects from another.
pub(super) fn awake(views: &[View]) -> Vec<Found> {
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for (index, view) in views.iter().enumerate().skip(1).filter(|(_, view)| view.follows) {
        for event in view
            .image
            .objects
            .iter()
            .filter(|object| !object.enable.is_empty())
        {
            let status = |view: &View| {
                let mut own = view.image.objects.iter();
                let own = own.find(|object| object.kind == event.kind && object.name == event.name);
                own.map(|own| {
                    if own.enable.is_empty() {
                        "not enabled"
                    } else {
                        "enabled"
                    }
                    .to_owned()
                })
            };
            let entry = found.entry(event.name.clone()).or_insert_with(|| Found {
                object: event.name.clone(),
                name: String::new(),
                what: What::EventAwake,
                subject: Subject::Event(event.name.clone()),
                deviations: Vec::new(),
                nodes: views
                    .iter()
                    .map(|view| (view.address.clone(), status(view)))
                    .collect(),
            });
            entry.deviations.push(Deviation {
                view: index,
                change: Change::Extra,
                words: "runs it, and gets its effects from the first as well".to_owned(),
            });
        }
    }
    found.into_values().collect()
}

/// Accounts in whose names something runs and that are not there: on every server, the first as well.
pub(super) fn definers(views: &[View]) -> Vec<Found> {
    let mut found: BTreeMap<&str, Found> = BTreeMap::new();
    for (index, view) in views.iter().enumerate() {
        for definer in &view.absent_definers {
            let entry = found.entry(&definer.account).or_insert_with(|| Found {
                object: definer.account.clone(),
                name: String::new(),
                what: What::Definer,
                subject: Subject::Nothing,
                deviations: Vec::new(),
                nodes: views
                    .iter()
                    .map(|view| (view.address.clone(), Some("there, or not needed".to_owned())))
                    .collect(),
            });
            entry.nodes.insert(view.address.clone(), None);
            entry.deviations.push(Deviation {
                view: index,
                change: Change::Missing,
                words: format!(
                    "lacks it, the definer of {}: using those is refused",
                    some_of(&definer.objects)
                ),
            });
        }
    }
    found.into_values().collect()
}

/// Accounts that are missing or extra, or may do other things.
pub(super) fn accounts(views: &[View]) -> Vec<Found> {
    let Some(first) = views[0].accounts.as_deref() else {
        return Vec::new();
    };
    let mut found: Vec<Found> = Vec::new();
    let mut tell = |name: &str, what: What, index: usize, change: Change, words: String| {
        let same = |found: &&mut Found| found.what == what && found.object == name;
        let deviation = Deviation {
            view: index,
            change,
            words,
        };
        if let Some(known) = found.iter_mut().find(same) {
            known.deviations.push(deviation);
            return;
        }
        let rights = |view: &View| {
            let account = view
                .accounts
                .as_ref()?
                .iter()
                .find(|account| account.name == name)?;
            Some(account.rights.iter().cloned().collect::<Vec<_>>().join(", "))
        };
        found.push(Found {
            object: name.to_owned(),
            name: String::new(),
            what,
            subject: Subject::Nothing,
            deviations: vec![deviation],
            nodes: views
                .iter()
                .map(|view| (view.address.clone(), rights(view)))
                .collect(),
        });
    };
    for (index, view) in views.iter().enumerate().skip(1) {
        let Some(own) = view.accounts.as_deref() else {
            continue;
        };
        let of =
            |accounts: &[Account], name: &str| accounts.iter().find(|account| account.name == name).cloned();
        let alike = (
            view.flavor.product,
            view.flavor.version.major,
            view.flavor.version.minor,
        ) == (
            views[0].flavor.product,
            views[0].flavor.version.major,
            views[0].flavor.version.minor,
        );
        for account in first {
            let Some(have) = of(own, &account.name) else {
                // Those who look after the old servers have no business on the new one.
                if view.place == SchemaPlace::Target && !account.on_objects {
                    continue;
                }
                tell(
                    &account.name,
                    What::Account,
                    index,
                    Change::Missing,
                    "lacks it".to_owned(),
                );
                continue;
            };
            // A managed server gives its customers other rights than their own servers had.
            if view.flavor.is_managed() != views[0].flavor.is_managed() {
                continue;
            }
            let versioned = |account: &Account| {
                account
                    .versioned
                    .iter()
                    .filter(|_| alike)
                    .cloned()
                    .collect::<Vec<_>>()
            };
            let all = |account: &Account| {
                account
                    .rights
                    .iter()
                    .cloned()
                    .chain(versioned(account))
                    .collect::<BTreeSet<_>>()
            };
            let (want, have) = (all(account), all(&have));
            let less: Vec<String> = want.difference(&have).cloned().collect();
            let more: Vec<String> = have.difference(&want).cloned().collect();
            let mut words = Vec::new();
            if !less.is_empty() {
                words.push(format!("lacks {}", some_of(&less)));
            }
            if !more.is_empty() {
                words.push(format!("has {} beside", some_of(&more)));
            }
            if !words.is_empty() {
                tell(
                    &account.name,
                    What::Rights,
                    index,
                    Change::Differs(Vec::new()),
                    words.join(", "),
                );
            }
        }
        for account in own {
            if of(first, &account.name).is_none() && view.place != SchemaPlace::Target {
                tell(
                    &account.name,
                    What::Account,
                    index,
                    Change::Extra,
                    "has it alone".to_owned(),
                );
            }
        }
    }
    found
}
