//! Aurora has none of these plugins; it has IAM and Kerberos of its own (Aurora User Guide, "Database authentication
//! with Amazon Aurora"; MySQL Shell and Aurora precheck, `pluginUsage`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.external",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "accounts that a directory, PAM or a device lets in",
        remedy: "use IAM or Kerberos authentication of Aurora, or give the account a password",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let found = facts.carried_accounts()?.filter(|account| {
        [
            "pam",
            "ldap",
            "kerberos",
            "gssapi",
            "windows",
            "fido",
            "webauthn",
            "oci",
            "openid",
            "named_pipe",
            "cleartext",
        ]
        .iter()
        .any(|name| account.plugin.to_lowercase().contains(name))
    });
    Ok(found
        .map(|account| Hit::new(account.quoted(), format!("it logs in by {}", account.plugin)))
        .collect())
}
