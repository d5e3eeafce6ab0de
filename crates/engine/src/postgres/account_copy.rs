//! A role with the password it has, for another server: by the hash, which only a superuser is shown.
//!
//! Facts from the PostgreSQL manual: "pg_authid", "CREATE ROLE" (a password that is a hash already is kept as it is).

use daybreak_model::Secret;

use super::connection::Connection;
use super::quote;
use crate::{AccountCopy, EngineError, ErrorKind, HASH};

/// What makes a role; its attributes and memberships are rights. `name` is an identifier with its quotes.
pub(crate) async fn copy(connection: &Connection, name: &str) -> Result<AccountCopy, EngineError> {
    let quoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    let bare = quoted.map_or_else(|| name.to_owned(), |name| name.replace("\"\"", "\""));
    let ask = format!(
        "SELECT rolpassword FROM pg_authid WHERE rolname = {}",
        quote::literal(&bare)
    );
    let (hash, left) = match connection.value(&ask, "failed to read a role's password").await {
        Ok(hash) => (hash.map(|hash| Secret::new(quote::literal(&hash))), None),
        Err(error) if error.kind == ErrorKind::Privilege => (
            None,
            Some("its password is shown to a superuser alone: give it one with ALTER ROLE … PASSWORD"),
        ),
        Err(error) => return Err(error),
    };
    let password = match &hash {
        Some(_) => format!(" PASSWORD {HASH}"),
        None => String::new(),
    };
    Ok(AccountCopy {
        make: vec![format!("CREATE ROLE {name}{password}")],
        after: Vec::new(),
        hash,
        left,
    })
}
