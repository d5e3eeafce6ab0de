//! MAX_QUERIES_PER_HOUR and its like count per instance: readers and the writer count apart (MySQL manual, "Setting
//! Account Resource Limits").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.limits",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "accounts with limits of their own",
        remedy: "carry the limits with the account, and look whether they suit the instance class",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let limited = facts.carried_accounts()?.filter(|account| account.limited);
    Ok(limited
        .map(|account| {
            Hit::new(
                account.quoted(),
                "it is limited in questions, updates or connections",
            )
        })
        .collect())
}
