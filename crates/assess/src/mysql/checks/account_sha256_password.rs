//! Aurora has caching_sha2_password, mysql_native_password and its own plugin for IAM, and no sha256_password; 8.4
//! calls it deprecated (MySQL Shell, `authMethodUsage`; Aurora User Guide, "Aurora MySQL version 8.4").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.sha256_password",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "accounts that log in by sha256_password",
        remedy: "set the password anew with caching_sha2_password, which clients of sha256_password speak",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let found = facts
        .carried_accounts()?
        .filter(|account| account.plugin == "sha256_password");
    Ok(found
        .map(|account| Hit::new(account.quoted(), format!("it logs in by {}", account.plugin)))
        .collect())
}
