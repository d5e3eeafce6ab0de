//! Whether a server is ready for what is coming: what objects need of it, and how long it keeps its log for a slot.
//!
//! Facts from the PostgreSQL manual: "Replication" (`max_slot_wal_keep_size`, `idle_replication_slot_timeout`), `CREATE EXTENSION`
//! and the view `pg_available_extension_versions`.

use std::collections::{BTreeMap, BTreeSet};

use daybreak_model::{Flavor, Refusal, Requirement, Scope, Unmet, some_of};

use tokio_postgres::SimpleQueryRow;

use super::connection::Connection;
use super::{quote, setting};
use crate::{EngineError, SettingCheck};

/// A slot that may hold back less log than this, in MB, may be lost before a load has ended.
const KEEP_MEGABYTES: i64 = 1024;
/// A slot that is dropped when idle for less than this, in seconds, may be lost before a load has ended.
const IDLE_SECONDS: i64 = 86_400;
/// Separates names in a query's answer.
const SEPARATOR: char = '\u{1}';

/// What a server offers of an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Offer {
    /// The version that is there, or that would be made.
    version: String,
    /// Whether our account can make it, or it is there.
    permitted: bool,
}

/// What decides whether requirements are met.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Means {
    managed: bool,
    /// Whether row security does not bind our account.
    unbound: bool,
    database: String,
    roles: BTreeSet<String>,
    extensions: BTreeMap<String, Offer>,
    /// Session defaults and default rights that are there.
    defaults: Vec<Requirement>,
}

/// What the objects of a scope need.
pub(crate) async fn requirements(
    connection: &Connection,
    scope: &Scope,
) -> Result<Vec<Requirement>, EngineError> {
    let schemas = quote::text_array(scope.schemas.iter().map(String::as_str));
    let sql = include_str!("sql/requirements.sql").replace("{schemas}", &schemas);
    let rows = connection.simple(&sql, "failed to list roles").await?;
    let roles = rows.iter().filter_map(|row| {
        Some(Requirement::Role {
            name: row.get(0)?.to_owned(),
            login: row.get(1)? == "t",
            objects: row.get(2)?.split(SEPARATOR).map(str::to_owned).collect(),
        })
    });
    let mut requirements: Vec<Requirement> = roles.collect();
    let sql = "SELECT e.extname, e.extversion FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
               WHERE n.nspname <> 'pg_catalog' ORDER BY 1";
    let rows = connection.simple(sql, "failed to list extensions").await?;
    requirements.extend(rows.iter().filter_map(|row| {
        Some(Requirement::Extension {
            name: row.get(0)?.to_owned(),
            version: row.get(1)?.to_owned(),
        })
    }));
    let sql = include_str!("sql/forced_row_security.sql").replace("{schemas}", &schemas);
    let rows = connection
        .simple(&sql, "failed to list tables with forced row security")
        .await?;
    let tables: Vec<String> = rows
        .iter()
        .filter_map(|row| row.get(0))
        .map(str::to_owned)
        .collect();
    if !tables.is_empty() {
        requirements.push(Requirement::ForcedRowSecurity { tables });
    }
    requirements.extend(session_defaults(connection).await?);
    let sql = include_str!("sql/default_rights.sql").replace("{schemas}", &schemas);
    requirements.extend(default_rights(connection, &sql).await?);
    Ok(requirements)
}

async fn session_defaults(connection: &Connection) -> Result<Vec<Requirement>, EngineError> {
    let sql = include_str!("sql/session_defaults.sql");
    let rows = connection
        .simple(sql, "failed to list what sessions begin with")
        .await?;
    let set = |name: &str, kept: &str| {
        let value = setting::value(name, kept).unwrap_or_else(|| quote::literal(kept));
        format!("{} TO {value}", setting::name(name))
    };
    let default = |row: &SimpleQueryRow| {
        Some(Requirement::SessionDefault {
            role: row.get(0).map(str::to_owned),
            in_database: row.get(1)? == "true",
            setting: set(row.get(2)?, row.get(3)?),
        })
    };
    Ok(rows.iter().filter_map(default).collect())
}

async fn default_rights(connection: &Connection, sql: &str) -> Result<Vec<Requirement>, EngineError> {
    let rows = connection
        .simple(sql, "failed to list default privileges")
        .await?;
    let right = |row: &SimpleQueryRow| {
        Some(Requirement::DefaultRight {
            statement: row.get(0)?.to_owned(),
        })
    };
    Ok(rows.iter().filter_map(right).collect())
}

/// Which requirements this server does not meet.
pub(crate) async fn unmet(
    connection: &Connection,
    flavor: &Flavor,
    requirements: &[Requirement],
) -> Result<Unmet, EngineError> {
    let rows = connection
        .simple("SELECT rolname FROM pg_roles", "failed to list roles")
        .await?;
    let roles = rows.iter().filter_map(|row| row.get(0)).map(str::to_owned);
    let roles = roles.collect();
    // The version that `CREATE EXTENSION` would take; whoever may not make it can still use one that is there. On managed
    // servers Amazon decides who may make what, so that only its refusal tells.
    let sql = "SELECT a.name, coalesce(a.installed_version, a.default_version),
                      a.installed_version IS NOT NULL OR NOT v.superuser
                      OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
                      OR coalesce((to_jsonb(v) ->> 'trusted')::boolean, false)
               FROM pg_available_extensions AS a
               JOIN pg_available_extension_versions AS v ON v.name = a.name AND v.version = a.default_version";
    let rows = connection.simple(sql, "failed to list extensions").await?;
    let extensions = rows.iter().filter_map(|row| {
        let offer = Offer {
            version: row.get(1)?.to_owned(),
            permitted: flavor.is_managed() || row.get(2)? == "t",
        };
        Some((row.get(0)?.to_owned(), offer))
    });
    let mut defaults = session_defaults(connection).await?;
    let everywhere = "ARRAY(SELECT nspname::text FROM pg_namespace)";
    let sql = include_str!("sql/default_rights.sql").replace("{schemas}", everywhere);
    defaults.extend(default_rights(connection, &sql).await?);
    let what = "failed to ask for the database and our account in it";
    let sql =
        "SELECT current_database(), rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
    let own = connection.simple(sql, what).await?;
    let own = |column| own.first().and_then(|row| row.get(column)).unwrap_or_default();
    let means = Means {
        managed: flavor.is_managed(),
        unbound: own(1) == "t",
        database: own(0).to_owned(),
        defaults,
        roles,
        extensions: extensions.collect(),
    };
    Ok(judge(requirements, &means))
}

/// Why a slot may be lost too soon.
pub(crate) async fn short_retention(connection: &Connection) -> Result<Option<SettingCheck>, EngineError> {
    let sql = "SELECT name, setting FROM pg_settings
               WHERE name IN ('max_slot_wal_keep_size', 'idle_replication_slot_timeout') ORDER BY 1 DESC";
    let what = "failed to ask how long the log is kept for a slot";
    let rows = connection.simple(sql, what).await?;
    let limits = rows
        .iter()
        .filter_map(|row| Some((row.get(0)?, row.get(1)?.parse::<i64>().ok()?)));
    Ok(limits
        .into_iter()
        .find_map(|(name, value)| too_short(name, value)))
}

/// `max_slot_wal_keep_size` counts MB and has -1 for no limit; `idle_replication_slot_timeout` counts seconds and has 0.
fn too_short(name: &str, value: i64) -> Option<SettingCheck> {
    let (short, found, instead) = match name {
        "max_slot_wal_keep_size" => (
            (0..KEEP_MEGABYTES).contains(&value),
            format!("{name} = {value}MB: a slot is lost when that much is written before it is read"),
            "-1",
        ),
        _ => (
            value > 0 && value < IDLE_SECONDS,
            format!("{name} = {value}s: a slot that is not read for so long, as during a load, is lost"),
            "0",
        ),
    };
    short.then(|| SettingCheck {
        found,
        hint: format!(
            "run `ALTER SYSTEM SET {name} = {instead}` and `SELECT pg_reload_conf()` (Amazon: in the parameter group), and \
             watch the disk"
        ),
    })
}

/// Decides, from what is needed and what there is.
fn judge(requirements: &[Requirement], means: &Means) -> Unmet {
    let mut unmet = Unmet::default();
    for requirement in requirements {
        match requirement {
            Requirement::Role { name, login, objects } if !means.roles.contains(name) => {
                let may = if *login { "LOGIN" } else { "NOLOGIN" };
                unmet.refusals.push(Refusal {
                    object: format!("role {}", quote::identifier(name)),
                    reason: format!(
                        "{} at the source owned by it, granted to it or made for it, and it does not exist here: its rights would \
                         be left out",
                        are(objects)
                    ),
                    hint: format!(
                        "CREATE ROLE {} {may}, and give it the memberships it has at the source",
                        quote::identifier(name)
                    ),
                });
            }
            Requirement::Extension { name, version } => match means.extensions.get(name) {
                None => unmet.refusals.push(Refusal {
                    object: format!("extension {name}"),
                    reason: format!("version {version} is used at the source, and none is available here"),
                    hint: if means.managed {
                        "Amazon does not offer it for this version: drop it at the source, with what depends on it, or choose a \
                         version that has it"
                    } else {
                        "install the package that brings it on the target's machine"
                    }
                    .to_owned(),
                }),
                Some(offer) if !offer.permitted => unmet.refusals.push(Refusal {
                    object: format!("extension {name}"),
                    reason: "only a superuser may make it here".to_owned(),
                    hint: format!(
                        "have a superuser run `CREATE EXTENSION {}` in the target's database",
                        quote::identifier(name)
                    ),
                }),
                Some(offer) if older(&offer.version, version) => unmet.notes.push(Refusal {
                    object: format!("extension {name}"),
                    reason: format!(
                        "version {version} is used at the source, and {} is what there is here",
                        offer.version
                    ),
                    hint: "see that nothing newer is used".to_owned(),
                }),
                Some(_) => {}
            },
            Requirement::ForcedRowSecurity { tables } if !means.unbound => {
                unmet.refusals.push(Refusal {
                    object: format!("row security of {}", some_of(tables)),
                    reason: "it is forced on the tables' owner, too, who our account will be here: it could neither replicate into \
                             them nor compare their rows"
                        .to_owned(),
                    hint: "give our account here the attribute BYPASSRLS, or run ALTER TABLE … NO FORCE ROW LEVEL SECURITY at the \
                           source until the migration is over"
                        .to_owned(),
                });
            }
            Requirement::ForcedRowSecurity { .. }
            | Requirement::SessionDefault { .. }
            | Requirement::DefaultRight { .. }
            | Requirement::Role { .. }
            | Requirement::Definer { .. }
            | Requirement::LoggedProgram { .. }
            | Requirement::NameCase { .. }
            | Requirement::LeftOut { .. }
            | Requirement::NoPrimaryKey { .. }
            | Requirement::PacketSize { .. }
            | Requirement::EventScheduler { .. } => {}
        }
    }
    unmet.notes.extend(defaults_left_behind(requirements, means));
    unmet
}

/// What later sessions and objects begin with at the source and not here, one note for each of whom it is for.
fn defaults_left_behind(requirements: &[Requirement], means: &Means) -> Vec<Refusal> {
    let database = quote::identifier(&means.database);
    let mut statements: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for requirement in requirements.iter().filter(|it| !means.defaults.contains(it)) {
        let (whose, statement) = match requirement {
            Requirement::SessionDefault {
                role: None, setting, ..
            } => (
                "sessions in the database".to_owned(),
                format!("ALTER DATABASE {database} SET {setting}"),
            ),
            Requirement::SessionDefault {
                role: Some(role),
                in_database,
                setting,
            } => {
                let role = quote::identifier(role);
                let place = if *in_database {
                    format!(" IN DATABASE {database}")
                } else {
                    String::new()
                };
                (
                    format!("sessions of role {role}"),
                    format!("ALTER ROLE {role}{place} SET {setting}"),
                )
            }
            Requirement::DefaultRight { statement } => {
                ("rights to later objects".to_owned(), statement.clone())
            }
            _ => continue,
        };
        statements.entry(whose).or_default().push(statement);
    }
    let note = |(object, statements): (String, Vec<String>)| Refusal {
        object,
        reason: "they begin otherwise at the source, which is not carried".to_owned(),
        hint: format!("where applications rely on it: {}", statements.join("; ")),
    };
    statements.into_iter().map(note).collect()
}

fn are(objects: &[String]) -> String {
    let verb = if objects.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", some_of(objects))
}

/// Whether one version of an extension is older than another, by their numbers; texts that are no numbers say nothing.
fn older(this: &str, that: &str) -> bool {
    let numbers = |text: &str| text.split('.').map(|part| part.parse::<u32>().ok()).collect();
    let (this, that): (Option<Vec<u32>>, Option<Vec<u32>>) = (numbers(this), numbers(that));
    this.zip(that).is_some_and(|(this, that)| this < that)
}

#[cfg(test)]
mod tests {
    use daybreak_model::Requirement;

    use super::{Means, Offer, judge, older, too_short};

    fn means() -> Means {
        let offer = |version: &str, permitted| Offer {
            version: version.to_owned(),
            permitted,
        };
        Means {
            managed: true,
            unbound: false,
            database: "shop".to_owned(),
            defaults: vec![begins_with(None, "search_path TO shop")],
            roles: ["app".to_owned()].into(),
            extensions: [
                ("citext".to_owned(), offer("1.6", true)),
                ("plpython3u".to_owned(), offer("1.0", false)),
            ]
            .into(),
        }
    }

    #[test]
    fn a_missing_role_is_named_with_the_statement_that_makes_it() {
        let role = |name: &str| Requirement::Role {
            name: name.to_owned(),
            login: false,
            objects: vec!["table s.a".to_owned(), "view s.b".to_owned()],
        };
        assert_eq!(judge(&[role("app")], &means()).refusals, []);
        let refused = judge(&[role("Read Only")], &means()).refusals.remove(0);
        assert!(
            refused.hint.starts_with("CREATE ROLE \"Read Only\" NOLOGIN"),
            "{refused:?}"
        );
        assert!(
            refused.reason.starts_with("table s.a, view s.b are"),
            "{refused:?}"
        );
    }

    fn begins_with(role: Option<&str>, setting: &str) -> Requirement {
        Requirement::SessionDefault {
            role: role.map(str::to_owned),
            in_database: true,
            setting: setting.to_owned(),
        }
    }

    #[test]
    fn defaults_that_stay_behind_are_noted_with_the_statement_that_sets_them() {
        let same = judge(&[begins_with(None, "search_path TO shop")], &means());
        assert!(same.refusals.is_empty() && same.notes.is_empty());
        for (role, hint) in [
            (None, "ALTER DATABASE \"shop\" SET search_path TO other"),
            (
                Some("app"),
                "ALTER ROLE \"app\" IN DATABASE \"shop\" SET search_path TO other",
            ),
        ] {
            let note = judge(&[begins_with(role, "search_path TO other")], &means())
                .notes
                .remove(0);
            assert!(note.hint.ends_with(hint), "{note:?}");
        }
    }

    #[test]
    fn forced_row_security_binds_all_but_a_privileged_account() {
        let forced = [Requirement::ForcedRowSecurity {
            tables: vec!["s.a".to_owned()],
        }];
        assert_eq!(judge(&forced, &means()).refusals.len(), 1);
        let unbound = Means {
            unbound: true,
            ..means()
        };
        assert_eq!(judge(&forced, &unbound).refusals, []);
    }

    #[test]
    fn extensions_are_there_permitted_and_new_enough() {
        let extension = |name: &str, version: &str| {
            [Requirement::Extension {
                name: name.to_owned(),
                version: version.to_owned(),
            }]
        };
        let same = judge(&extension("citext", "1.6"), &means());
        assert!(same.refusals.is_empty() && same.notes.is_empty());
        assert_eq!(judge(&extension("citext", "1.10"), &means()).notes.len(), 1);
        assert_eq!(judge(&extension("plpython3u", "1.0"), &means()).refusals.len(), 1);
        assert_eq!(
            judge(&extension("timescaledb", "2.1"), &means()).refusals.len(),
            1
        );
        assert!(!older("1.6", "1.6") && !older("unpackaged", "1.0"));
    }

    #[test]
    fn slots_must_outlive_a_load() {
        for (name, value, short) in [
            ("max_slot_wal_keep_size", -1, false),
            ("max_slot_wal_keep_size", 64, true),
            ("max_slot_wal_keep_size", 102_400, false),
            ("idle_replication_slot_timeout", 0, false),
            ("idle_replication_slot_timeout", 3_600, true),
        ] {
            assert_eq!(too_short(name, value).is_some(), short, "{name} = {value}");
        }
    }
}
