//! An account with the password it has, for another server: by the hash that a server shows to whoever may read the database `mysql`.
//!
//! Facts from the manuals: MySQL "SHOW CREATE USER" (5.7.6), "print_identified_with_as_hex" (8.0.17), "CREATE USER"; MariaDB "SHOW
//! CREATE USER" (10.2), "CREATE USER" (`IDENTIFIED BY PASSWORD`, `IDENTIFIED VIA … USING`).

use daybreak_model::{Flavor, Product, Secret, Version};
use mysql_async::Row;
use mysql_async::prelude::Queryable;

use super::connection::Server;
use super::quote;
use super::schema::tokens::{Kind, Token, tokens};
use crate::{AccountCopy, EngineError, ErrorKind, HASH};

const NATIVE: &str = "mysql_native_password";

/// How an account is known, as its server prints it.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    plugin: Option<String>,
    /// The hash as a literal.
    hash: Option<Secret>,
    /// From `REQUIRE` to what follows about resources.
    requires: String,
    default_roles: Option<String>,
    locked: bool,
}

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
        let known = if flavor.product != Product::MariaDb && flavor.version < Version::new(5, 7, 6) {
            self.known_of_old(name).await?
        } else {
            let text = self.shown_account(name).await?;
            known(&text).ok_or_else(|| {
                let what = format!("failed to understand how account {name} is known");
                self.error(ErrorKind::Unsupported, what)
            })?
        };
        copy(name, flavor, to, known).map_err(|(plugin, version)| EngineError {
            hint: Some("make it there with a new password".to_owned()),
            ..self.error(
                ErrorKind::Unsupported,
                format!("failed to copy account {name}: its password is kept by {plugin}, which {version} does not take"),
            )
        })
    }

    async fn shown_account(&self, name: &str) -> Result<String, EngineError> {
        let what = format!("failed to read how account {name} is known");
        let mut conn = self.borrow().await?;
        let flavor = self.flavor().await?;
        if flavor.product != Product::MariaDb && flavor.version >= Version::new(8, 0, 17) {
            // A hash of caching_sha2_password has bytes that are no text.
            let set = conn
                .query_drop("SET SESSION print_identified_with_as_hex = ON")
                .await;
            set.map_err(|error| self.failed(&what, error))?;
        }
        let rows: Vec<Row> = self
            .rows_on(&mut conn, &what, &format!("SHOW CREATE USER {name}"))
            .await?;
        self.keep(conn);
        text(&rows, 0).ok_or_else(|| self.error(ErrorKind::Unsupported, what))
    }

    /// Before 5.7.6 the table alone tells.
    async fn known_of_old(&self, name: &str) -> Result<Known, EngineError> {
        let what = format!("failed to read how account {name} is known");
        let sql = format!(
            "SELECT Password, COALESCE(CAST(plugin AS CHAR), ''), COALESCE(CAST(authentication_string AS CHAR), '') FROM mysql.user \
             WHERE CONCAT('''', User, '''@''', Host, '''') = {}",
            quote::text(name)
        );
        let rows: Vec<Row> = self.rows(&what, &sql).await?;
        let column = |index| text(&rows, index);
        let (Some(password), Some(plugin), Some(other)) = (column(0), column(1), column(2)) else {
            return Err(self.error(ErrorKind::Unsupported, what));
        };
        let hash = if password.is_empty() { other } else { password };
        Ok(Known {
            plugin: Some(plugin).filter(|plugin| !plugin.is_empty()),
            hash: (!hash.is_empty()).then(|| Secret::new(quote::text(&hash))),
            requires: String::new(),
            default_roles: None,
            locked: false,
        })
    }
}

/// A value of the first row, where it is text. An error that showed the row would show the hash.
fn text(rows: &[Row], column: usize) -> Option<String> {
    rows.first()?.get_opt::<String, _>(column)?.ok()
}

/// Reads what `SHOW CREATE USER` prints; none where there is more than one way to log in.
fn known(text: &str) -> Option<Known> {
    let all = tokens(text);
    let word = |index: usize, word: &str| all.get(index).is_some_and(|token| token.is_word(word));
    let find = |name: &str| all.iter().position(|token| token.is_word(name));
    if find("OR").is_some() {
        return None;
    }
    let literal = |index: usize| {
        let token: &Token<'_> = all.get(index)?;
        let is_hex = token.kind == Kind::Word && token.text.starts_with("0x");
        (token.kind == Kind::Text || is_hex).then(|| Secret::new(token.text))
    };
    let mut known = Known {
        plugin: None,
        hash: None,
        requires: String::new(),
        default_roles: None,
        locked: false,
    };
    if let Some(at) = find("IDENTIFIED") {
        if word(at + 1, "BY") && word(at + 2, "PASSWORD") {
            known.hash = Some(literal(at + 3)?);
        } else {
            let plugin = all.get(at + 2)?;
            let quotes: &[char] = &['\'', '"', '`'];
            known.plugin = Some(plugin.text.trim_matches(quotes).to_owned());
            if word(at + 3, "AS") || word(at + 3, "USING") {
                known.hash = Some(literal(at + 4)?);
            }
        }
    }
    known.locked = all
        .windows(2)
        .any(|pair| pair[0].is_word("ACCOUNT") && pair[1].is_word("LOCK"));
    // What follows the hash: DEFAULT ROLE …, REQUIRE …, PASSWORD …, ACCOUNT ….
    let ends = |from: usize| {
        let mut rest = all.iter().skip(from);
        rest.find(|token| token.is_word("PASSWORD") || token.is_word("ACCOUNT") || token.is_word("COMMENT"))
            .map_or(text.len(), |token| token.start)
    };
    let require = find("REQUIRE");
    if let Some(at) = require.filter(|at| !word(at + 1, "NONE") || word(at + 2, "WITH")) {
        known.requires = format!(" {}", text[all[at].start..ends(at)].trim_end());
    }
    let roles = all
        .windows(2)
        .position(|pair| pair[0].is_word("DEFAULT") && pair[1].is_word("ROLE"));
    if let (Some(roles), Some(require)) = (roles, require) {
        let first = all.get(roles + 2)?.start;
        known.default_roles = Some(text[first..all[require].start].trim_end().to_owned());
    }
    Some(known)
}

/// The statements, or the way of keeping passwords that the other server does not have.
fn copy(name: &str, from: &Flavor, to: &Flavor, known: Known) -> Result<AccountCopy, (String, String)> {
    let to_mariadb = to.product == Product::MariaDb;
    let old = !to_mariadb && to.version < Version::new(5, 7, 6);
    let plugin = known.plugin.as_deref().unwrap_or(NATIVE);
    let takes = if plugin == NATIVE {
        known.hash.is_none() || to.has_native_password()
    } else {
        from.product == to.product
            && (plugin != "caching_sha2_password" || to.version >= Version::new(8, 0, 4))
    };
    if !takes {
        return Err((plugin.to_owned(), to.to_string()));
    }
    let identified = match (plugin == NATIVE, known.hash.is_some()) {
        (true, false) => String::new(),
        (true, true) if to_mariadb || old => format!(" IDENTIFIED BY PASSWORD {HASH}"),
        (_, hashed) => {
            let (with, by) = if to_mariadb {
                ("VIA", "USING")
            } else {
                ("WITH", "AS")
            };
            let hash = if hashed {
                format!(" {by} {HASH}")
            } else {
                String::new()
            };
            format!(" IDENTIFIED {with} {}{hash}", quoted_plugin(plugin, to_mariadb))
        }
    };
    let (requires, locked) = if old {
        (String::new(), "")
    } else {
        (known.requires, if known.locked { " ACCOUNT LOCK" } else { "" })
    };
    let roles = known.default_roles.filter(|_| from.product == to.product);
    Ok(AccountCopy {
        make: vec![format!("CREATE USER {name}{identified}{requires}{locked}")],
        after: roles
            .map(|roles| format!("ALTER USER {name} DEFAULT ROLE {roles}"))
            .into_iter()
            .collect(),
        hash: known.hash,
        left: None,
    })
}

/// MariaDB takes a plugin's name as an identifier.
fn quoted_plugin(plugin: &str, mariadb: bool) -> String {
    if mariadb {
        quote::name(plugin)
    } else {
        quote::text(plugin)
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Product, Version};

    use super::{copy, known};
    use crate::AccountCopy;

    fn copied(text: &str, from: &Flavor, to: &Flavor) -> Result<AccountCopy, (String, String)> {
        copy("'u'@'%'", from, to, known(text).expect("one way to log in"))
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
        assert_eq!(known(several), None);
    }
}
