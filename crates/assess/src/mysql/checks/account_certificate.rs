//! Aurora does not check certificates of clients (Aurora User Guide, "TLS connections to Aurora MySQL DB clusters").

use daybreak_model::{Severity, Version};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.certificate",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "accounts that must show a certificate",
        remedy: "require TLS of the account and let it prove itself by a password or IAM",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let certified = facts
        .carried_accounts()?
        .filter(|account| ["X509", "SPECIFIED"].contains(&account.tls.as_str()));
    Ok(certified
        .map(|account| {
            let statement = match facts.is_maria_db() || facts.flavor.version >= Version::new(5, 7, 0) {
                true => format!("ALTER USER {} REQUIRE SSL", account.quoted()),
                false => format!("GRANT USAGE ON *.* TO {} REQUIRE SSL", account.quoted()),
            };
            Hit::new(account.quoted(), format!("REQUIRE {}", account.tls)).mended_by(statement)
        })
        .collect())
}
