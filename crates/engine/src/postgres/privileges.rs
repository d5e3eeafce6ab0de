//! What an account must be allowed for each job: one table, from which both the check of an account and the statements for it
//! are made.
//!
//! Facts from the PostgreSQL manual: "Predefined Roles", "Role Attributes", "CREATE SUBSCRIPTION"; from Aurora's guide: the roles
//! `rds_superuser` and `rds_replication`.

use daybreak_model::Flavor;

use super::connection::Connection;
use super::quote;
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
    reads_statistics: bool,
    reads_settings: bool,
    unreadable: Option<String>,
    unchangeable: Option<String>,
    not_owned: Option<String>,
}

/// Something an account must be or have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    ReadTables,
    ChangeTables,
    BypassRowSecurity,
    Replication,
    CreateInDatabase,
    CreateSubscription,
    CreateRole,
    OwnDatabase,
    OwnPublishedTables,
    OwnTables,
    SignalBackends,
    ReadStatistics,
    ReadSettings,
}

/// A job's needs; none for a job that is not known. The catalogs are open to every account that may connect.
fn needs(job: &str) -> Option<&'static [Need]> {
    Some(match job {
        "topology" | "schema-check" | "gtid" | "slow" => &[Need::ReadStatistics, Need::ReadSettings],
        "check" => &[
            Need::ReadStatistics,
            Need::ReadSettings,
            Need::ReadTables,
            Need::BypassRowSecurity,
        ],
        "trim" => &[
            Need::ReadStatistics,
            Need::ReadSettings,
            Need::ReadTables,
            Need::ChangeTables,
            Need::BypassRowSecurity,
        ],
        "delta" => &[
            Need::ReadStatistics,
            Need::ReadSettings,
            Need::ReadTables,
            Need::BypassRowSecurity,
            Need::Replication,
            Need::CreateInDatabase,
            Need::OwnPublishedTables,
        ],
        "read" => &[Need::ReadTables, Need::BypassRowSecurity, Need::Replication],
        "write" => &[Need::CreateInDatabase],
        "follow" => &[Need::CreateSubscription],
        "lead" => &[
            Need::Replication,
            Need::CreateInDatabase,
            Need::CreateRole,
            Need::OwnPublishedTables,
        ],
        "fence" => &[
            Need::OwnDatabase,
            Need::CreateInDatabase,
            Need::CreateRole,
            Need::SignalBackends,
            Need::OwnTables,
        ],
        "wake" => &[],
        _ => return None,
    })
}

impl Need {
    fn is_met(self, account: &Account) -> bool {
        match self {
            Self::ReadTables => account.unreadable.is_none(),
            Self::ChangeTables => account.unchangeable.is_none(),
            Self::BypassRowSecurity => account.bypasses_row_security,
            Self::Replication => account.replication,
            Self::CreateInDatabase => account.creates_in_database,
            Self::CreateSubscription => account.makes_subscriptions,
            Self::CreateRole => account.creates_roles,
            Self::OwnDatabase => account.owns_database,
            Self::OwnPublishedTables | Self::OwnTables => account.not_owned.is_none(),
            Self::SignalBackends => account.signals,
            Self::ReadStatistics => account.reads_statistics,
            Self::ReadSettings => account.reads_settings,
        }
    }

    /// What is lacking, in words, with the statement that would grant it.
    fn lacking(self, account: &Account, flavor: &Flavor) -> String {
        match self {
            Self::ReadTables => format!("SELECT on {}", account.unreadable.as_deref().unwrap_or_default()),
            Self::ChangeTables => format!(
                "INSERT, UPDATE and DELETE on {} (FOR UPDATE needs UPDATE)",
                account.unchangeable.as_deref().unwrap_or_default()
            ),
            Self::BypassRowSecurity => {
                "BYPASSRLS, for tables with row security (ALTER ROLE … BYPASSRLS)".to_owned()
            }
            Self::Replication if flavor.is_managed() => {
                "membership in `rds_replication` (GRANT rds_replication TO …)".to_owned()
            }
            Self::Replication => "the attribute REPLICATION (ALTER ROLE … REPLICATION)".to_owned(),
            Self::CreateInDatabase => "CREATE on the database (GRANT CREATE ON DATABASE … TO …)".to_owned(),
            Self::CreateSubscription => "membership in `pg_create_subscription` (GRANT pg_create_subscription TO …; superuser before PostgreSQL 16)".to_owned(),
            Self::CreateRole => "the attribute CREATEROLE (ALTER ROLE … CREATEROLE)".to_owned(),
            Self::OwnDatabase => "ownership of the database (ALTER DATABASE … OWNER TO …)".to_owned(),
            Self::OwnPublishedTables => {
                let which = account.not_owned.as_deref().unwrap_or_default();
                format!("ownership of the tables, for their publication ({which})")
            }
            Self::OwnTables => {
                format!("ownership of the tables ({})", account.not_owned.as_deref().unwrap_or_default())
            }
            Self::SignalBackends => {
                "membership in `pg_signal_backend` (GRANT pg_signal_backend TO …)".to_owned()
            }
            Self::ReadStatistics => {
                "membership in `pg_read_all_stats` (GRANT pg_read_all_stats TO …)".to_owned()
            }
            Self::ReadSettings => {
                "membership in `pg_read_all_settings` (GRANT pg_read_all_settings TO …)".to_owned()
            }
        }
    }

    /// The statements that grant it. Ownership of tables is had by being a member of the role that owns them, which no statement
    /// can name beforehand.
    fn statements(self, flavor: &Flavor, role: &str, database: &str, schemas: &[String]) -> Vec<String> {
        let one = |statement: String| vec![statement];
        match self {
            Self::ReadTables if schemas.is_empty() && flavor.version.major >= 14 => {
                one(format!("GRANT pg_read_all_data TO {role}"))
            }
            Self::ReadTables => {
                let public = ["public".to_owned()];
                let schemas = if schemas.is_empty() { &public[..] } else { schemas };
                let granted = schemas.iter().map(|schema| quote::identifier(schema));
                granted
                    .flat_map(|schema| {
                        [
                            format!("GRANT USAGE ON SCHEMA {schema} TO {role}"),
                            format!("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}"),
                        ]
                    })
                    .collect()
            }
            Self::ChangeTables if schemas.is_empty() && flavor.version.major >= 14 => {
                one(format!("GRANT pg_write_all_data TO {role}"))
            }
            Self::ChangeTables => {
                let public = ["public".to_owned()];
                let schemas = if schemas.is_empty() { &public[..] } else { schemas };
                let granted = schemas.iter().map(|schema| quote::identifier(schema));
                granted
                    .map(|schema| {
                        format!("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}")
                    })
                    .collect()
            }
            Self::BypassRowSecurity => one(format!("ALTER ROLE {role} BYPASSRLS")),
            Self::Replication if flavor.is_managed() => one(format!("GRANT rds_replication TO {role}")),
            Self::Replication => one(format!("ALTER ROLE {role} REPLICATION")),
            Self::CreateInDatabase => one(format!("GRANT CREATE ON DATABASE {database} TO {role}")),
            Self::CreateSubscription if flavor.version.major >= 16 => {
                one(format!("GRANT pg_create_subscription TO {role}"))
            }
            Self::CreateSubscription if flavor.is_managed() => one(format!("GRANT rds_superuser TO {role}")),
            Self::CreateSubscription => one(format!("ALTER ROLE {role} SUPERUSER")),
            Self::CreateRole => one(format!("ALTER ROLE {role} CREATEROLE")),
            Self::OwnDatabase => one(format!("ALTER DATABASE {database} OWNER TO {role}")),
            Self::OwnPublishedTables | Self::OwnTables => {
                one(format!("-- the role that owns the tables: GRANT … TO {role}"))
            }
            Self::SignalBackends => one(format!("GRANT pg_signal_backend TO {role}")),
            // What its administrator may hand on, and holds both (Amazon Aurora User Guide, "Understanding the rds_superuser role").
            Self::ReadStatistics | Self::ReadSettings if flavor.is_managed() => {
                one(format!("GRANT pg_monitor TO {role}"))
            }
            Self::ReadStatistics => one(format!("GRANT pg_read_all_stats TO {role}")),
            Self::ReadSettings => one(format!("GRANT pg_read_all_settings TO {role}")),
        }
    }
}

/// The statements that give a role what a job needs in one database, for these schemas (all, if none is named); none for a job
/// that is not known.
pub(crate) fn grants(
    job: &str,
    flavor: &Flavor,
    role: &str,
    database: &str,
    schemas: &[String],
) -> Option<Vec<String>> {
    let (role, database) = (quote::identifier(role), quote::identifier(database));
    let mut statements = vec![format!("GRANT CONNECT ON DATABASE {database} TO {role}")];
    for need in needs(job)? {
        for statement in need.statements(flavor, &role, &database, schemas) {
            if !statements.contains(&statement) {
                statements.push(statement);
            }
        }
    }
    Some(statements)
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
        reads_statistics: flag("reads_statistics"),
        reads_settings: flag("reads_settings"),
        unreadable: text("unreadable").map(str::to_owned),
        unchangeable: text("unchangeable").map(str::to_owned),
        not_owned: text("not_owned").map(str::to_owned),
    };
    Ok(decide(&account, flavor, job))
}

/// A superuser lacks nothing.
fn decide(account: &Account, flavor: &Flavor, job: &str) -> Vec<String> {
    if account.superuser {
        return Vec::new();
    }
    let needs = needs(job).unwrap_or_default().iter();
    let lacking = needs.filter(|need| !need.is_met(account));
    lacking.map(|need| need.lacking(account, flavor)).collect()
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Hosting, Product, Version};

    use super::grants;

    #[test]
    fn statements_follow_the_version_and_the_hosting() {
        let flavor = |major, hosting| Flavor {
            product: Product::Postgres,
            version: Version::new(major, 4, 0),
            hosting,
        };
        let check = |flavor, schemas: &[String]| {
            grants("check", &flavor, "re\"ader", "shop", schemas).expect("a job")
        };
        let new = check(flavor(17, Hosting::SelfManaged), &[]);
        assert!(
            new.contains(&"GRANT pg_read_all_data TO \"re\"\"ader\"".to_owned()),
            "{new:?}"
        );
        let old = check(flavor(13, Hosting::SelfManaged), &["s".to_owned()]);
        assert!(
            old.contains(&"GRANT SELECT ON ALL TABLES IN SCHEMA \"s\" TO \"re\"\"ader\"".to_owned()),
            "{old:?}"
        );
        let managed = grants("read", &flavor(17, Hosting::Rds), "r", "shop", &[]).expect("a job");
        assert!(
            managed.contains(&"GRANT rds_replication TO \"r\"".to_owned()),
            "{managed:?}"
        );
        for job in crate::port::JOBS {
            assert!(
                grants(job, &flavor(17, Hosting::SelfManaged), "r", "d", &[]).is_some(),
                "{job}"
            );
        }
        assert_eq!(
            grants("nonsense", &flavor(17, Hosting::SelfManaged), "r", "d", &[]),
            None
        );
    }
}
