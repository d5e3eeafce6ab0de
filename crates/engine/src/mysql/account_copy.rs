//! An account with the password it has, for another server: by the hash that a server shows to whoever may read the database `mysql`.
//!
//! Facts from the manuals: MySQL "CREATE USER"; MariaDB "CREATE USER" (`IDENTIFIED BY PASSWORD`, `IDENTIFIED VIA … USING`).

use daybreak_model::{Flavor, Product, Version};

use super::connection::Server;
use super::known_account::{Known, NATIVE, Way};
use super::quote;
use crate::{AccountCopy, EngineError, ErrorKind, HASH};

impl Server {
    /// What makes an account on a server of another flavor.
    ///
    /// # Errors
    /// Also when the other server does not have the way in which the password is kept.
    pub(crate) async fn copy_account(&self, name: &str, to: &Flavor) -> Result<AccountCopy, EngineError> {
        let flavor = self.flavor().await?;
        if name.starts_with('`') {
            // Who makes a role holds it from then on, and without that may give it to nobody (MariaDB's "CREATE ROLE").
            let what = format!("failed to copy role {name}: whoever makes a role of MariaDB holds it");
            return Err(EngineError {
                hint: Some("make it there as the account that is to hold it".to_owned()),
                ..self.error(ErrorKind::Unsupported, what)
            });
        }
        let known = self.known_account(name).await?;
        copy(name, flavor, to, known).map_err(|(plugin, version)| EngineError {
            hint: Some("make it there with a new password".to_owned()),
            ..self.error(
                ErrorKind::Unsupported,
                format!("failed to copy account {name}: its password is kept by {plugin}, which {version} does not take"),
            )
        })
    }
}

/// The statements, or the way of keeping passwords that the other server does not have.
fn copy(name: &str, from: &Flavor, to: &Flavor, mut known: Known) -> Result<AccountCopy, (String, String)> {
    if known.ways.len() != 1 {
        let ways: Vec<String> = known.ways.into_iter().map(|way| way.plugin).collect();
        return Err((ways.join(" or "), to.to_string()));
    }
    let Way { plugin, hash } = known.ways.remove(0);
    let takes = if plugin == NATIVE {
        hash.is_none() || to.has_native_password()
    } else {
        from.product == to.product
            && (plugin != "caching_sha2_password" || to.version >= Version::new(8, 0, 4))
    };
    if !takes {
        return Err((plugin, to.to_string()));
    }
    let old = is_old(to);
    let identified = identified(&plugin, hash.is_some(), to);
    let mut conditions = String::new();
    if !old {
        conditions = conditions_of(&known);
        if known.locked {
            conditions.push_str(" ACCOUNT LOCK");
        }
    }
    let roles = known.default_roles.filter(|_| from.product == to.product);
    Ok(AccountCopy {
        make: vec![format!("CREATE USER {name}{identified}{conditions}")],
        after: roles
            .map(|roles| format!("ALTER USER {name} DEFAULT ROLE {roles}"))
            .into_iter()
            .collect(),
        hash,
        left: None,
    })
}

/// Whether `CREATE USER` takes nothing but a password.
pub(super) fn is_old(flavor: &Flavor) -> bool {
    flavor.product != Product::MariaDb && flavor.version < Version::new(5, 7, 6)
}

/// What a connection must prove and how much it may do, as it stands in `CREATE USER`.
pub(super) fn conditions_of(known: &Known) -> String {
    let mut conditions = String::new();
    if !known.requires.is_empty() {
        conditions = format!(" {}", known.requires);
    }
    if !known.limits.is_empty() {
        conditions.push_str(" WITH ");
        conditions.push_str(&known.limits.join(" "));
    }
    conditions
}

/// The way to log in, as it stands in `CREATE USER`, with [`HASH`] for the hash.
pub(super) fn identified(plugin: &str, hashed: bool, to: &Flavor) -> String {
    let mariadb = to.product == Product::MariaDb;
    match (plugin == NATIVE, hashed) {
        (true, false) => String::new(),
        (true, true) if mariadb || is_old(to) => format!(" IDENTIFIED BY PASSWORD {HASH}"),
        (_, hashed) => {
            let (with, by) = if mariadb { ("VIA", "USING") } else { ("WITH", "AS") };
            let hash = if hashed {
                format!(" {by} {HASH}")
            } else {
                String::new()
            };
            // MariaDB takes a plugin's name as an identifier.
            let plugin = if mariadb {
                quote::name(plugin)
            } else {
                quote::text(plugin)
            };
            format!(" IDENTIFIED {with} {plugin}{hash}")
        }
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Product, Version};

    use super::copy;
    use crate::AccountCopy;
    use crate::mysql::known_account::known;

    fn copied(text: &str, from: &Flavor, to: &Flavor) -> Result<AccountCopy, (String, String)> {
        copy("'u'@'%'", from, to, known(text).expect("understood"))
    }

    #[test]
    fn the_hash_is_kept_out_of_what_is_shown() {
        let new = Flavor::self_managed(Product::Mysql, Version::new(9, 7, 4));
        let text = "CREATE USER `u`@`%` IDENTIFIED WITH 'caching_sha2_password' AS 0x2441 DEFAULT ROLE `r`@`%` REQUIRE SSL \
            PASSWORD EXPIRE DEFAULT ACCOUNT LOCK PASSWORD HISTORY DEFAULT";
        let copy = copied(text, &new, &new).expect("a copy");
        assert_eq!(
            copy.make,
            [
                "CREATE USER 'u'@'%' IDENTIFIED WITH 'caching_sha2_password' AS <password hash> REQUIRE SSL ACCOUNT LOCK"
            ]
        );
        assert_eq!(copy.after, ["ALTER USER 'u'@'%' DEFAULT ROLE `r`@`%`"]);
        assert_eq!(copy.hash.as_ref().map(|hash| hash.expose()), Some("0x2441"));
        assert!(!format!("{copy:?}").contains("2441"), "{copy:?}");
    }

    #[test]
    fn each_server_is_told_in_its_words() {
        let (old, new) = (
            Flavor::self_managed(Product::Mysql, Version::new(5, 7, 44)),
            Flavor::self_managed(Product::Mysql, Version::new(9, 7, 4)),
        );
        let mariadb = Flavor::self_managed(Product::MariaDb, Version::new(10, 11, 18));
        let native = "CREATE USER 'u'@'%' IDENTIFIED WITH 'mysql_native_password' AS '*AB' REQUIRE NONE PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK";
        let by_password = "CREATE USER `u`@`%` IDENTIFIED BY PASSWORD '*AB'";
        let one =
            |text: &str, from: &Flavor, to: &Flavor| copied(text, from, to).map(|copy| copy.make.join(";"));
        let as_hash = "CREATE USER 'u'@'%' IDENTIFIED WITH 'mysql_native_password' AS <password hash>";
        assert_eq!(one(native, &old, &old).as_deref(), Ok(as_hash));
        assert_eq!(one(by_password, &mariadb, &old).as_deref(), Ok(as_hash));
        let by_hash = "CREATE USER 'u'@'%' IDENTIFIED BY PASSWORD <password hash>";
        assert_eq!(one(native, &old, &mariadb).as_deref(), Ok(by_hash));
        assert!(
            one(by_password, &mariadb, &new).is_err(),
            "9.7 has no such password"
        );
        let several =
            "CREATE USER `root`@`localhost` IDENTIFIED VIA mysql_native_password USING '*AB' OR unix_socket";
        let refused = copied(several, &mariadb, &mariadb);
        assert_eq!(
            refused.map_err(|(ways, _)| ways),
            Err("mysql_native_password or unix_socket".to_owned())
        );
    }
}
