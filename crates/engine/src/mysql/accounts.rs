//! The accounts of a server and what they may do, in words that mean the same on every version.
//!
//! Facts from the manuals: MySQL "Reserved Accounts", "Privileges Provided by MySQL" (static and dynamic ones); MariaDB "GRANT".

use std::collections::BTreeSet;

use daybreak_model::{Account, Product, Scope, TableName};

use super::connection::Server;
use super::privileges::account;
use super::quote;
use crate::port::by_account;
use crate::{EngineError, ErrorKind, RepairFrame, TableRights};

/// Accounts that servers and their hosts keep for themselves.
pub(super) const RESERVED: &str = "User NOT IN ('mysql.sys', 'mysql.session', 'mysql.infoschema', 'mariadb.sys', 'rdsadmin', \
    'rdsrepladmin', 'rdstopmgr', 'AWS_COMPREHEND_ACCESS', 'AWS_LAMBDA_ACCESS', 'AWS_LOAD_S3_ACCESS', 'AWS_SAGEMAKER_ACCESS', \
    'AWS_SELECT_S3_ACCESS', 'AWS_BEDROCK_ACCESS') AND User NOT LIKE 'daybreak%'";

/// Server error: the account has no privileges that are in force.
const NO_SUCH_GRANT: &str = "1141";

/// The static global privileges that every version since 5.6 has a word for.
pub(super) const STATIC: [&str; 28] = [
    "ALTER",
    "ALTER ROUTINE",
    "CREATE",
    "CREATE ROUTINE",
    "CREATE TABLESPACE",
    "CREATE TEMPORARY TABLES",
    "CREATE USER",
    "CREATE VIEW",
    "DELETE",
    "DROP",
    "EVENT",
    "EXECUTE",
    "FILE",
    "INDEX",
    "INSERT",
    "LOCK TABLES",
    "PROCESS",
    "REFERENCES",
    "RELOAD",
    "REPLICATION CLIENT",
    "REPLICATION SLAVE",
    "SELECT",
    "SHOW DATABASES",
    "SHOW VIEW",
    "SHUTDOWN",
    "SUPER",
    "TRIGGER",
    "UPDATE",
];

impl Server {
    /// Who may do something with single tables, or with some of their columns.
    pub(crate) async fn table_rights(&self, scope: &Scope) -> Result<Vec<TableRights>, EngineError> {
        let schemas = quote::texts(&scope.schemas);
        let of = |view: &str| {
            format!(
                "SELECT GRANTEE, TABLE_SCHEMA, TABLE_NAME FROM information_schema.{view} WHERE TABLE_SCHEMA IN ({schemas})"
            )
        };
        let ask = format!(
            "{} UNION {} ORDER BY 1, 2, 3",
            of("TABLE_PRIVILEGES"),
            of("COLUMN_PRIVILEGES")
        );
        let rows: Vec<(String, String, String)> = self.rows("failed to read rights on tables", &ask).await?;
        Ok(by_account(rows.into_iter().map(|(account, schema, name)| {
            (account, TableName::new(schema, name))
        })))
    }

    /// Every account that is not the server's own.
    ///
    /// # Errors
    /// Without SELECT on the database `mysql`: with the statement that grants it as hint.
    pub(crate) async fn accounts(&self) -> Result<Vec<Account>, EngineError> {
        match self.list_accounts().await {
            Err(error) if error.kind == ErrorKind::Privilege => Err(EngineError {
                hint: Some(format!("GRANT SELECT ON mysql.* TO {}", self.account().await)),
                ..error
            }),
            other => other,
        }
    }

    async fn list_accounts(&self) -> Result<Vec<Account>, EngineError> {
        let mariadb = self.flavor().await?.product == Product::MariaDb;
        let is_role = if mariadb { "is_role = 'Y'" } else { "0" };
        let listed: Vec<(String, String, bool)> = self
            .rows(
                "failed to list the accounts",
                &format!(
                    "SELECT CAST(User AS CHAR), CAST(Host AS CHAR), {is_role} FROM mysql.user WHERE {RESERVED} ORDER BY 1, 2"
                ),
            )
            .await?;
        let mut accounts = Vec::with_capacity(listed.len());
        for (user, host, role) in listed {
            let name = if role {
                quote::name(&user)
            } else {
                account(&user, &host)
            };
            let told = self
                .rows(
                    "failed to read an account's privileges",
                    &format!("SHOW GRANTS FOR {name}"),
                )
                .await;
            let lines: Vec<(String,)> = match told {
                Ok(lines) => lines,
                // It is in the table and not in force, as a host's name is while names are not resolved: nobody can log in.
                Err(error) if error.code.as_deref() == Some(NO_SUCH_GRANT) => continue,
                Err(error) => return Err(error),
            };
            let mut found = Account {
                name,
                rights: BTreeSet::new(),
                on_objects: false,
                versioned: BTreeSet::new(),
            };
            for (line,) in &lines {
                read(line, &mut found);
            }
            accounts.push(found);
        }
        Ok(accounts)
    }

    /// What stands around repairs of this server's schema.
    pub(crate) async fn repair_frame(&self, follower: bool) -> Result<RepairFrame, EngineError> {
        let flavor = self.flavor().await?;
        let mut frame = RepairFrame::default();
        if !follower || flavor.is_managed() {
            return Ok(frame);
        }
        if flavor.has_super_read_only() {
            let (on,) = self
                .row::<(bool,)>("failed to ask who may write", "SELECT @@GLOBAL.super_read_only")
                .await?;
            if on {
                // Applications stay refused: `read_only` is another setting, and stays on.
                frame.before.push("SET GLOBAL super_read_only = OFF".to_owned());
                frame.after.push("SET GLOBAL super_read_only = ON".to_owned());
            }
        }
        frame.before.push("SET SESSION sql_log_bin = 0".to_owned());
        Ok(frame)
    }
}

/// Takes what a line of `SHOW GRANTS` gives. Servers before 5.7 print a password's hash after it: nothing after the account
/// is looked at but whether it may hand on.
fn read(line: &str, account: &mut Account) {
    let Some(rest) = line.strip_prefix("GRANT ") else {
        // A partial revoke is a right of its own kind.
        account.versioned.insert(line.to_owned());
        return;
    };
    if rest.starts_with("PROXY ") {
        return;
    }
    let Some((list, place)) = rest.split_once(" ON ") else {
        let role = rest.split(" TO ").next().unwrap_or(rest);
        account.rights.insert(format!("role {role}"));
        return;
    };
    let (place, after) = place.split_once(" TO ").unwrap_or((place, ""));
    let global = place == "*.*";
    account.on_objects |= !global;
    if after.ends_with("WITH GRANT OPTION") {
        account.rights.insert(format!("GRANT OPTION ON {place}"));
    }
    let privileges: Vec<String> = parted(list)
        .into_iter()
        .map(|privilege| everywhere_called(privilege.trim()).to_owned())
        .collect();
    let all = privileges.iter().any(|privilege| privilege == "ALL PRIVILEGES");
    let has_all = |names: &[&str]| {
        names
            .iter()
            .all(|name| privileges.iter().any(|held| held == name))
    };
    if all || global && has_all(&STATIC) {
        account.rights.insert(format!("ALL ON {place}"));
    }
    for privilege in privileges {
        match privilege.as_str() {
            "USAGE" | "ALL PRIVILEGES" => {}
            known if global && STATIC.contains(&known) => {
                if !account.rights.contains("ALL ON *.*") {
                    account.rights.insert(format!("{known} ON {place}"));
                }
            }
            _ if global => {
                account.versioned.insert(format!("{privilege} ON {place}"));
            }
            _ => {
                account.rights.insert(format!("{privilege} ON {place}"));
            }
        }
    }
}

/// The privileges of a list. Columns of one stand in parentheses, with commas between them.
fn parted(list: &str) -> Vec<&str> {
    let (mut depth, mut quoted) = (0_usize, false);
    list.split(|character| {
        match character {
            '`' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0 && !quoted
    })
    .collect()
}

/// One word where MariaDB has another since 10.5.
fn everywhere_called(privilege: &str) -> &str {
    match privilege {
        "BINLOG MONITOR" => "REPLICATION CLIENT",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use daybreak_model::Account;

    fn rights(lines: &[&str]) -> Account {
        let mut account = Account {
            name: String::new(),
            rights: BTreeSet::new(),
            on_objects: false,
            versioned: BTreeSet::new(),
        };
        lines.iter().for_each(|line| super::read(line, &mut account));
        account
    }

    #[test]
    fn versions_print_the_same_rights_differently() {
        let old = rights(&[
            "GRANT ALL PRIVILEGES ON *.* TO 'a'@'%' IDENTIFIED BY PASSWORD '*0123' WITH GRANT OPTION",
            "GRANT SELECT, INSERT ON `s`.* TO 'a'@'%'",
        ]);
        let new = rights(&[
            &format!(
                "GRANT {}, CREATE ROLE ON *.* TO `a`@`%` WITH GRANT OPTION",
                super::STATIC.join(", ")
            ),
            "GRANT SHOW_ROUTINE,XA_RECOVER_ADMIN ON *.* TO `a`@`%` WITH GRANT OPTION",
            "GRANT SELECT, INSERT ON `s`.* TO `a`@`%`",
        ]);
        assert_eq!(old.rights, new.rights);
        assert!(!format!("{old:?}").contains("0123"), "no hash is kept");
        let columns = rights(&["GRANT SELECT (`a`, `b,)`), DELETE ON `s`.`t` TO `a`@`%`"]);
        let each = ["DELETE ON `s`.`t`", "SELECT (`a`, `b,)`) ON `s`.`t`"];
        assert_eq!(columns.rights.iter().collect::<Vec<_>>(), each);
        let monitor = rights(&["GRANT BINLOG MONITOR ON *.* TO `a`@`%`"]);
        assert_eq!(
            monitor.rights,
            rights(&["GRANT REPLICATION CLIENT ON *.* TO 'a'@'%'"]).rights
        );
        assert_ne!(old.rights, rights(&["GRANT SELECT ON `s`.* TO 'a'@'%'"]).rights);
    }
}
