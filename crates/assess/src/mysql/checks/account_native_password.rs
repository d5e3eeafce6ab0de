//! 8.4 calls the plugin deprecated; Aurora 8.4 keeps it on (Aurora User Guide, "Aurora MySQL version 8.4"; MySQL Shell
//! and Aurora precheck, `authMethodUsage`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.native_password",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Note,
        crossing: Crossing::into(8, 4, 0),
        title: "accounts that log in by mysql_native_password",
        remedy: "set the password anew with caching_sha2_password once every client of the account speaks it",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let native = facts.carried_accounts()?.filter(|account| {
        // MariaDB and 5.6 leave out what is the default.
        matches!(account.plugin.as_str(), "" | "mysql_native_password") && account.hash_length > 16
    });
    Ok(native
        .map(|account| Hit::new(account.quoted(), "it logs in by mysql_native_password"))
        .collect())
}
