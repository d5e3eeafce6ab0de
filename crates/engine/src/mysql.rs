//! The MySQL family behind the ports: MySQL, Percona Server, MariaDB, and their RDS and Aurora forms.

use std::path::Path;
use std::sync::Arc;

use daybreak_model::{Endpoint, Flavor, LinkSettings, Part, Position, Secret, Table};

use crate::{
    ClientLogin, DataFiles, Database, EngineError, Grantee, GtidRestartStep, GtidState, Mend, Mended,
    NEW_PASSWORD, OwnAccount, Replication, RowFile, ToolCalls, ToolWish, TrimJob,
};

mod classify;
mod connection;
mod quote;
mod session;

mod column;
mod digest;
mod group;
mod key;
mod load_file;

mod identity;
mod privileges;
mod topology;

mod readiness;

mod schema;

mod account;
mod account_copy;
mod accounts;
mod carry;
mod carry_rights;

mod changes;
mod checker;
mod definers;
mod encode;
mod insert;
mod json;
mod keyless;
mod known_account;
mod mend;
mod outgoing;
mod pieces;
mod reader;
mod snapshot;
mod split;
mod value_form;
mod warnings;
mod writer;

mod indexes;
mod partitions;
mod rehearse;
mod tools;
mod trim;
mod trim_job;

mod fence;
mod filters;
mod foreign_keys;
mod grant_lines;
mod grants;
mod part_fence;
mod sequences;
mod sessions;
mod statements;
mod surroundings;

mod faults;
mod link;
mod literal;

mod row_repair;
mod server;

mod gtid;
mod gtid_restart;

pub(crate) fn database(endpoint: Endpoint, part: Option<Part>) -> Arc<dyn Database> {
    Arc::new(server::Mysql::new(endpoint, part))
}

pub(crate) fn replication(from: Endpoint, to: Endpoint, settings: LinkSettings) -> Arc<dyn Replication> {
    Arc::new(link::Link::new(from, to, settings))
}

pub(crate) fn grants(job: &str, flavor: &Flavor, grantee: &Grantee) -> Option<Vec<String>> {
    let account = privileges::account(&grantee.user, &grantee.host);
    privileges::grants(job, flavor, &account, &grantee.schemas)
}

pub(crate) fn gtid_restart(on: bool, servers: &[(String, GtidState)]) -> Vec<GtidRestartStep> {
    gtid_restart::steps(on, servers)
}

pub(crate) fn load_file(table: &Table, file: &RowFile<'_>) -> String {
    load_file::statement(table, file)
}

pub(crate) fn load_session(flavor: &Flavor) -> String {
    load_file::session(flavor)
}

pub(crate) fn script(statements: &[String]) -> String {
    load_file::script(statements)
}

pub(crate) fn mend(flavor: &Flavor, change: &Mend<'_>) -> Result<Mended, &'static str> {
    mend::mend(flavor, change)
}

pub(crate) fn new_password(password: &Secret) -> Secret {
    Secret::new(quote::text(password.expose()))
}

pub(crate) fn own_account(flavor: &Flavor, grantee: &Grantee) -> OwnAccount {
    let name = privileges::account(&grantee.user, &grantee.host);
    let old = account_copy::is_old(flavor);
    OwnAccount {
        make: format!("CREATE USER {name} IDENTIFIED BY {NEW_PASSWORD}"),
        // What it sends in a password's place is sent as it is, so never without TLS.
        make_by_iam: vec![format!(
            "CREATE USER {name} IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL"
        )],
        rotate: if old {
            format!("SET PASSWORD FOR {name} = PASSWORD({NEW_PASSWORD})")
        } else {
            format!("ALTER USER {name} IDENTIFIED BY {NEW_PASSWORD}")
        },
        drop: vec![format!("DROP USER {name}")],
        // A server keeps hosts in lower case, however they were written.
        exists: format!(
            "SELECT COUNT(*) FROM mysql.user WHERE User = {} AND LOWER(Host) = LOWER({})",
            quote::text(&grantee.user),
            quote::text(&grantee.host)
        ),
        owns: None,
        name,
    }
}

/// The statements of [`crate::trim_job`].
pub(crate) fn client_login(endpoint: &Endpoint, folder: &Path) -> Result<ClientLogin, EngineError> {
    tools::login(endpoint, folder)
}

pub(crate) fn backup_login(
    endpoint: &Endpoint,
    files: &DataFiles,
    folder: &Path,
) -> Result<ClientLogin, EngineError> {
    tools::backup_login(endpoint, files, folder)
}

pub(crate) fn tool_calls(wish: &ToolWish<'_>) -> ToolCalls {
    tools::calls(wish)
}

pub(crate) fn tool_position(head: &str, by_gtid: bool) -> Option<Position> {
    tools::position(head, by_gtid)
}

pub(crate) fn trim_job(job: &TrimJob<'_>) -> Result<Vec<String>, String> {
    trim_job::statements(job)
}
