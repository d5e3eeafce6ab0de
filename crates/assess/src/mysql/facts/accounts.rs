use daybreak_engine::EngineError;

use super::Fact;
use super::asking::{Answer, Asking};
use crate::mysql::quote;

/// An account. No password and no hash of one is ever read: only how long the hash is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Account {
    pub(crate) user: String,
    pub(crate) host: String,
    /// How it proves who it is; empty on servers that leave the default out.
    pub(crate) plugin: String,
    /// Characters of its password's hash.
    pub(crate) hash_length: u64,
    /// `ANY`, `X509`, `SPECIFIED` or empty.
    pub(crate) tls: String,
    /// Whether it is limited in questions, updates or connections.
    pub(crate) limited: bool,
    pub(crate) expired: bool,
    pub(crate) locked: bool,
    pub(crate) role: bool,
    /// MariaDB: whether it may log in by another plugin too.
    pub(crate) several_plugins: bool,
    /// Whether its password is its name or a common word, as far as the server can compare it.
    pub(crate) weak: bool,
}

impl Account {
    /// Its name as a statement wants it.
    pub(crate) fn quoted(&self) -> String {
        if self.role && self.host.is_empty() {
            quote::name(&self.user)
        } else {
            quote::account(&self.user, &self.host)
        }
    }

    /// Whether it belongs to the server itself or is the administrator's way in from the server's own machine: Aurora has
    /// its own, and these are not carried.
    pub(crate) fn stays(&self) -> bool {
        is_servers_own(&self.user) || self.user == "root" && self.host != "%"
    }

    /// Whether a person or program logs in with it after the move.
    pub(crate) fn is_carried(&self) -> bool {
        !self.stays() && !self.role && !self.user.is_empty()
    }
}

/// A privilege that an account holds on everything.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) user: String,
    pub(crate) host: String,
    pub(crate) privilege: String,
}

impl Held {
    /// From an account as `information_schema` prints it: in quotes, with nothing inside them escaped.
    pub(super) fn new(grantee: &str, privilege: String) -> Self {
        let inner = grantee
            .strip_prefix('\'')
            .and_then(|rest| rest.strip_suffix('\''))
            .unwrap_or(grantee);
        let (user, host) = inner.rsplit_once("'@'").unwrap_or((inner, ""));
        Self {
            user: user.to_owned(),
            host: host.to_owned(),
            privilege,
        }
    }

    /// Its account as a statement wants it.
    pub(crate) fn grantee(&self) -> String {
        quote::account(&self.user, &self.host)
    }

    /// Whether its account is not carried: see [`Account::stays`].
    pub(crate) fn stays(&self) -> bool {
        is_servers_own(&self.user) || self.user == "root" && self.host != "%"
    }

    /// The statement that takes it away.
    pub(crate) fn revoke(&self) -> String {
        format!("REVOKE {} ON *.* FROM {}", self.privilege, self.grantee())
    }
}

fn is_servers_own(user: &str) -> bool {
    user.starts_with("mysql.") || user == "mariadb.sys" || user == "rdsadmin" || user == "rdsrepladmin"
}

/// Passwords that are tried first, beside the account's name.
const COMMON: [&str; 9] = [
    "password", "mysql", "root", "secret", "changeme", "admin", "test", "123456", "welcome",
];

/// Whether a hash of `mysql_native_password` is that of such a password: compared by the server, so that none is read.
fn weak(kept: &str, user: &str) -> String {
    let hash = |word: &str| format!("CAST(CONCAT('*', UPPER(SHA1(UNHEX(SHA1({word}))))) AS BINARY)");
    let common = COMMON.iter().map(|word| hash(&format!("'{word}'")));
    let all: Vec<String> = std::iter::once(hash(user)).chain(common).collect();
    format!(
        "CASE WHEN CAST({kept} AS BINARY) IN ({}) THEN 'Y' ELSE 'N' END",
        all.join(", ")
    )
}

/// Who came since the server was started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Days since then.
    pub(crate) days: u64,
    users: std::collections::BTreeSet<String>,
}

impl Seen {
    #[cfg(test)]
    pub(crate) fn of<const N: usize>(days: u64, users: [&str; N]) -> Self {
        Self {
            days,
            users: users.map(str::to_owned).into(),
        }
    }

    /// Whether somebody came by an account of this name, or may have: on its first day a server cannot tell.
    pub(crate) fn has(&self, account: &Account) -> bool {
        self.days == 0 || self.users.contains(&account.user)
    }
}

/// Who came since the server was started, by the Performance Schema.
pub(super) async fn seen(asking: &Asking<'_>) -> Result<Fact<Seen>, EngineError> {
    let question = "SELECT FLOOR(CAST(VARIABLE_VALUE AS UNSIGNED) / 86400), NULL FROM {status}.global_status WHERE VARIABLE_NAME = 'Uptime' \
                    UNION ALL SELECT 0, USER FROM performance_schema.users WHERE USER IS NOT NULL AND TOTAL_CONNECTIONS > 0";
    let place = if asking.mysql_from(5, 7) {
        "performance_schema"
    } else {
        "information_schema"
    };
    let question = question.replace("{status}", place);
    let read = |mut row: Answer| (row.number(), row.text());
    let rows = asking.list("who came", &["SELECT"], &question, read).await?;
    Ok(rows.map(|rows| Seen {
        days: rows.iter().map(|(days, _)| *days).max().unwrap_or(0),
        users: rows
            .into_iter()
            .map(|(_, user)| user)
            .filter(|user| !user.is_empty())
            .collect(),
    }))
}

/// All accounts and roles.
pub(super) async fn accounts(asking: &Asking<'_>) -> Result<Fact<Vec<Account>>, EngineError> {
    let hash = if asking.mysql_from(5, 7) {
        "LENGTH(authentication_string)"
    } else {
        "GREATEST(LENGTH(Password), COALESCE(LENGTH(authentication_string), 0))"
    };
    let role = match () {
        // What CREATE ROLE makes: an account that nobody can log in with, and that has no password to expire.
        () if asking.mysql_from(8, 0) => {
            "account_locked = 'Y' AND password_expired = 'Y' AND authentication_string = ''"
        }
        () if asking.maria_db_from(10, 1) => "is_role",
        () => "'N'",
    };
    let locked = if asking.mysql_from(5, 7) {
        "account_locked"
    } else {
        "'N'"
    };
    // Passwords expire since 5.6.6.
    let old = !asking.is_maria_db() && !asking.mysql_at(5, 6, 6);
    // 9.0 has neither such passwords nor, later, SHA1().
    let native = match () {
        () if asking.mysql_from(9, 0) => None,
        () if asking.mysql_from(5, 7) => Some("authentication_string"),
        () => Some("Password"),
    };
    let question = if asking.maria_db_from(10, 4) {
        include_str!("accounts_mariadb.sql").replace("{weak}", &weak("u.authentication_string", "u.User"))
    } else {
        include_str!("accounts.sql")
            .replace("{hash}", hash)
            .replace("{expired}", if old { "'N'" } else { "password_expired" })
            .replace("{locked}", locked)
            .replace("{role}", role)
            .replace(
                "{weak}",
                &native.map_or_else(|| "'N'".to_owned(), |kept| weak(kept, "User")),
            )
    };
    let read = |mut row: Answer| Account {
        user: row.text(),
        host: row.text(),
        plugin: row.text(),
        hash_length: row.number(),
        tls: row.text(),
        limited: row.yes(),
        expired: row.yes(),
        locked: row.yes(),
        role: row.yes(),
        several_plugins: row.yes(),
        weak: row.yes(),
    };
    asking.list("the accounts", &["SELECT"], &question, read).await
}

/// Privileges of all accounts on everything.
pub(super) async fn privileges(asking: &Asking<'_>) -> Result<Fact<Vec<Held>>, EngineError> {
    let question = "SELECT GRANTEE, PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES ORDER BY GRANTEE, PRIVILEGE_TYPE";
    let read = |mut row: Answer| Held::new(&row.text(), row.text());
    asking
        .list("the privileges of all accounts", &["SELECT"], question, read)
        .await
}

/// Accounts that may act as others: who, as whom.
pub(super) async fn proxies(asking: &Asking<'_>) -> Result<Fact<Vec<(Account, Account)>>, EngineError> {
    let question =
        "SELECT User, Host, Proxied_user, Proxied_host FROM mysql.proxies_priv ORDER BY User, Host";
    let account = |row: &mut Answer| Account {
        user: row.text(),
        host: row.text(),
        ..Account::default()
    };
    asking
        .list("the proxy accounts", &["SELECT"], question, move |mut row| {
            (account(&mut row), account(&mut row))
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::Held;

    #[test]
    fn hostile_accounts_stay_accounts() {
        let held = Held::new("'it's'@'%'", "SUPER".to_owned());
        assert_eq!(held.revoke(), "REVOKE SUPER ON *.* FROM 'it''s'@'%'");
    }
}
