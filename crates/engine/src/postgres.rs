//! PostgreSQL 12 to 18, and its RDS and Aurora forms.

use std::path::Path;
use std::sync::Arc;

use daybreak_model::{Endpoint, Flavor, LinkSettings, Part, Secret, Table};

use crate::{
    ClientLogin, Database, EngineError, Grantee, Mend, Mended, NEW_PASSWORD, OwnAccount, Replication,
    RowFile, ToolCalls, ToolWish, TrimJob,
};

mod quote;
mod setting;

mod classify;
mod tls;
mod walsender;

mod connection;

mod topology;

mod identity;

mod server;

mod keys;
mod pgoutput;

mod digest;
mod encode;
mod split;

mod relation;
mod sizes;

mod checker;
mod keyless;
mod large_rows;
mod publication;
mod reader;
mod readiness;
mod value_form;
mod writer;

mod indexes;
mod partitions;
mod rehearse;
mod tools;
mod trim;
mod trim_job;

mod account_copy;
mod accounts;
mod carry;
mod changes;
mod faults;
mod foreign_keys;
mod kept_changes;
mod link;
mod literal;
mod mend;
mod privileges;
mod row_repair;
mod schema;
mod sequences;
mod sessions;
mod snapshot;
mod statements;
mod surroundings;

mod database;
mod fence;
mod gtid;
mod inspect;
mod part;
mod part_fence;

use database::Postgres;

pub(crate) fn database(endpoint: Endpoint, part: Option<Part>) -> Arc<dyn Database> {
    Arc::new(Postgres::new(endpoint, part))
}

pub(crate) fn replication(from: Endpoint, to: Endpoint, settings: LinkSettings) -> Arc<dyn Replication> {
    Arc::new(link::Link::new(from, to, settings))
}

pub(crate) fn grants(job: &str, flavor: &Flavor, grantee: &Grantee) -> Option<Vec<String>> {
    privileges::grants(job, flavor, &grantee.user, &grantee.database, &grantee.schemas)
}

pub(crate) fn load_file(table: &Table, file: &RowFile<'_>) -> String {
    encode::load_file(table, file)
}

pub(crate) fn mend(flavor: &Flavor, change: &Mend<'_>) -> Result<Mended, &'static str> {
    mend::mend(flavor, change)
}

/// The hash by SCRAM-SHA-256, which every version that is supported takes.
pub(crate) fn new_password(password: &Secret) -> Secret {
    let hash = postgres_protocol::password::scram_sha_256(password.expose().as_bytes());
    Secret::new(quote::literal(&hash))
}

pub(crate) fn own_account(grantee: &Grantee) -> OwnAccount {
    let name = quote::identifier(&grantee.user);
    OwnAccount {
        make: format!("CREATE ROLE {name} LOGIN PASSWORD {NEW_PASSWORD}"),
        make_by_iam: vec![
            format!("CREATE ROLE {name} LOGIN"),
            format!("GRANT rds_iam TO {name}"),
        ],
        rotate: format!("ALTER ROLE {name} PASSWORD {NEW_PASSWORD}"),
        // Its rights are in the way of the last; the second would take what it owns, too, of which there must be nothing, and whoever
        // is no superuser may do that as a member alone.
        drop: vec![
            format!("GRANT {name} TO CURRENT_USER"),
            format!("DROP OWNED BY {name}"),
            format!("DROP ROLE {name}"),
        ],
        exists: format!(
            "SELECT count(*)::text FROM pg_roles WHERE rolname = {}",
            quote::literal(&grantee.user)
        ),
        owns: Some(format!(
            "SELECT count(*)::text FROM pg_shdepend AS d JOIN pg_roles AS r ON r.oid = d.refobjid \
             WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' AND r.rolname = {}",
            quote::literal(&grantee.user)
        )),
        name,
    }
}

/// The statements of [`crate::trim_job`].
pub(crate) fn client_login(endpoint: &Endpoint, folder: &Path) -> Result<ClientLogin, EngineError> {
    tools::login(endpoint, folder)
}

pub(crate) fn tool_calls(wish: &ToolWish<'_>) -> ToolCalls {
    tools::calls(wish)
}

pub(crate) fn trim_job(job: &TrimJob<'_>) -> Result<Vec<String>, String> {
    trim_job::statements(job)
}
