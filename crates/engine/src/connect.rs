use std::path::Path;
use std::sync::Arc;

use daybreak_model::{Endpoint, Family, Flavor, LinkSettings, Part, Position, Secret, Table};

use crate::{
    ClientLogin, DataFiles, Database, EngineError, Grantee, GtidRestartStep, GtidState, Mend, Mended,
    OwnAccount, Replication, RowFile, ToolCalls, ToolWish, TrimJob, mysql, postgres,
};

/// The server at an endpoint. Connects when first asked something.
#[must_use]
pub fn database(endpoint: Endpoint) -> Arc<dyn Database> {
    database_part(endpoint, None)
}

/// The same, where who may write is asked and told ([`Open`](crate::Open)) of a part of the server alone, if one is given.
#[must_use]
pub fn database_part(endpoint: Endpoint, part: Option<Part>) -> Arc<dyn Database> {
    match endpoint.family {
        Family::Mysql => mysql::database(endpoint, part),
        Family::Postgres => postgres::database(endpoint, part),
    }
}

/// Replication from one server to another of the same family.
///
/// # Panics
/// When the families differ: the plan refuses that long before.
#[must_use]
pub fn replication(from: Endpoint, to: Endpoint, settings: LinkSettings) -> Arc<dyn Replication> {
    assert_eq!(from.family, to.family, "a plan never pairs two families");
    match from.family {
        Family::Mysql => mysql::replication(from, to, settings),
        Family::Postgres => postgres::replication(from, to, settings),
    }
}

/// The statements that give an account what a job needs on a server of this flavor, and nothing else; `None` for a job that is
/// not one of [`JOBS`](crate::JOBS). They follow from the table that [`Inspect::missing_privileges`](crate::Inspect) asks.
#[must_use]
pub fn grants(job: &str, flavor: &Flavor, grantee: &Grantee) -> Option<Vec<String>> {
    match flavor.family() {
        Family::Mysql => mysql::grants(job, flavor, grantee),
        Family::Postgres => postgres::grants(job, flavor, grantee),
    }
}

/// The runbook that turns GTIDs on or off on servers whose `gtid_mode` changes only with a restart
/// ([`GtidWay::Restart`](crate::GtidWay)): each with its address, from the primary down.
#[must_use]
pub fn gtid_restart(on: bool, servers: &[(String, GtidState)]) -> Vec<GtidRestartStep> {
    mysql::gtid_restart(on, servers)
}

/// The statements that have the server itself carry a trim rule out: an event of MySQL's or MariaDB's, a job of pg_cron's.
///
/// # Errors
/// In words, where it cannot be one.
pub fn trim_job(family: Family, job: &TrimJob<'_>) -> Result<Vec<String>, String> {
    match family {
        Family::Mysql => mysql::trim_job(job),
        Family::Postgres => postgres::trim_job(job),
    }
}

/// The statement by which a client that is not us loads a file of a table's rows, as [`Read::read`](crate::Read::read) encodes them.
///
/// Sources: MySQL manual, "LOAD DATA Statement"; PostgreSQL manual, "psql", `\copy`; Amazon Aurora User Guide, "Loading data into an
/// Amazon Aurora MySQL DB cluster from text files in an Amazon S3 bucket" and "Importing data from Amazon S3 into an Aurora
/// PostgreSQL DB cluster".
#[must_use]
pub fn load_file(family: Family, table: &Table, file: &RowFile<'_>) -> String {
    match family {
        Family::Mysql => mysql::load_file(table, file),
        Family::Postgres => postgres::load_file(table, file),
    }
}

/// What the session begins with in which [`load_file`]'s statements and those of a schema run.
#[must_use]
pub fn load_session(flavor: &Flavor) -> String {
    match flavor.family() {
        Family::Mysql => mysql::load_session(flavor),
        // What is made before the rows neither fires nor refers to anything.
        Family::Postgres => String::new(),
    }
}

/// Statements as a file that the database's own client runs (`mysql`, `psql`), whatever semicolons they hold.
#[must_use]
pub fn script(family: Family, statements: &[String]) -> String {
    match family {
        Family::Mysql => mysql::script(statements),
        Family::Postgres => statements
            .iter()
            .map(|statement| format!("{statement};\n"))
            .collect(),
    }
}

/// How the server's own client programs log in to it, by files in a folder that is the caller's to take away.
///
/// # Errors
/// When a file cannot be written, or one with authorities cannot be read.
pub fn client_login(endpoint: &Endpoint, folder: &Path) -> Result<ClientLogin, EngineError> {
    match endpoint.family {
        Family::Mysql => mysql::client_login(endpoint, folder),
        Family::Postgres => postgres::client_login(endpoint, folder),
    }
}

/// How a backup program of the MySQL family logs in to a server that has its files on this machine, by a file in a folder that is the
/// caller's to take away.
///
/// # Errors
/// When the file cannot be written.
pub fn backup_login(
    endpoint: &Endpoint,
    files: &DataFiles,
    folder: &Path,
) -> Result<ClientLogin, EngineError> {
    mysql::backup_login(endpoint, files, folder)
}

/// What the servers' own programs are called with to bring schemas from one server to another.
#[must_use]
pub fn tool_calls(family: Family, wish: &ToolWish<'_>) -> ToolCalls {
    match family {
        Family::Mysql => mysql::tool_calls(wish),
        Family::Postgres => postgres::tool_calls(wish),
    }
}

/// Where a dump by the server's own program stands, by what it says at its head; `None` where it does not (PostgreSQL: its snapshot is
/// ours).
#[must_use]
pub fn tool_position(family: Family, head: &str, by_gtid: bool) -> Option<Position> {
    match family {
        Family::Mysql => mysql::tool_position(head, by_gtid),
        Family::Postgres => None,
    }
}

/// The statements of a change of the schema on a server of this flavor.
///
/// # Errors
/// Why there are none, in words for whoever must find them.
pub fn mend(flavor: &Flavor, change: &Mend<'_>) -> Result<Mended, &'static str> {
    match flavor.family() {
        Family::Mysql => mysql::mend(flavor, change),
        Family::Postgres => postgres::mend(flavor, change),
    }
}

/// A new password as it stands in the statement that makes an account, in the place of [`NEW_PASSWORD`](crate::NEW_PASSWORD). On
/// PostgreSQL that is its hash: the server never sees the password itself.
#[must_use]
pub fn new_password(family: Family, password: &Secret) -> Secret {
    match family {
        Family::Mysql => mysql::new_password(password),
        Family::Postgres => postgres::new_password(password),
    }
}

/// The statements of an account of ours on a server of this flavor.
#[must_use]
pub fn own_account(flavor: &Flavor, grantee: &Grantee) -> OwnAccount {
    match flavor.family() {
        Family::Mysql => mysql::own_account(flavor, grantee),
        Family::Postgres => postgres::own_account(grantee),
    }
}
