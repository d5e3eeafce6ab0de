//! Accounts as another server has to be told of them.
//!
//! Facts from the manuals: MySQL "Grant Tables" (lengths of names), "CREATE USER", "CREATE ROLE", "Account Names" (netmasks as
//! `/bits` since 8.0.23); MariaDB "CREATE USER", "CREATE ROLE"; Aurora user guide, "Security with Aurora MySQL" (no client
//! certificates, no local connections).

use daybreak_model::{Flavor, Product, Version};

use super::account_copy::{conditions_of, identified, is_old};
use super::accounts::RESERVED;
use super::carry_rights::{From, listed_roles, role_there, take};
use super::connection::Server;
use super::known_account::{Known, NATIVE, Way};
use super::privileges::account;
use super::quote;
use crate::{CarriedAccount, CarriedLogin, EngineError, ErrorKind, NEW_PASSWORD, Receiver};

/// Server error: the account has no privileges that are in force.
const NO_SUCH_GRANT: &str = "1141";

/// An account as the table of accounts has it.
struct Listed {
    user: String,
    host: String,
    role: bool,
}

impl Server {
    /// What this server has to give accounts.
    ///
    /// # Errors
    /// Also when our account may hand on nothing at all.
    pub(crate) async fn receiver(&self) -> Result<Receiver, EngineError> {
        let flavor = self.flavor().await?.clone();
        let administrator = self.account().await;
        let lines = self.grants().await?;
        let mut gives = std::collections::BTreeSet::new();
        for line in lines.iter().filter(|line| line.contains(" ON *.* TO ")) {
            if line.contains(" WITH GRANT OPTION") {
                gives.extend(super::grants::listed(line));
            }
        }
        gives.remove("USAGE");
        if gives.is_empty() {
            let what = format!("failed to carry accounts: {administrator} may hand on nothing");
            return Err(EngineError {
                hint: Some(
                    "carry them as an administrator, who holds privileges on *.* WITH GRANT OPTION"
                        .to_owned(),
                ),
                ..self.error(ErrorKind::Privilege, what)
            });
        }
        let ways: Vec<(String,)> = self
            .rows(
                "failed to list the ways to log in",
                "SELECT PLUGIN_NAME FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = 'AUTHENTICATION' AND PLUGIN_STATUS = 'ACTIVE'",
            )
            .await?;
        let present = self.listed().await?;
        Ok(Receiver {
            partial_revokes: self.partial_revokes(&flavor).await?,
            administrator,
            gives,
            ways: ways.into_iter().map(|(way,)| way.to_lowercase()).collect(),
            present: present.iter().map(Listed::name).collect(),
            database: None,
            flavor,
        })
    }

    /// Every account that is not the server's own, as the other has to be told of it.
    pub(crate) async fn carried_accounts(&self, to: &Receiver) -> Result<Vec<CarriedAccount>, EngineError> {
        let flavor = self.flavor().await?.clone();
        let partial_revokes = self.partial_revokes(&flavor).await?;
        let from = From {
            flavor: &flavor,
            partial_revokes,
        };
        let mut accounts = Vec::new();
        for listed in self.listed().await? {
            let name = listed.name();
            if let Some(why) = refused(&listed, to) {
                accounts.push(CarriedAccount::not(&name, why));
                continue;
            }
            let lines = self
                .rows::<(String,)>(
                    "failed to read an account's privileges",
                    &format!("SHOW GRANTS FOR {name}"),
                )
                .await;
            let lines: Vec<String> = match lines {
                Ok(lines) => lines.into_iter().map(|(line,)| line).collect(),
                Err(error) if error.code.as_deref() == Some(NO_SUCH_GRANT) => {
                    let why = "it is in the table of accounts and not in force: nobody can log in as it";
                    accounts.push(CarriedAccount::not(&name, why));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let known = match listed.role {
                true => None,
                false => Some(self.known_account(&name).await?),
            };
            let mut carried = made(&listed, known, &flavor, to);
            // Roles are held before they are active from the start.
            let active = std::mem::take(&mut carried.after);
            take(&lines, from, to, &mut carried);
            carried.after.extend(active);
            accounts.push(carried);
        }
        Ok(accounts)
    }

    async fn listed(&self) -> Result<Vec<Listed>, EngineError> {
        let mariadb = self.flavor().await?.product == Product::MariaDb;
        let is_role = if mariadb { "is_role = 'Y'" } else { "0" };
        let sql = format!(
            "SELECT CAST(User AS CHAR), CAST(Host AS CHAR), {is_role} FROM mysql.user WHERE {RESERVED} ORDER BY 1, 2"
        );
        let listed = self
            .rows::<(String, String, bool)>("failed to list the accounts", &sql)
            .await;
        let listed = match listed {
            Err(error) if error.kind == ErrorKind::Privilege => {
                let hint = format!("GRANT SELECT ON mysql.* TO {}", self.account().await);
                return Err(EngineError {
                    hint: Some(hint),
                    ..error
                });
            }
            other => other?,
        };
        Ok(listed
            .into_iter()
            .map(|(user, host, role)| Listed { user, host, role })
            .collect())
    }

    async fn partial_revokes(&self, flavor: &Flavor) -> Result<bool, EngineError> {
        if !flavor.has_partial_revokes() {
            return Ok(false);
        }
        let (on,) = self
            .row::<(bool,)>("failed to ask for a setting", "SELECT @@GLOBAL.partial_revokes")
            .await?;
        Ok(on)
    }
}

impl Listed {
    fn name(&self) -> String {
        if self.role {
            quote::name(&self.user)
        } else {
            account(&self.user, &self.host)
        }
    }

    /// Whether it can only be logged in to on the machine of the server.
    fn is_local(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1")
    }
}

/// Why nothing of an account can be carried.
fn refused(listed: &Listed, to: &Receiver) -> Option<String> {
    let mariadb = to.flavor.product == Product::MariaDb;
    let (longest_user, longest_host) = match (mariadb, to.flavor.version) {
        (true, _) => (128, 255),
        (false, version) if version >= Version::new(8, 0, 17) => (32, 255),
        (false, version) if version >= Version::new(5, 7, 8) => (32, 60),
        (false, _) => (16, 60),
    };
    if listed.user.is_empty() {
        return Some("an anonymous account lets in whoever comes, by any name".to_owned());
    }
    if listed.role && mariadb {
        return Some(
            "whoever makes a role of MariaDB holds it: make it there as the account that is to hold it"
                .to_owned(),
        );
    }
    if listed.role && !to.flavor.has_account_roles() {
        return Some("it is a role, and the server has none".to_owned());
    }
    if listed.user.chars().count() > longest_user {
        return Some(format!(
            "its name is longer than the {longest_user} characters that the server takes"
        ));
    }
    if listed.host.chars().count() > longest_host {
        return Some(format!(
            "its host is longer than the {longest_host} characters that the server takes"
        ));
    }
    let bits = listed
        .host
        .split_once('/')
        .is_some_and(|(_, mask)| !mask.contains('.'));
    if bits && (mariadb || to.flavor.version < Version::new(8, 0, 23)) {
        return Some(
            "its host is a network with its bits, which the server does not know: write the mask out"
                .to_owned(),
        );
    }
    None
}

/// The account itself, without rights.
fn made(listed: &Listed, known: Option<Known>, from: &Flavor, to: &Receiver) -> CarriedAccount {
    let name = listed.name();
    let Some(known) = known.filter(|known| !is_role(known, from)) else {
        let there = role_there(&name, to).unwrap_or_else(|| name.clone());
        return CarriedAccount {
            is_role: true,
            make: vec![format!("CREATE ROLE {there}")],
            ..CarriedAccount::begun(&name, &there)
        };
    };
    let mut carried = CarriedAccount::begun(&name, &name);
    let mut known = allowed(known, to, &mut carried);
    let identified = match kept(&known, from, to) {
        Ok((plugin, hash)) => {
            carried.login = CarriedLogin::Kept(hash);
            identified(&plugin, true, &to.flavor)
        }
        Err(why) => {
            carried.login = CarriedLogin::New(why);
            // It was the old one that had expired.
            known.rules.retain(|rule| rule != "PASSWORD EXPIRE");
            format!(" IDENTIFIED BY {NEW_PASSWORD}")
        }
    };
    let locked = if known.locked { " ACCOUNT LOCK" } else { "" };
    let rules: String = known.rules.iter().map(|rule| format!(" {rule}")).collect();
    let conditions = conditions_of(&known);
    carried.make = vec![format!(
        "CREATE USER {name}{identified}{conditions}{locked}{rules}"
    )];
    if let Some(roles) = known.default_roles {
        let roles = listed_roles(&roles)
            .into_iter()
            .filter_map(|role| role_there(&role, to));
        let roles: Vec<String> = roles.collect();
        if !roles.is_empty() {
            carried
                .after
                .push(format!("ALTER USER {name} DEFAULT ROLE {}", roles.join(", ")));
        }
    }
    if listed.is_local() && to.flavor.is_managed() {
        carried
            .remarks
            .push("nobody is local to a managed server: it serves as definer alone".to_owned());
    }
    if to.present.contains(&name) {
        carried
            .remarks
            .push("it is there already: its password and conditions are left as they are".to_owned());
    }
    carried
}

/// Takes away what the server does not know of conditions, and says so.
fn allowed(mut known: Known, to: &Receiver, carried: &mut CarriedAccount) -> Known {
    let mariadb = to.flavor.product == Product::MariaDb;
    let old = is_old(&to.flavor);
    if known.second_factor {
        carried.leave(
            "a second factor",
            "it is asked for beside the password here",
            None,
        );
    }
    if !known.requires.is_empty() && old {
        let requires = std::mem::take(&mut known.requires);
        carried.leave(
            requires,
            "CREATE USER does not take it before 5.7.6",
            Some("GRANT USAGE … REQUIRE"),
        );
    } else if to.flavor.is_managed() && !known.requires.is_empty() && known.requires != "REQUIRE SSL" {
        let requires = std::mem::replace(&mut known.requires, "REQUIRE SSL".to_owned());
        let why = "a managed server knows no clients' certificates";
        carried.leave(requires, why, Some("REQUIRE SSL, which it is given"));
    }
    let limited = |limit: &String| !old && (mariadb || !limit.starts_with("MAX_STATEMENT_TIME"));
    for limit in known.limits.iter().filter(|limit| !limited(limit)) {
        let instead = Some("SET max_execution_time in its sessions");
        let instead = instead.filter(|_| limit.starts_with("MAX_STATEMENT_TIME"));
        carried.leave(
            limit.clone(),
            "the server has no such limit of an account",
            instead,
        );
    }
    known.limits.retain(limited);
    let newest = !mariadb && to.flavor.has_account_roles();
    let understood = |rule: &String| newest || (!old && rule.starts_with("PASSWORD EXPIRE"));
    for rule in known.rules.iter().filter(|rule| !understood(rule)) {
        carried.leave(rule.clone(), "the server has no such rule", None);
    }
    known.rules.retain(understood);
    if old && known.locked {
        known.locked = false;
        carried.leave(
            "ACCOUNT LOCK",
            "accounts are not locked before 5.7.6",
            Some("do not carry it"),
        );
    }
    known
}

/// The hash of the password and its plugin, or why it cannot be kept.
fn kept(known: &Known, from: &Flavor, to: &Receiver) -> Result<(String, daybreak_model::Secret), String> {
    let takes = |way: &&Way| {
        let same = way.plugin == NATIVE || from.product == to.flavor.product;
        same && to.ways.contains(&way.plugin.to_lowercase()) && way.hash.is_some()
    };
    if let Some(way) = known.ways.iter().find(takes)
        && let Some(hash) = &way.hash
    {
        return Ok((way.plugin.clone(), hash.clone()));
    }
    let open = known
        .ways
        .iter()
        .any(|way| way.plugin == NATIVE && way.hash.is_none());
    if open {
        return Err("it has no password here, and would let in whoever knows its name".to_owned());
    }
    let ways: Vec<&str> = known.ways.iter().map(|way| way.plugin.as_str()).collect();
    Err(format!(
        "one logs in to it by {}, which the server does not take over",
        ways.join(" or ")
    ))
}

/// Whether it is a role: MySQL makes one as an account that is locked, has no password, and that has expired.
fn is_role(known: &Known, from: &Flavor) -> bool {
    from.product != Product::MariaDb
        && known.locked
        && known.ways.iter().all(|way| way.hash.is_none())
        && known.rules.iter().any(|rule| rule == "PASSWORD EXPIRE")
}
