//! What is to be against what is.

use serde::Serialize;

use crate::error::CloudError;
use crate::port::{Cloud, Found};
use crate::resource::{Resource, starts_again, starts_again_at_once};

/// Attributes that are said once, when it is made.
const FIXED: [&str; 11] = [
    "administrator",
    "cluster",
    "database",
    "encrypted",
    "engine",
    "family",
    "key",
    "network",
    "vpc",
    "zone",
    "type",
];

/// An attribute that is not as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its name.
    pub name: String,
    /// As it is; none where it is missing.
    pub is: Option<String>,
    /// As it is to be; none where it is to go.
    pub to_be: Option<String>,
    /// Whether it can only be said when the resource is made.
    pub fixed: bool,
    /// Whether the change starts instances again: in the maintenance window, unless it is asked for at once.
    pub restarts: bool,
    /// Whether the change starts instances again as soon as it is asked for, so that only whoever wants that at once may ask.
    pub at_once: bool,
    /// Whether the provider has the change, and it waits for the maintenance window.
    pub waits: bool,
    /// What waits for the maintenance window in its place, and is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

impl Difference {
    /// Whether it is as it is to be, and all that differs is what waits for the maintenance window.
    #[must_use]
    pub fn takes_back(&self) -> bool {
        self.instead.is_some() && (self.is.is_none() || self.is == self.to_be)
    }
}

/// What is to be done with a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum Action {
    /// It is as it is to be.
    Keep,
    /// It is not there.
    Create,
    /// It is there, and some of it is otherwise.
    Update {
        /// What.
        differences: Vec<Difference>,
    },
    /// It is as it is to be from the next maintenance window on.
    Wait {
        /// What waits.
        differences: Vec<Difference>,
    },
    /// Something of that name is there that is not ours.
    Taken,
}

/// A resource and what is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// As it is to be.
    #[serde(flatten)]
    pub resource: Resource,
    /// What is to be done.
    #[serde(flatten)]
    pub action: Action,
    /// Whether it is in a state of its own way to being usable.
    pub status: Option<String>,
    /// What the provider calls the one that is there.
    #[serde(skip)]
    pub id: Option<String>,
}

impl Planned {
    /// What of it differs and can only be said when it is made.
    pub(crate) fn fixed(&self) -> Option<&str> {
        match &self.action {
            Action::Update { differences } => differences
                .iter()
                .find(|difference| difference.fixed)
                .map(|difference| difference.name.as_str()),
            _ => None,
        }
    }

    /// What of it starts instances again as soon as it is asked for.
    pub(crate) fn only_at_once(&self) -> Option<&str> {
        match &self.action {
            Action::Update { differences } => differences
                .iter()
                .find(|difference| difference.at_once)
                .map(|difference| difference.name.as_str()),
            _ => None,
        }
    }
}

/// Compares every resource with what the provider has. Whose one is its tag says, which is given with the call that makes it: an intent
/// in the ledger may have come to nothing, and somebody else have taken the name since.
///
/// # Errors
/// When the provider cannot be asked.
pub async fn plan(cloud: &dyn Cloud, resources: &[Resource]) -> Result<Vec<Planned>, CloudError> {
    let mut planned = Vec::with_capacity(resources.len());
    for resource in resources {
        let found = cloud.find(resource.kind, &resource.name).await?;
        planned.push(compare(resource, found));
    }
    Ok(planned)
}

/// How many resources are not as they are to be.
#[must_use]
pub fn changes(planned: &[Planned]) -> usize {
    planned
        .iter()
        .filter(|planned| !matches!(planned.action, Action::Keep | Action::Wait { .. }))
        .count()
}

pub(crate) fn compare(resource: &Resource, found: Option<Found>) -> Planned {
    let status = found.as_ref().map(|found| found.status.clone());
    let id = found.as_ref().and_then(|found| found.id.clone());
    let action = match found {
        None => Action::Create,
        Some(found) if !found.ours => Action::Taken,
        Some(found) => match differences(resource, &found) {
            none if none.is_empty() => Action::Keep,
            differences if differences.iter().all(|difference| difference.waits) => {
                Action::Wait { differences }
            }
            differences => Action::Update { differences },
        },
    };
    Planned {
        resource: resource.clone(),
        action,
        status,
        id,
    }
}

/// What the provider does not say of an attribute is no difference; of a collection it says all.
fn differences(resource: &Resource, there: &Found) -> Vec<Difference> {
    let (to_be, is) = (&resource.attributes, &there.attributes);
    let in_collection = |name: &str| name.contains(' ');
    let mut differences = Vec::new();
    for (name, value) in to_be {
        let found = is.get(name);
        let is_so = found == Some(value) || (found.is_none() && !in_collection(name));
        let waiting = there.pending.get(name);
        let instead = waiting.filter(|waiting| *waiting != value).cloned();
        if is_so && instead.is_none() {
            continue;
        }
        differences.push(Difference {
            name: name.clone(),
            is: found.cloned(),
            to_be: Some(value.clone()),
            fixed: FIXED.contains(&name.as_str()),
            restarts: !is_so && starts_again(resource.kind, name),
            at_once: !is_so && starts_again_at_once(resource.kind, name),
            waits: waiting == Some(value),
            instead,
        });
    }
    let beside = is
        .iter()
        .filter(|(name, _)| in_collection(name) && !to_be.contains_key(*name));
    differences.extend(beside.map(|(name, value)| Difference {
        name: name.clone(),
        is: Some(value.clone()),
        to_be: None,
        fixed: false,
        restarts: false,
        at_once: false,
        waits: false,
        instead: None,
    }));
    differences
}

#[cfg(test)]
mod tests {
    use super::{Action, changes, compare};
    use crate::port::Found;
    use crate::resource::{Attributes, Kind, Resource};

    #[test]
    fn what_waits_for_the_window_is_no_change() {
        let attributes = |class: &str| [("class", class.to_owned()), ("zone", "a".to_owned())];
        let reader = Resource::new(Kind::Instance, "r".to_owned(), attributes("large"));
        let mut found = Found {
            id: None,
            attributes: attributes("small")
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
            pending: Attributes::new(),
            ours: true,
            ready: true,
            status: String::new(),
        };
        let Action::Update { differences } = compare(&reader, Some(found.clone())).action else {
            panic!("it differs");
        };
        assert!(differences.len() == 1 && differences[0].restarts && !differences[0].waits);
        found.pending.insert("class".to_owned(), "huge".to_owned());
        let action = compare(&reader, Some(found.clone())).action;
        assert!(matches!(action, Action::Update { .. }), "another waits");
        found.pending.insert("class".to_owned(), "large".to_owned());
        let planned = compare(&reader, Some(found.clone()));
        assert!(matches!(planned.action, Action::Wait { .. }) && changes(&[planned]) == 0);
        // The plan is put back: what waits is not what is wanted any more.
        let put_back = Resource::new(Kind::Instance, "r".to_owned(), attributes("small"));
        let planned = compare(&put_back, Some(found.clone()));
        let Action::Update { differences } = &planned.action else {
            panic!("what waits is to be taken back");
        };
        let [class] = differences.as_slice() else {
            panic!("{differences:?}");
        };
        assert!(class.takes_back() && !class.restarts && !class.waits && class.name == "class");
        assert_eq!(class.instead.as_deref(), Some("large"));
        assert_eq!(changes(&[planned]), 1);
        // Some providers go on telling what was taken back, as that which it is.
        found.pending.insert("class".to_owned(), "small".to_owned());
        assert_eq!(compare(&put_back, Some(found)).action, Action::Keep);
    }

    #[test]
    fn another_port_is_for_whoever_wants_it_at_once() {
        let cluster = |port: &str| {
            let attributes = [("port", port.to_owned()), ("backup_days", "7".to_owned())];
            Resource::new(Kind::Cluster, "shop".to_owned(), attributes)
        };
        let found = |port: &str| Found {
            id: None,
            attributes: cluster(port).attributes,
            pending: Attributes::new(),
            ours: true,
            ready: true,
            status: String::new(),
        };
        let planned = compare(&cluster("3307"), Some(found("3306")));
        let Action::Update { differences } = &planned.action else {
            panic!("it differs");
        };
        assert!(differences.len() == 1 && differences[0].at_once && !differences[0].restarts);
        assert_eq!(planned.only_at_once(), Some("port"));
        assert_eq!(
            compare(&cluster("3306"), Some(found("3306"))).only_at_once(),
            None
        );
    }

    #[test]
    fn what_is_not_said_is_no_difference() {
        let group = Resource::new(
            Kind::SecurityGroup,
            "shop-db".to_owned(),
            [
                ("vpc", "v".to_owned()),
                ("in 10.0.0.0/16 3306", "applications".to_owned()),
            ],
        );
        let found = |attributes: &[(&str, &str)], ours| Found {
            id: None,
            attributes: attributes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            pending: Attributes::new(),
            ours,
            ready: true,
            status: String::new(),
        };
        let action = |found| compare(&group, found).action;
        assert_eq!(action(None), Action::Create);
        assert_eq!(action(Some(found(&[], false))), Action::Taken);
        assert_eq!(
            action(Some(found(&[("in 10.0.0.0/16 3306", "applications")], true))),
            Action::Keep
        );
        let Action::Update { differences } =
            action(Some(found(&[("vpc", "w"), ("in 0.0.0.0/0 3306", "")], true)))
        else {
            panic!("it differs");
        };
        let named: Vec<(&str, bool, bool)> = differences
            .iter()
            .map(|difference| {
                (
                    difference.name.as_str(),
                    difference.to_be.is_some(),
                    difference.fixed,
                )
            })
            .collect();
        assert_eq!(
            named,
            [
                ("in 10.0.0.0/16 3306", true, false),
                ("vpc", true, true),
                ("in 0.0.0.0/0 3306", false, false)
            ]
        );
    }
}
