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
                subject: Subject::Definer,
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
            subject: if what == What::Account {
                Subject::Account
            } else {
                Subject::Rights
            },
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
        let is_target = |view: &View| view.place == SchemaPlace::Target;
        let across = is_target(&views[0]) != is_target(view);
        for account in first {
            if of(own, &account.name).is_none() {
                // Those who look after the old servers have no business on the new one, and the other way round.
                if across && !account.on_objects {
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
            }
            let Gap { less, more } = gap(views, view, &account.name);
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
            if of(first, &account.name).is_none() && !across {
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
    // A role is made before whoever has it, and both before what they have is compared.
    let has_roles = |name: &str| {
        let account = of(first, name);
        account.is_some_and(|account| {
            let mut rights = account.rights.iter();
            rights.any(|right| right.starts_with("role ") || right.starts_with("member of "))
        })
    };
    found.sort_by_key(|found| match found.what {
        What::Account => usize::from(has_roles(&found.object)),
        _ => 2,
    });
    found
}

/// What an account may do less and more on a server than on the first, in the words of its [`Account`].
#[derive(Debug, Default)]
pub(super) struct Gap {
    pub(super) less: Vec<String>,
    pub(super) more: Vec<String>,
}

/// What an account that the first server has lacks on another, all of it where the account is not there, and has beside.
pub(super) fn gap(views: &[View], view: &View, name: &str) -> Gap {
    let first = &views[0];
    let Some(wanted) = first.accounts.as_deref().and_then(|accounts| of(accounts, name)) else {
        return Gap::default();
    };
    let have = view.accounts.as_deref().and_then(|accounts| of(accounts, name));
    // A managed server gives its customers other rights everywhere than their own servers had.
    let same_host = view.flavor.is_managed() == first.flavor.is_managed();
    if have.is_some() && !same_host {
        return Gap::default();
    }
    let kind = |view: &View| {
        (
            view.flavor.product,
            view.flavor.version.major,
            view.flavor.version.minor,
        )
    };
    let alike = kind(view) == kind(first);
    let all = |account: &Account| -> BTreeSet<String> {
        let versioned = account.versioned.iter().filter(|_| alike && same_host);
        let rights = account.rights.iter();
        rights
            .filter(|right| same_host || !right.ends_with(" ON *.*"))
            .chain(versioned)
            .cloned()
            .collect()
    };
    let want = all(wanted);
    let have = have.map(all).unwrap_or_default();
    Gap {
        less: want.difference(&have).cloned().collect(),
        more: have.difference(&want).cloned().collect(),
    }
}

fn of<'a>(accounts: &'a [Account], name: &str) -> Option<&'a Account> {
    accounts.iter().find(|account| account.name == name)
}
