//! What an account must be allowed for each job.

use daybreak_model::Flavor;

use super::connection::Connection;
use crate::EngineError;

/// What the account may be, as far as the jobs ask for it.
struct Account {
    superuser: bool,
    replication: bool,
    bypasses_row_security: bool,
    creates_roles: bool,
    creates_in_database: bool,
    owns_database: bool,
    signals: bool,
    makes_subscriptions: bool,
    unreadable: Option<String>,
    not_owned: Option<String>,
}

/// What the job needs and the account lacks, each with the statement that would grant it.
pub(crate) async fn missing(
    connection: &Connection,
    flavor: &Flavor,
    job: &str,
) -> Result<Vec<String>, EngineError> {
    let rows = connection
        .simple(
            include_str!("sql/privileges.sql"),
            "failed to ask for the account's privileges",
        )
        .await?;
    let row = rows.first();
    let text = |column: &str| row.and_then(|row| row.get(column));
    let flag = |column| text(column) == Some("t");
    let account = Account {
        superuser: flag("superuser"),
        replication: flag("replication"),
        bypasses_row_security: flag("bypasses_row_security"),
        creates_roles: flag("creates_roles"),
        creates_in_database: flag("creates_in_database"),
        owns_database: flag("owns_database"),
        signals: flag("signals"),
        makes_subscriptions: flag("makes_subscriptions"),
        unreadable: text("unreadable").map(str::to_owned),
        not_owned: text("not_owned").map(str::to_owned),
    };
    Ok(decide(&account, flavor, job))
}

/// A superuser lacks nothing.
fn decide(account: &Account, flavor: &Flavor, job: &str) -> Vec<String> {
    if account.superuser {
        return Vec::new();
    }
    let replication = if flavor.is_managed() {
        "membership in `rds_replication` (GRANT rds_replication TO …)"
    } else {
        "the attribute REPLICATION (ALTER ROLE … REPLICATION)"
    };
    let mut missing = Vec::new();
    let mut need = |held: bool, what: String| {
        if !held {
            missing.push(what);
        }
    };
    let create = || "CREATE on the database (GRANT CREATE ON DATABASE … TO …)".to_owned();
    let owner = || {
        let which = account.not_owned.as_deref().unwrap_or_default();
        format!("ownership of the tables, for their publication ({which})")
    };
    match job {
        "read" => {
            let which = account.unreadable.as_deref().unwrap_or_default();
            need(account.unreadable.is_none(), format!("SELECT on {which}"));
            need(account.bypasses_row_security, "BYPASSRLS, for tables with row security (ALTER ROLE … BYPASSRLS)".to_owned());
            need(account.replication, replication.to_owned());
        }
        "write" => need(account.creates_in_database, create()),
        "follow" => need(
            account.makes_subscriptions,
            "membership in `pg_create_subscription` (GRANT pg_create_subscription TO …; superuser before PostgreSQL 16)".to_owned(),
        ),
        "lead" => {
            need(account.replication, replication.to_owned());
            need(account.creates_in_database, create());
            need(account.creates_roles, "the attribute CREATEROLE (ALTER ROLE … CREATEROLE)".to_owned());
            need(account.not_owned.is_none(), owner());
        }
        "fence" => {
            need(account.owns_database, "ownership of the database (ALTER DATABASE … OWNER TO …)".to_owned());
            need(account.creates_in_database, create());
            need(account.creates_roles, "the attribute CREATEROLE (ALTER ROLE … CREATEROLE)".to_owned());
            need(account.signals, "membership in `pg_signal_backend` (GRANT pg_signal_backend TO …)".to_owned());
            need(account.not_owned.is_none(), owner().replace("for their publication ", ""));
        }
        _ => {}
    }
    missing
}
