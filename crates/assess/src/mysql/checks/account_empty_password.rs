//! On Aurora such an account is open to everything that the security group lets in.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.empty_password",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "accounts without a password",
        remedy: "set a password, or lock the account",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let own = [
        "",
        "mysql_native_password",
        "mysql_old_password",
        "sha256_password",
        "caching_sha2_password",
        "ed25519",
    ];
    let open = facts.carried_accounts()?.filter(|account| {
        account.hash_length == 0 && !account.locked && own.contains(&account.plugin.as_str())
    });
    Ok(open
        .map(|account| Hit::new(account.quoted(), "anybody who knows its name is let in"))
        .collect())
}
