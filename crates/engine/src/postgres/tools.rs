//! `pg_dump` and `psql`: what they are called with.
//!
//! Sources: PostgreSQL manual, "pg_dump", "psql", "Environment Variables" and "The Password File" of libpq.

use std::ffi::OsString;
use std::path::Path;

use daybreak_model::{Endpoint, Tls};

use super::quote;
use crate::certificates::authorities_as_text;
use crate::private_file::private_file;
use crate::{ClientLogin, EngineError, ToolCalls, ToolWish};

/// Writes a password file; the rest is no secret.
pub(crate) fn login(endpoint: &Endpoint, folder: &Path) -> Result<ClientLogin, EngineError> {
    let password = endpoint
        .password
        .expose()
        .replace('\\', "\\\\")
        .replace(':', "\\:");
    let file = private_file(endpoint, folder, "login.pgpass", &format!("*:*:*:*:{password}\n"))?;
    let mut environment: Vec<(&'static str, OsString)> = vec![
        ("PGPASSFILE", file.into()),
        ("PGHOST", endpoint.host.clone().into()),
        ("PGPORT", endpoint.port.to_string().into()),
        ("PGUSER", endpoint.user.clone().into()),
        ("PGDATABASE", endpoint.database.clone().unwrap_or_default().into()),
        ("PGAPPNAME", "daybreak".into()),
    ];
    match &endpoint.tls {
        Tls::Verify { ca } => {
            let authorities = authorities_as_text(endpoint, ca.as_deref())?;
            let file = private_file(endpoint, folder, "authorities.pem", &authorities)?;
            environment.push(("PGSSLMODE", "verify-full".into()));
            environment.push(("PGSSLROOTCERT", file.into()));
        }
        Tls::Require => environment.push(("PGSSLMODE", "require".into())),
        Tls::Off => environment.push(("PGSSLMODE", "disable".into())),
    }
    if let Some(own) = &endpoint.certificate {
        environment.push(("PGSSLCERT", own.chain.clone().into()));
        environment.push(("PGSSLKEY", own.key.clone().into()));
    }
    Ok(ClientLogin {
        arguments: Vec::new(),
        environment,
    })
}

/// A dump of the load's snapshot, loaded as one transaction: all of it or nothing.
pub(crate) fn calls(wish: &ToolWish<'_>) -> ToolCalls {
    let mut dump: Vec<String> = [
        "--format=plain",
        "--no-publications",
        "--no-subscriptions",
        "--no-tablespaces",
    ]
    .map(str::to_owned)
    .into();
    dump.extend(wish.snapshot.map(|name| format!("--snapshot={name}")));
    // In quotes a name is no pattern.
    let schemas = wish.schemas.iter();
    dump.extend(schemas.map(|schema| format!("--schema={}", quote::identifier(schema))));
    ToolCalls {
        dump,
        load: ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
            .map(str::to_owned)
            .into(),
        // At the end of its input psql would commit, with its own `--single-transaction`, also when that end came too soon.
        before: "BEGIN;\n",
        after: "COMMIT;\n",
        left_out: schemas_made(wish.schemas),
        left_out_until: MAY_HOLD_ANY_LINE,
    }
}

/// How the parts of a dump begin in which any line may stand: rows, bodies, constants. Schemas come before them all.
const MAY_HOLD_ANY_LINE: &[&str] = &[
    "COPY ",
    "CREATE DOMAIN ",
    "CREATE FUNCTION ",
    "CREATE PROCEDURE ",
    "CREATE TABLE ",
    "CREATE UNLOGGED TABLE ",
    "CREATE VIEW ",
    "INSERT ",
];

/// The lines by which a dump makes its schemas, which stand already; `public` with what every new database says of it.
fn schemas_made(schemas: &[String]) -> Vec<String> {
    let mut lines = vec![
        "ALTER SCHEMA public OWNER TO pg_database_owner;".to_owned(),
        "COMMENT ON SCHEMA public IS 'standard public schema';".to_owned(),
    ];
    for schema in schemas {
        // A dump quotes only names that need it.
        lines.push(format!("CREATE SCHEMA {schema};"));
        lines.push(format!("CREATE SCHEMA {};", quote::identifier(schema)));
    }
    lines
}
