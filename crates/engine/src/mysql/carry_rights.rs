//! What an account may do, from the lines of `SHOW GRANTS` to the statements that give it on another server, as far as that server
//! has it and our account there may hand it on.
//!
//! Facts from the manuals: MySQL "GRANT Statement", "Privileges Provided by MySQL", "Privilege Restriction Using Partial Revokes";
//! MariaDB "GRANT" (its own privileges since 10.5).

use daybreak_model::{Flavor, Product};

use super::accounts::STATIC;
use super::grant_lines::{Line, On, bare, line, parted};
use super::privileges::ALL_ON_A_DATABASE;
use super::quote;
use super::schema::tokens::tokens;
use crate::{CarriedAccount, Receiver};

/// What a privilege that only some may hand on is used for, and what does the same on a managed server.
const USES: [(&str, &str, Option<&str>); 15] = [
    (
        "SUPER",
        "used to set global variables, to write while read_only is on, to end others' sessions and to name any definer",
        Some(
            "a parameter group for variables, CALL mysql.rds_kill(id) for sessions; or GRANT CONNECTION_ADMIN, SET_ANY_DEFINER (before 8.2 SET_USER_ID), where they are needed",
        ),
    ),
    (
        "FILE",
        "used to read and write files of the server",
        Some(
            "LOAD DATA LOCAL INFILE from the client; on Aurora LOAD DATA FROM S3 and SELECT INTO OUTFILE S3",
        ),
    ),
    (
        "SHUTDOWN",
        "used to stop the server",
        Some("the service's own API"),
    ),
    ("CREATE TABLESPACE", "used to make tablespaces", None),
    (
        "SYSTEM_VARIABLES_ADMIN",
        "used to set global variables",
        Some("a parameter group"),
    ),
    (
        "PERSIST_RO_VARIABLES_ADMIN",
        "used to set variables that are read at start",
        Some("a parameter group"),
    ),
    (
        "BINLOG_ADMIN",
        "used to purge binary logs",
        Some("CALL mysql.rds_set_configuration('binlog retention hours', n)"),
    ),
    (
        "REPLICATION_SLAVE_ADMIN",
        "used to steer replication",
        Some("the mysql.rds_* procedures, such as mysql.rds_start_replication"),
    ),
    (
        "REPLICATION_APPLIER",
        "used to apply rows in replication's name",
        Some("the mysql.rds_* procedures"),
    ),
    ("GROUP_REPLICATION_ADMIN", "used to steer Group Replication", None),
    (
        "CLONE_ADMIN",
        "used to take a server over as a clone",
        Some("a clone or a snapshot by the service"),
    ),
    (
        "BACKUP_ADMIN",
        "used by backup tools",
        Some("snapshots by the service"),
    ),
    ("SYSTEM_USER", "used to change accounts that have it", None),
    (
        "SERVICE_CONNECTION_ADMIN",
        "used to connect by the administrative port",
        None,
    ),
    (
        "TABLE_ENCRYPTION_ADMIN",
        "used to override encryption by default",
        Some("encryption of the whole storage"),
    ),
];

/// MariaDB's privileges that MySQL has under another name.
const MARIADB: [(&str, &str); 9] = [
    ("BINLOG MONITOR", "REPLICATION CLIENT"),
    ("SLAVE MONITOR", "REPLICATION CLIENT"),
    ("REPLICA MONITOR", "REPLICATION CLIENT"),
    ("BINLOG ADMIN", "BINLOG_ADMIN"),
    ("CONNECTION ADMIN", "CONNECTION_ADMIN"),
    ("REPLICATION SLAVE ADMIN", "REPLICATION_SLAVE_ADMIN"),
    ("BINLOG REPLAY", "REPLICATION_APPLIER"),
    ("READ_ONLY ADMIN", "SUPER"),
    ("SET USER", "SET_ANY_DEFINER"),
];

/// How names of databases are meant on the server the lines are from.
#[derive(Debug, Clone, Copy)]
pub(super) struct From<'a> {
    pub(super) flavor: &'a Flavor,
    pub(super) partial_revokes: bool,
}

/// Takes what the lines give into the account.
pub(super) fn take(lines: &[String], from: From<'_>, to: &Receiver, account: &mut CarriedAccount) {
    let lines: Vec<Line> = lines.iter().map(|text| line(text)).collect();
    // What is taken back on some database must not be given on everything where it cannot be taken back.
    let revoked: Vec<&String> = lines
        .iter()
        .filter_map(|line| match line {
            Line::Privileges {
                revoked: true,
                privileges,
                ..
            } => Some(privileges),
            _ => None,
        })
        .flatten()
        .collect();
    for line in &lines {
        match line {
            Line::Privileges {
                revoked: true,
                privileges,
                on,
                ..
            } => {
                if to.partial_revokes {
                    let place = on.place();
                    let list = privileges.join(", ");
                    account
                        .rights
                        .push(format!("REVOKE {list} ON {place} FROM {}", account.carried_as));
                }
            }
            Line::Privileges {
                privileges,
                on: On::Everything,
                handed_on,
                ..
            } => {
                let withheld =
                    |name: &str| !to.partial_revokes && revoked.iter().any(|revoked| *revoked == name);
                everywhere(privileges, *handed_on, &withheld, from, to, account);
            }
            Line::Privileges {
                privileges,
                on,
                handed_on,
                ..
            } => on_objects(privileges, on, *handed_on, from, to, account),
            Line::Roles { roles, handed_on } => {
                for role in roles {
                    member(role, *handed_on, to, account);
                }
            }
            Line::DefaultRole(role) => {
                if let Some(role) = role_there(role, to) {
                    account
                        .after
                        .push(format!("ALTER USER {} DEFAULT ROLE {role}", account.carried_as));
                }
            }
            Line::Proxy => account.leave(
                "PROXY",
                "used to be taken for another account after logging in by a plugin such as PAM",
                None,
            ),
            Line::NotUnderstood(beginning) => {
                account.leave(
                    beginning.clone(),
                    "this line of SHOW GRANTS is not understood here",
                    Some("give it by hand"),
                );
            }
        }
    }
}

/// Privileges on everything.
fn everywhere(
    privileges: &[String],
    handed_on: bool,
    withheld: &dyn Fn(&str) -> bool,
    from: From<'_>,
    to: &Receiver,
    account: &mut CarriedAccount,
) {
    let all = privileges.iter().any(|name| is_all(name));
    let asked: Vec<&str> = if all {
        STATIC.to_vec()
    } else {
        privileges
            .iter()
            .map(String::as_str)
            .filter(|name| *name != "USAGE")
            .collect()
    };
    let mut given: Vec<&str> = Vec::new();
    for privilege in asked {
        let name = called_there(privilege, from, to);
        if withheld(privilege) {
            account.leave(
                format!("{privilege} ON *.*"),
                "it is taken back on some database, which the server does not do while partial_revokes is off: all of it is left, so that nobody may more than before",
                Some("grant it database by database"),
            );
        } else if to.gives.contains(name) || to.gives.contains("ALL PRIVILEGES") {
            if !given.contains(&name) {
                given.push(name);
            }
        } else {
            let (_, why, instead) = USES.iter().find(|(known, ..)| *known == name).unwrap_or(&(
                "",
                "the account that carries may not hand it on",
                None,
            ));
            account.leave(format!("{privilege} ON *.*"), why, *instead);
        }
    }
    if !given.is_empty() || handed_on {
        let list = if given.is_empty() {
            "USAGE".to_owned()
        } else {
            given.join(", ")
        };
        push(account, &list, "*.*", handed_on);
    }
}

/// What the other server calls a privilege on everything.
fn called_there<'a>(privilege: &'a str, from: From<'_>, to: &Receiver) -> &'a str {
    let (from_mariadb, to_mariadb) = (
        from.flavor.product == Product::MariaDb,
        to.flavor.product == Product::MariaDb,
    );
    let name = if from_mariadb && !to_mariadb {
        MARIADB
            .iter()
            .find(|(theirs, _)| *theirs == privilege)
            .map_or(privilege, |(_, ours)| ours)
    } else {
        privilege
    };
    // One became two in 8.2 ("SET_USER_ID").
    match name {
        "SET_USER_ID" if to.gives.contains("SET_ANY_DEFINER") => "SET_ANY_DEFINER",
        "SET_ANY_DEFINER" if to.gives.contains("SET_USER_ID") => "SET_USER_ID",
        _ => name,
    }
}

/// Privileges on a database or an object.
fn on_objects(
    privileges: &[String],
    on: &On,
    handed_on: bool,
    from: From<'_>,
    to: &Receiver,
    account: &mut CarriedAccount,
) {
    let (On::Database(database) | On::Object(database, _)) = on else {
        return;
    };
    let place = match on {
        On::Database(pattern) => match pattern_there(pattern, from, to) {
            Some(pattern) => format!("{}.*", quote::name(&pattern)),
            None => {
                account.leave(
                    format!("{} ON {}", privileges.join(", "), quote::name(pattern)),
                    "a pattern of databases' names is a plain name while partial_revokes is on",
                    Some("grant it database by database"),
                );
                return;
            }
        },
        other => other.place(),
    };
    if to.flavor.is_managed()
        && database == "mysql"
        && privileges.iter().any(|name| !name.starts_with("SELECT"))
    {
        account.leave(
            format!("{} ON {place}", privileges.join(", ")),
            "the database `mysql` belongs to the service",
            Some("CREATE USER, GRANT and the mysql.rds_* procedures"),
        );
        return;
    }
    let all = privileges.iter().any(|name| is_all(name));
    let holds_all = ALL_ON_A_DATABASE
        .iter()
        .all(|name| to.gives.contains(*name) || to.gives.contains("ALL PRIVILEGES"));
    if all && holds_all {
        push(account, "ALL PRIVILEGES", &place, handed_on);
        return;
    }
    let asked: Vec<&str> = if all {
        ALL_ON_A_DATABASE.to_vec()
    } else {
        privileges.iter().map(String::as_str).collect()
    };
    let mut given: Vec<&str> = Vec::new();
    for privilege in asked {
        let name = privilege.split('(').next().unwrap_or(privilege).trim();
        let known =
            to.flavor.product == Product::MariaDb || name == "USAGE" || ALL_ON_A_DATABASE.contains(&name);
        let may = name == "USAGE" || to.gives.contains(name) || to.gives.contains("ALL PRIVILEGES");
        if known && may {
            given.push(privilege);
        } else {
            let why = if known {
                "the account that carries may not hand it on"
            } else {
                "the server does not have this privilege"
            };
            account.leave(format!("{privilege} ON {place}"), why, None);
        }
    }
    if !given.is_empty() {
        push(account, &given.join(", "), &place, handed_on);
    }
}

fn push(account: &mut CarriedAccount, list: &str, place: &str, handed_on: bool) {
    let option = if handed_on { " WITH GRANT OPTION" } else { "" };
    account.rights.push(format!(
        "GRANT {list} ON {place} TO {}{option}",
        account.carried_as
    ));
}

/// A role that the account holds.
fn member(role: &str, handed_on: bool, to: &Receiver, account: &mut CarriedAccount) {
    let Some(there) = role_there(role, to) else {
        account.leave(
            format!("role {role}"),
            "the server has no roles",
            Some("grant what the role may do"),
        );
        return;
    };
    let option = if handed_on { " WITH ADMIN OPTION" } else { "" };
    account
        .after
        .push(format!("GRANT {there} TO {}{option}", account.carried_as));
}

/// The roles of a list.
pub(super) fn listed_roles(list: &str) -> Vec<String> {
    parted(list, &tokens(list))
}

/// A role as the other server has it; none where it has no roles.
pub(super) fn role_there(role: &str, to: &Receiver) -> Option<String> {
    let mariadb = to.flavor.product == Product::MariaDb;
    let all = tokens(role);
    let name = all.first().map(bare)?;
    if mariadb {
        return Some(quote::name(&name));
    }
    let host = all.get(2).map_or_else(|| "%".to_owned(), bare);
    to.flavor
        .has_account_roles()
        .then(|| format!("{}@{}", quote::text(&name), quote::text(&host)))
}

/// A database's name or pattern, as the other server has to be told it; none where it has no patterns.
fn pattern_there(pattern: &str, from: From<'_>, to: &Receiver) -> Option<String> {
    match (from.partial_revokes, to.partial_revokes) {
        (true, false) => Some(
            pattern
                .replace('\\', "\\\\")
                .replace('_', "\\_")
                .replace('%', "\\%"),
        ),
        (false, true) => {
            let plain = pattern.replace("\\_", "").replace("\\%", "");
            // An underscore is a pattern that nobody meant as one.
            (!plain.contains('%')).then(|| pattern.replace("\\_", "_").replace("\\%", "%"))
        }
        _ => Some(pattern.to_owned()),
    }
}

fn is_all(privilege: &str) -> bool {
    matches!(privilege, "ALL" | "ALL PRIVILEGES")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use daybreak_model::{Flavor, Hosting, Product, Version};

    use super::{From, take};
    use crate::{CarriedAccount, Receiver};

    fn flavor(product: Product, version: Version) -> Flavor {
        Flavor::self_managed(product, version)
    }

    fn aurora(partial_revokes: bool) -> Receiver {
        let mut gives: BTreeSet<String> = super::ALL_ON_A_DATABASE
            .iter()
            .map(|name| (*name).to_owned())
            .collect();
        gives.extend(["PROCESS", "RELOAD", "REPLICATION CLIENT", "CONNECTION_ADMIN"].map(str::to_owned));
        Receiver {
            flavor: Flavor {
                hosting: Hosting::Rds,
                ..flavor(Product::Mysql, Version::new(8, 0, 39))
            },
            administrator: "'admin'@'%'".to_owned(),
            gives,
            ways: BTreeSet::new(),
            present: BTreeSet::new(),
            partial_revokes,
            database: None,
        }
    }

    fn taken(lines: &[&str], from: &Flavor, partial_revokes: bool, to: &Receiver) -> CarriedAccount {
        let mut account = CarriedAccount::begun("'u'@'%'", "'u'@'%'");
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let from = From {
            flavor: from,
            partial_revokes,
        };
        take(&lines, from, to, &mut account);
        account
    }

    #[test]
    fn what_cannot_be_given_is_named_with_its_use() {
        let old = flavor(Product::Mysql, Version::new(5, 6, 24));
        let account = taken(
            &[
                "GRANT SELECT, FILE, SUPER, PROCESS ON *.* TO 'u'@'%' IDENTIFIED BY PASSWORD '*0123' WITH GRANT OPTION",
                "GRANT SELECT (`a, b`, `ON`), INSERT ON `s`.`TO` TO 'u'@'%'",
                "GRANT EXECUTE ON PROCEDURE `s`.`p` TO 'u'@'%'",
                "GRANT PROXY ON ''@'' TO 'u'@'%' WITH GRANT OPTION",
                "GRANT SELECT, UPDATE ON `mysql`.`user` TO 'u'@'%'",
            ],
            &old,
            false,
            &aurora(false),
        );
        assert_eq!(
            account.rights,
            [
                "GRANT SELECT, PROCESS ON *.* TO 'u'@'%' WITH GRANT OPTION",
                "GRANT SELECT (`a, b`, `ON`), INSERT ON `s`.`TO` TO 'u'@'%'",
                "GRANT EXECUTE ON PROCEDURE `s`.`p` TO 'u'@'%'",
            ]
        );
        let left: Vec<&str> = account.left.iter().map(|left| left.what.as_str()).collect();
        assert_eq!(
            left,
            [
                "FILE ON *.*",
                "SUPER ON *.*",
                "PROXY",
                "SELECT, UPDATE ON `mysql`.`user`"
            ]
        );
        assert!(!format!("{account:?}").contains("0123"));
    }

    #[test]
    fn nobody_may_more_than_before() {
        let new = flavor(Product::Mysql, Version::new(8, 0, 39));
        let lines = [
            "GRANT SELECT, INSERT ON *.* TO `u`@`%`",
            "REVOKE INSERT ON `secret`.* FROM `u`@`%`",
            "GRANT UPDATE ON `a_b`.* TO `u`@`%`",
        ];
        let off = taken(&lines, &new, true, &aurora(false));
        assert_eq!(
            off.rights,
            [
                "GRANT SELECT ON *.* TO 'u'@'%'",
                "GRANT UPDATE ON `a\\_b`.* TO 'u'@'%'"
            ]
        );
        let on = taken(&lines, &new, true, &aurora(true));
        assert_eq!(
            on.rights,
            [
                "GRANT SELECT, INSERT ON *.* TO 'u'@'%'",
                "REVOKE INSERT ON `secret`.* FROM 'u'@'%'",
                "GRANT UPDATE ON `a_b`.* TO 'u'@'%'",
            ]
        );
        let wild = taken(&["GRANT UPDATE ON `a%`.* TO `u`@`%`"], &new, false, &aurora(true));
        assert!(wild.rights.is_empty() && wild.left.len() == 1);
    }

    #[test]
    fn mariadb_is_said_in_mysqls_words() {
        let mariadb = flavor(Product::MariaDb, Version::new(10, 11, 6));
        let account = taken(
            &[
                "GRANT `staff` TO `u`@`%` WITH ADMIN OPTION",
                "GRANT BINLOG MONITOR, CONNECTION ADMIN, FEDERATED ADMIN ON *.* TO `u`@`%`",
                "GRANT SELECT, DELETE HISTORY ON `s`.* TO `u`@`%`",
                "SET DEFAULT ROLE `staff` FOR `u`@`%`",
            ],
            &mariadb,
            false,
            &aurora(false),
        );
        assert_eq!(
            account.rights,
            [
                "GRANT REPLICATION CLIENT, CONNECTION_ADMIN ON *.* TO 'u'@'%'",
                "GRANT SELECT ON `s`.* TO 'u'@'%'"
            ]
        );
        assert_eq!(
            account.after,
            [
                "GRANT 'staff'@'%' TO 'u'@'%' WITH ADMIN OPTION",
                "ALTER USER 'u'@'%' DEFAULT ROLE 'staff'@'%'"
            ]
        );
        let left: Vec<&str> = account.left.iter().map(|left| left.what.as_str()).collect();
        assert_eq!(left, ["FEDERATED ADMIN ON *.*", "DELETE HISTORY ON `s`.*"]);
    }
}
