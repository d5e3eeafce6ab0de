//! Router of 8.4 makes its accounts with caching_sha2_password (MySQL Shell and Aurora precheck,
//! `deprecatedRouterAuthMethod`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.router",
        engines: Engine::MYSQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::into(8, 4, 0),
        title: "accounts of MySQL Router that log in by mysql_native_password",
        remedy: "bootstrap the router again against Aurora, or do without it",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let routers = facts.carried_accounts()?.filter(|account| {
        account.user.starts_with("mysql_router")
            && ["", "mysql_native_password", "sha256_password"].contains(&account.plugin.as_str())
    });
    Ok(routers
        .map(|account| {
            Hit::new(
                account.quoted(),
                "an account that MySQL Router made for itself, with an old plugin",
            )
        })
        .collect())
}
