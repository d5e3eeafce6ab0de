//! Roles as another server has to be told of them.
//!
//! Facts from the PostgreSQL manual: "CREATE ROLE", "Role Attributes", "Predefined Roles", "GRANT" (options of memberships since 16),
//! "pg_authid" (a superuser alone is shown hashes); RDS user guide, "Understanding the rds_superuser role".

use std::collections::{BTreeSet, HashMap};

use daybreak_model::{Flavor, Scope, Secret};

use super::classify::trouble;
use super::connection::Connection;
use super::{quote, schema, setting};
use crate::{CarriedAccount, CarriedLogin, EngineError, ErrorKind, HASH, NEW_PASSWORD, Receiver};

/// What of a role stands in `CREATE ROLE`, in the order in which `roles.sql` lists it from its third column on.
const ATTRIBUTES: [&str; 5] = ["SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS"];

/// Extensions whose settings a managed server lets its administrator give roles.
const EXTENSIONS: [&str; 4] = ["auto_explain", "pgaudit", "pg_stat_statements", "plpgsql"];

/// What this server has to give roles.
pub(super) async fn receiver(connection: &Connection, flavor: &Flavor) -> Result<Receiver, EngineError> {
    let what = "failed to ask what the account may hand on";
    let ask = "SELECT rolname, rolsuper::text, rolcreaterole::text, rolcreatedb::text, rolreplication::text, rolbypassrls::text,
                      current_database()
               FROM pg_roles WHERE rolname = current_user";
    let rows = connection.simple(ask, what).await?;
    let text = |column| rows.first().and_then(|row| row.get(column)).unwrap_or_default();
    let is = |column| text(column) == "true";
    let administrator = quote::identifier(text(0));
    let (superuser, makes_roles) = (is(1), is(2));
    if !superuser && !makes_roles {
        let what = format!("failed to carry roles: {administrator} may make none");
        let hint = format!("carry them as an administrator; or: ALTER ROLE {administrator} CREATEROLE");
        return Err(trouble(
            connection.server(),
            what,
            ErrorKind::Privilege,
            Some(&hint),
        ));
    }
    // Until 16 who makes roles gives what is not a superuser's alone; since then, what it has itself.
    let holds_itself = flavor.version.major >= 16;
    let gives = |attribute: &str, held: bool| match attribute {
        "SUPERUSER" => superuser,
        "REPLICATION" | "BYPASSRLS" => superuser || (holds_itself && held),
        _ => superuser || !holds_itself || held,
    };
    let attributes = ATTRIBUTES.iter().zip(1..);
    let attributes = attributes.filter(|(name, column)| gives(name, is(*column)));
    let mut given: BTreeSet<String> = attributes.map(|(name, _)| (*name).to_owned()).collect();
    let any = makes_roles && !holds_itself && !flavor.is_managed();
    let ask = format!(
        "SELECT rolname, (rolname ~ '^(pg_|rds)' AND ({any} OR pg_has_role(oid, 'USAGE WITH ADMIN OPTION')))::text FROM pg_roles"
    );
    let mut present = BTreeSet::new();
    for row in connection.simple(&ask, what).await? {
        let name = quote::identifier(row.get(0).unwrap_or_default());
        if row.get(1) == Some("true") {
            given.insert(name.clone());
        }
        present.insert(name);
    }
    Ok(Receiver {
        flavor: flavor.clone(),
        administrator,
        gives: given,
        ways: BTreeSet::new(),
        present,
        partial_revokes: false,
        database: Some(text(6).to_owned()),
    })
}

/// Every role that is not the server's own.
pub(super) async fn accounts(
    connection: &Connection,
    flavor: &Flavor,
    scope: &Scope,
    to: &Receiver,
) -> Result<Vec<CarriedAccount>, EngineError> {
    let hashes = hashes(connection).await?;
    let mut own = String::new();
    let mut carried = Vec::new();
    let mut inherits = HashMap::new();
    for row in connection
        .simple(include_str!("sql/carry/roles.sql"), "failed to list the roles")
        .await?
    {
        let role = Listed(|column| row.get(column).map(str::to_owned));
        let name = role.text(0);
        if role.is(11) {
            own.clone_from(&name);
            let why = "it is the account that asks: make your own there yourself";
            let account = CarriedAccount::not(&quote::identifier(&name), why);
            carried.push((name, account));
            continue;
        }
        inherits.insert(name.clone(), role.is(7));
        let hash = hashes.as_ref().map(|hashes| hashes.get(&name).cloned());
        carried.push((name, made(&role, hash, to)));
    }
    let find = |role: &str| -> Option<usize> { carried.iter().position(|(name, _)| name == role) };
    let mut later: Vec<(usize, Then)> = Vec::new();
    let settings = include_str!("sql/carry/settings.sql");
    for row in connection
        .simple(settings, "failed to read the settings of roles")
        .await?
    {
        let text = |column| row.get(column).unwrap_or_default();
        if let Some(at) = find(text(0)) {
            let here = text(1) == "true";
            later.push((at, role_setting(text(0), here, text(2), text(3), to)));
        }
    }
    let options = if flavor.version.major >= 16 {
        "a.inherit_option::text, a.set_option::text"
    } else {
        "m.rolinherit::text, 'true'"
    };
    let members = include_str!("sql/carry/members.sql").replace("{options}", options);
    for row in connection.simple(&members, "failed to read memberships").await? {
        let text = |column| row.get(column).unwrap_or_default();
        if let Some(at) = find(text(0)) {
            let known = find(text(1)).is_some_and(|at| carried[at].1.not_carried.is_none());
            let options = Options {
                admin: text(2) == "true",
                inherit: text(3) == "true",
                set: text(4) == "true",
                by_default: inherits.get(text(0)).copied().unwrap_or(true),
            };
            later.push((at, member(text(0), text(1), known, options, to)));
        }
    }
    let mut everybody = CarriedAccount {
        is_role: true,
        ..CarriedAccount::begun("PUBLIC", "PUBLIC")
    };
    let mut everybodys = String::new();
    let on_database = include_str!("sql/carry/on_database.sql");
    for row in connection
        .simple(on_database, "failed to read rights on the database")
        .await?
    {
        let text = |column| row.get(column).unwrap_or_default();
        let Some(database) = to.database.as_deref().map(quote::identifier) else {
            continue;
        };
        let Some(role) = row.get(0) else {
            text(1).clone_into(&mut everybodys);
            continue;
        };
        if let Some(at) = find(role) {
            let option = if text(2) == "true" {
                " WITH GRANT OPTION"
            } else {
                ""
            };
            let role = quote::identifier(role);
            let grant = format!("GRANT {} ON DATABASE {database} TO {role}{option}", text(1));
            later.push((at, Then::Right(grant)));
        }
    }
    if let Some(database) = &to.database {
        for right in ["CONNECT", "TEMPORARY"]
            .iter()
            .filter(|right| !everybodys.contains(**right))
        {
            let database = quote::identifier(database);
            everybody
                .rights
                .push(format!("REVOKE {right} ON DATABASE {database} FROM PUBLIC"));
        }
    }
    for (role, statement) in schema::rights(connection, scope).await? {
        if let Some(role) = role.filter(|role| *role != own)
            && let Some(at) = find(&role)
        {
            later.push((at, Then::Right(statement)));
        }
    }
    let defaults = include_str!("sql/carry/defaults.sql");
    for row in connection
        .simple(defaults, "failed to read default privileges")
        .await?
    {
        let text = |column| row.get(column).unwrap_or_default();
        if let Some(at) = find(text(0)) {
            let why = "a role sets this for itself alone, or who may become it";
            later.push((
                at,
                Then::Left(text(1).to_owned(), why, Some("run it there as that role")),
            ));
        }
    }
    for (at, then) in later {
        let account = &mut carried[at].1;
        match then {
            Then::Right(statement) => account.rights.push(statement),
            Then::After(statement) => account.after.push(statement),
            Then::Left(what, why, instead) => account.leave(what, why, instead),
        }
    }
    let mut accounts: Vec<CarriedAccount> = carried.into_iter().map(|(_, account)| account).collect();
    if !everybody.rights.is_empty() {
        accounts.push(everybody);
    }
    Ok(accounts)
}

/// Something a role has beside itself.
enum Then {
    Right(String),
    After(String),
    Left(String, &'static str, Option<&'static str>),
}

/// A row of `roles.sql`.
struct Listed<F: Fn(usize) -> Option<String>>(F);

impl<F: Fn(usize) -> Option<String>> Listed<F> {
    fn text(&self, column: usize) -> String {
        (self.0)(column).unwrap_or_default()
    }

    fn is(&self, column: usize) -> bool {
        self.text(column) == "true"
    }
}

/// Every role's hash, as a literal; none where our account is not shown them.
async fn hashes(connection: &Connection) -> Result<Option<HashMap<String, Secret>>, EngineError> {
    let ask = "SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL";
    match connection
        .simple(ask, "failed to read the passwords' hashes")
        .await
    {
        Ok(rows) => Ok(Some(
            rows.iter()
                .filter_map(|row| Some((row.get(0)?.to_owned(), Secret::new(quote::literal(row.get(1)?)))))
                .collect(),
        )),
        Err(error) if error.kind == ErrorKind::Privilege => Ok(None),
        Err(error) => Err(error),
    }
}

/// The role itself. `hash`: none where our account is not shown it; none within where there is none.
fn made<F: Fn(usize) -> Option<String>>(
    role: &Listed<F>,
    hash: Option<Option<Secret>>,
    to: &Receiver,
) -> CarriedAccount {
    let name = quote::identifier(&role.text(0));
    let mut account = CarriedAccount::begun(&name, &name);
    let mut make = format!("CREATE ROLE {name}");
    let logs_in = role.is(1);
    account.is_role = !logs_in;
    if logs_in {
        make.push_str(" LOGIN PASSWORD ");
        account.login = match hash {
            Some(Some(hash)) => {
                make.push_str(HASH);
                if hash.expose().starts_with("'md5") {
                    account
                        .remarks
                        .push("its password is kept by MD5, and a server that takes SCRAM alone refuses it: give it a new one".to_owned());
                }
                CarriedLogin::Kept(hash)
            }
            none => {
                make.push_str(NEW_PASSWORD);
                let why = if none.is_some() {
                    "it has no password here: it logs in by what pg_hba.conf says, such as peer, cert or trust"
                } else {
                    "the hash of its password is shown to a superuser alone"
                };
                CarriedLogin::New(why.to_owned())
            }
        };
    }
    for (attribute, column) in ATTRIBUTES.iter().zip(2..) {
        if !role.is(column) {
            continue;
        }
        let replicates = *attribute == "REPLICATION" && to.gives.contains("\"rds_replication\"");
        if replicates {
            account.after.push(format!("GRANT rds_replication TO {name}"));
        } else if to.gives.contains(*attribute) && !(*attribute == "SUPERUSER" && to.flavor.is_managed()) {
            make.push(' ');
            make.push_str(attribute);
        } else {
            let (why, instead) = match *attribute {
                "SUPERUSER" => (
                    "a superuser is made by superusers alone, and on a managed server by nobody",
                    Some("GRANT rds_superuser to it, if it administers the server"),
                ),
                _ => ("who carries does not have it, and cannot give it", None),
            };
            account.leave(*attribute, why, instead);
        }
    }
    if !role.is(7) {
        make.push_str(" NOINHERIT");
    }
    if role.text(8) != "-1" {
        make.push_str(" CONNECTION LIMIT ");
        make.push_str(&role.text(8));
    }
    if let Some(until) = (role.0)(9) {
        make.push_str(" VALID UNTIL ");
        make.push_str(&quote::literal(&until));
    }
    account.make.push(make);
    if let Some(comment) = (role.0)(10) {
        account
            .rights
            .push(format!("COMMENT ON ROLE {name} IS {}", quote::literal(&comment)));
    }
    if role.text(12) != "0" {
        account.remarks.push(format!(
            "{} objects belong to it here, and there to {}: it may use them, and not change their definitions",
            role.text(12),
            to.administrator
        ));
    }
    if to.present.contains(&name) {
        account
            .remarks
            .push("it is there already: its password and attributes are left as they are".to_owned());
    }
    account
}

/// A setting of a role. One that no extension declares only a superuser gives a role ("Customized Options").
fn role_setting(role: &str, here: bool, name: &str, value: &str, to: &Receiver) -> Then {
    let declared = |(extension, _): (&str, &str)| EXTENSIONS.contains(&extension);
    let own = name.split_once('.').is_some_and(|parts| !declared(parts));
    if own && !to.gives.contains("SUPERUSER") {
        let why = "a setting of the application's own, which a superuser alone gives a role";
        return Then::Left(format!("SET {name}"), why, Some("SET it in its sessions"));
    }
    let Some(value) = setting::value(name, value) else {
        let why = "its value is no list that a server understands";
        return Then::Left(format!("SET {name}"), why, None);
    };
    let place = match (&to.database, here) {
        (Some(database), true) => format!(" IN DATABASE {}", quote::identifier(database)),
        _ => String::new(),
    };
    let role = quote::identifier(role);
    Then::Right(format!(
        "ALTER ROLE {role}{place} SET {} TO {value}",
        setting::name(name)
    ))
}

/// How somebody is a member.
#[derive(Clone, Copy)]
struct Options {
    admin: bool,
    inherit: bool,
    set: bool,
    /// Whether members like this one have the role's rights unless it is said otherwise.
    by_default: bool,
}

fn member(member: &str, of: &str, carried: bool, options: Options, to: &Receiver) -> Then {
    let group = quote::identifier(of);
    if !carried && !to.gives.contains(&group) {
        let (why, instead) = match of {
            "pg_execute_server_program" | "pg_read_server_files" | "pg_write_server_files" => (
                "it reaches the server's files and programs, which a managed server gives to nobody",
                Some("\\copy from the client; on Aurora the extension aws_s3"),
            ),
            _ if to.present.contains(&group) => ("who carries may admit nobody to that role", None),
            _ => ("the role is not there, and is none that is carried", None),
        };
        return Then::Left(format!("member of {group}"), why, instead);
    }
    let mut words: Vec<&str> = Vec::new();
    if to.flavor.version.major >= 16 {
        if options.admin {
            words.push("ADMIN TRUE");
        }
        if options.inherit != options.by_default {
            words.push(if options.inherit {
                "INHERIT TRUE"
            } else {
                "INHERIT FALSE"
            });
        }
        if !options.set {
            words.push("SET FALSE");
        }
    } else if options.admin {
        words.push("ADMIN OPTION");
    }
    let with = if words.is_empty() {
        String::new()
    } else {
        format!(" WITH {}", words.join(", "))
    };
    Then::After(format!("GRANT {group} TO {}{with}", quote::identifier(member)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use daybreak_model::{Flavor, Hosting, Product, Secret, Version};

    use super::{Listed, Options, Then, made, member, role_setting};
    use crate::{CarriedLogin, Receiver};

    fn aurora() -> Receiver {
        Receiver {
            flavor: Flavor {
                product: Product::Postgres,
                version: Version::new(17, 4, 0),
                hosting: Hosting::Rds,
            },
            administrator: "\"admin\"".to_owned(),
            gives: ["CREATEDB", "CREATEROLE", "\"pg_monitor\"", "\"rds_replication\""]
                .map(str::to_owned)
                .into(),
            ways: BTreeSet::new(),
            present: ["\"pg_execute_server_program\"".to_owned()].into(),
            partial_revokes: false,
            database: Some("shop".to_owned()),
        }
    }

    #[test]
    fn a_superuser_becomes_an_account() {
        let row = [
            "o\"k", "true", "true", "false", "true", "true", "false", "false", "3", "infinity", "it's",
            "false", "0",
        ];
        let listed = Listed(|column: usize| row.get(column).map(|text| (*text).to_owned()));
        let account = made(
            &listed,
            Some(Some(Secret::new("'SCRAM-SHA-256$4096:x'"))),
            &aurora(),
        );
        assert_eq!(
            account.make,
            [
                "CREATE ROLE \"o\"\"k\" LOGIN PASSWORD <password hash> CREATEDB NOINHERIT CONNECTION LIMIT 3 VALID UNTIL 'infinity'"
            ]
        );
        assert_eq!(account.after, ["GRANT rds_replication TO \"o\"\"k\""]);
        assert_eq!(account.rights, ["COMMENT ON ROLE \"o\"\"k\" IS 'it''s'"]);
        assert_eq!(account.left.len(), 1);
        assert!(!format!("{account:?}").contains("4096"));
        let none = made(&listed, Some(None), &aurora());
        assert!(matches!(none.login, CarriedLogin::New(why) if why.contains("pg_hba.conf")));
    }

    #[test]
    fn settings_and_memberships_are_said_as_the_server_says_them() {
        let set = |here, name, value| match role_setting("r", here, name, value, &aurora()) {
            Then::Right(statement) | Then::After(statement) => statement,
            Then::Left(what, ..) => format!("left: {what}"),
        };
        assert_eq!(
            set(true, "search_path", "\"$user\", public"),
            "ALTER ROLE \"r\" IN DATABASE \"shop\" SET \"search_path\" TO '$user', 'public'"
        );
        assert_eq!(
            set(false, "pgaudit.role", "it's"),
            "ALTER ROLE \"r\" SET \"pgaudit\".\"role\" TO 'it''s'"
        );
        assert_eq!(set(false, "app.tenant", "x"), "left: SET app.tenant");
        let options = Options {
            admin: true,
            inherit: false,
            set: true,
            by_default: true,
        };
        let admitted = member("r", "pg_monitor", false, options, &aurora());
        assert!(
            matches!(admitted, Then::After(grant) if grant == "GRANT \"pg_monitor\" TO \"r\" WITH ADMIN TRUE, INHERIT FALSE")
        );
        let refused = member("r", "pg_execute_server_program", false, options, &aurora());
        assert!(matches!(refused, Then::Left(_, why, _) if why.contains("files and programs")));
    }
}
