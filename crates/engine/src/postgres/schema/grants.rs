//! Rights, for roles that the target has.

use std::collections::HashMap;

use daybreak_model::Scope;

use super::in_scope;
use super::order::Address;
use crate::EngineError;
use crate::postgres::connection::Connection;
use crate::postgres::quote;

/// One statement and the role it is for; nobody in particular for PUBLIC.
pub(super) struct Right {
    role: Option<String>,
    statement: String,
}

/// Whether the server has what a fence took from whom, and we may read it.
const KEEPS_TAKEN_RIGHTS: &str =
    "SELECT EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'daybreak' AND c.relname = 'fence_acl'
      AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))";

/// Every right on an object of the scope: the role, none for PUBLIC, and the statement that gives it.
pub(crate) async fn rights(
    connection: &Connection,
    scope: &Scope,
) -> Result<Vec<(Option<String>, String)>, EngineError> {
    let rights = read(connection, scope, false).await?;
    let all = rights.into_values().flatten();
    Ok(all.map(|right| (right.role, right.statement)).collect())
}

/// Every right on an object of the scope; MAINTAIN, which servers know since 17, only where it is wanted.
pub(super) async fn read(
    connection: &Connection,
    scope: &Scope,
    maintain: bool,
) -> Result<HashMap<Address, Vec<Right>>, EngineError> {
    let what = "failed to read grants";
    let kept = connection.value(KEEPS_TAKEN_RIGHTS, what).await?;
    let fenced = if kept.as_deref() == Some("t") {
        "daybreak.fence_acl"
    } else {
        "(SELECT NULL::oid AS relation, 0 AS column_number, NULL::aclitem[] AS acl WHERE false)"
    };
    let ask = include_str!("../sql/schema/grants.sql")
        .replace("{maintain}", &maintain.to_string())
        .replace("{fenced}", fenced);
    let ask = in_scope(&ask, scope);
    let mut rights: HashMap<Address, Vec<Right>> = HashMap::new();
    for row in connection.simple(&ask, what).await? {
        let text = |column| row.get(column).unwrap_or_default();
        let address = (text(0).parse().unwrap_or(0), text(1).parse().unwrap_or(0));
        rights.entry(address).or_default().push(Right {
            role: row.get(2).map(str::to_owned),
            statement: text(3).to_owned(),
        });
    }
    Ok(rights)
}

/// All of an object's rights in one statement, which passes over roles that are not there. Our own account has its rights as
/// the owner.
pub(super) fn statement(rights: &[Right]) -> Option<String> {
    let grant = |right: &Right| match &right.role {
        None => format!("{};", right.statement),
        Some(role) => format!(
            "IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {} AND rolname <> current_user) THEN {}; END IF;",
            quote::literal(role),
            right.statement
        ),
    };
    let body: Vec<_> = rights.iter().map(grant).collect();
    // A quoted body: no name can end it, as one that holds the tag would end a dollar-quoted one.
    (!body.is_empty()).then(|| {
        format!(
            "DO {}",
            quote::literal(&format!("BEGIN\n{}\nEND", body.join("\n")))
        )
    })
}
