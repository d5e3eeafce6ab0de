//! 5.7.5 removed the old hash and mysql_old_password (MySQL manual, "Migrating Away from Pre-4.1 Password Hashing").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.old_password",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Blocks,
        crossing: Crossing::into(5, 7, 5),
        title: "accounts whose password is hashed as before 4.1",
        remedy: "set the password anew",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let old = facts.carried_accounts()?.filter(|account| {
        account.plugin == "mysql_old_password"
            || account.hash_length == 16 && matches!(account.plugin.as_str(), "" | "mysql_native_password")
    });
    Ok(old
        .map(|account| {
            Hit::new(
                account.quoted(),
                "its password is hashed in the way of before 4.1",
            )
        })
        .collect())
}
