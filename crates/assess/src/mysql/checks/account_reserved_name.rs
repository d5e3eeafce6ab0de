//! Amazon's own accounts cannot be made by customers (Aurora prechecks `auroraUpgradeCheckForInternalUsers`,
//! `auroraUpgradeCheckForMasterUser`; `rdsproxyadmin` is reserved in 8.4).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.reserved_name",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "accounts with names that Amazon uses itself",
        remedy: "give the account another name",
    },
    look,
};

const RESERVED: [&str; 6] = [
    "rdsadmin",
    "rdsrepladmin",
    "rdsproxyadmin",
    "rdstopmgr",
    "rds_superuser_role",
    "rdsrepladmin_priv_checks_user",
];

fn look(facts: &Facts) -> Looked {
    // On Amazon's servers they are Amazon's.
    if facts.flavor.is_managed() {
        return Ok(Vec::new());
    }
    let taken = facts
        .accounts
        .known()?
        .iter()
        .filter(|account| RESERVED.contains(&account.user.as_str()));
    Ok(taken
        .map(|account| Hit::new(account.quoted(), "Amazon has an account of this name"))
        .collect())
}
