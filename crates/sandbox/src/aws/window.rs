//! Changes that wait for the maintenance window, all of which moto makes at once ("Using the schedule modifications setting", RDS User
//! Guide): without `ApplyImmediately` they wait in a queue, and with it everything in the queue is made, too.

use std::collections::BTreeMap;

/// What waits: of which resource, and its new value.
pub(super) type Waiting = BTreeMap<String, String>;

/// A call that changes something, the one that tells of it, what names the resource, and what waits.
const CALLS: [(&str, &str, &str, &str); 2] = [
    (
        "ModifyDBInstance",
        "DescribeDBInstances",
        "DBInstanceIdentifier",
        "DBInstanceClass",
    ),
    (
        "ModifyDBCluster",
        "DescribeDBClusters",
        "DBClusterIdentifier",
        "EngineVersion",
    ),
];

/// The form as moto is to have it: without what is to wait, with what has waited. None where it is the same.
pub(super) fn held_back(
    action: &str,
    form: &BTreeMap<String, String>,
    waiting: &mut Waiting,
) -> Option<String> {
    let (_, _, name, element) = CALLS.iter().find(|(call, ..)| *call == action)?;
    let name = form.get(*name)?;
    let mut form = form.clone();
    if form.get("ApplyImmediately").map(String::as_str) == Some("true") {
        let value = waiting.remove(name)?;
        form.entry((*element).to_owned()).or_insert(value);
    } else {
        waiting.insert(name.clone(), form.remove(*element)?);
    }
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(&form);
    Some(body.finish())
}

/// What moto says, and what waits.
pub(super) fn told(action: &str, mut text: String, waiting: &Waiting) -> String {
    let Some((_, _, name, element)) = CALLS.iter().find(|(_, call, ..)| *call == action) else {
        return text;
    };
    for (resource, value) in waiting {
        let named = format!("<{name}>{resource}</{name}>");
        let pending =
            format!("<PendingModifiedValues><{element}>{value}</{element}></PendingModifiedValues>");
        text = text.replace(&named, &format!("{named}{pending}"));
    }
    text
}
