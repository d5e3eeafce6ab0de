//! The least an account needs so that every check can tell.

use daybreak_model::{Flavor, Product, Version};

use super::quote;

/// The statements that give an account all that an assessment looks at, and nothing that writes. `SELECT` on everything
/// makes tables, accounts and the bodies of routines visible; of the rows of applications only zero dates are looked for.
///
/// Source: the privileges of the MySQL manual, "Privileges Provided by MySQL" and the MariaDB documentation, "GRANT"
/// (10.5 parts `REPLICATION CLIENT` in two).
#[must_use]
pub fn mysql_grants(flavor: &Flavor, user: &str, host: &str) -> Vec<String> {
    let maria_db = flavor.product == Product::MariaDb;
    let replication: &[&str] = match () {
        () if maria_db && flavor.version >= Version::new(10, 5, 0) => &["BINLOG MONITOR", "SLAVE MONITOR"],
        () if !maria_db && flavor.version >= Version::new(8, 0, 0) && flavor.is_managed() => {
            &["REPLICATION CLIENT", "XA_RECOVER_ADMIN"]
        }
        // Without the last, the server shows its resource groups to nobody.
        () if !maria_db && flavor.version >= Version::new(8, 0, 0) => {
            &["REPLICATION CLIENT", "XA_RECOVER_ADMIN", "RESOURCE_GROUP_USER"]
        }
        () => &["REPLICATION CLIENT"],
    };
    let all = ["SELECT", "PROCESS", "SHOW VIEW", "TRIGGER", "EVENT"]
        .iter()
        .chain(replication);
    let all: Vec<&str> = all.copied().collect();
    vec![format!(
        "GRANT {} ON *.* TO {}",
        all.join(", "),
        quote::account(user, host)
    )]
}
