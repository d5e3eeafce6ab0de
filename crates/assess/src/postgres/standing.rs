//! What the account may see: where it may not, the catalog leaves rows out and says nothing.

use daybreak_engine::{EngineError, Inspect, TextRow};

use crate::Unknown;

/// Something that is hidden from an account without more rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Settings that `pg_settings` shows to members of `pg_read_all_settings` alone (manual, "Predefined Roles").
    Settings,
    /// What other accounts' sessions do: members of `pg_read_all_stats` alone see it.
    Statistics,
    /// `pg_hba_file_rules`, which only superusers read unless it is granted.
    AccessFile,
    /// How passwords are kept: `pg_authid`, which only superusers read unless it is granted.
    Passwords,
    /// How far sequences are: each shows it to whoever may SELECT or use it.
    Sequences,
    /// Rows of the user's in tables of extensions.
    ExtensionRows,
}

/// What the account may see of what others may not.
#[derive(Debug)]
pub(crate) struct Standing {
    account: String,
    settings: bool,
    statistics: bool,
    access_file: bool,
    passwords: bool,
    /// Schemas with sequences that it may not read, quoted.
    closed_schemas: Option<String>,
    /// Schemas and tables of extensions that hold rows of the user's, and that it may not read, quoted.
    closed_tables: Option<(String, String)>,
}

impl Standing {
    pub(crate) async fn of(server: &dyn Inspect) -> Result<Self, EngineError> {
        let rows = server
            .ask(
                "failed to ask what the account may see",
                include_str!("standing.sql"),
            )
            .await?;
        Ok(Self::read(rows.into_iter().next().unwrap_or_default()))
    }

    fn read(row: TextRow) -> Self {
        let mut values = row.into_iter();
        let account = values.next().flatten().unwrap_or_default();
        let mut flag = || values.next().flatten().as_deref() == Some("t");
        Self {
            account,
            settings: flag(),
            statistics: flag(),
            access_file: flag(),
            passwords: flag(),
            closed_schemas: values.next().flatten(),
            closed_tables: values.next().flatten().zip(values.next().flatten()),
        }
    }

    /// Why something that is needed cannot be seen, with the statement that lets the account see it.
    pub(crate) fn lacks(&self, needs: &[Need]) -> Option<Unknown> {
        let (_, what, grant) = needs
            .iter()
            .map(|need| self.look(*need))
            .find(|(held, ..)| !held)?;
        Some(Unknown {
            why: format!("account `{}` may not see {what}", self.account),
            grant: Some(grant),
        })
    }

    fn look(&self, need: Need) -> (bool, &'static str, String) {
        let account = identifier(&self.account);
        let monitor = format!("GRANT pg_monitor TO {account}");
        match need {
            Need::Settings => (self.settings, "all settings", monitor),
            Need::Statistics => (self.statistics, "other accounts' sessions", monitor),
            Need::AccessFile => (self.access_file, "pg_hba.conf", access_file(&account).join("; ")),
            Need::Passwords => (
                self.passwords,
                "how passwords are kept",
                format!("GRANT SELECT (rolname, rolpassword) ON pg_authid TO {account}"),
            ),
            Need::Sequences => {
                let schemas = self.closed_schemas.as_deref().unwrap_or_default();
                (
                    self.closed_schemas.is_none(),
                    "how far all sequences are",
                    format!("GRANT SELECT ON ALL SEQUENCES IN SCHEMA {schemas} TO {account}"),
                )
            }
            Need::ExtensionRows => {
                let (schemas, tables) = self.closed_tables.clone().unwrap_or_default();
                (
                    self.closed_tables.is_none(),
                    "the rows of extensions",
                    format!(
                        "GRANT USAGE ON SCHEMA {schemas} TO {account}; GRANT SELECT ON {tables} TO {account}"
                    ),
                )
            }
        }
    }
}

/// A name as SQL has it, always quoted.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn access_file(account: &str) -> [String; 2] {
    [
        format!("GRANT SELECT ON pg_hba_file_rules TO {account}"),
        format!("GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO {account}"),
    ]
}

/// The least that an account needs to assess a PostgreSQL server, as statements to be run in the database that is assessed.
/// Without the right to read `pg_authid`, which shows every role's password hash and is left out here, one check says that it
/// could not tell; so does another where extensions hold rows of the user's.
#[must_use]
pub fn postgresql_grants(account: &str, database: &str, schemas: &[String]) -> Vec<String> {
    let account = identifier(account);
    let mut grants = vec![
        format!("GRANT CONNECT ON DATABASE {} TO {account}", identifier(database)),
        format!("GRANT pg_monitor TO {account}"),
    ];
    grants.extend(access_file(&account));
    grants.extend(schemas.iter().map(|schema| {
        format!(
            "GRANT SELECT ON ALL SEQUENCES IN SCHEMA {} TO {account}",
            identifier(schema)
        )
    }));
    grants
}

#[cfg(test)]
mod tests {
    use super::{Need, Standing, postgresql_grants};

    #[test]
    fn what_is_hidden_is_told_with_its_grant() {
        let standing = Standing {
            account: "look\"er".to_owned(),
            settings: true,
            statistics: false,
            access_file: false,
            passwords: false,
            closed_schemas: Some("shop".to_owned()),
            closed_tables: Some(("cron".to_owned(), "cron.job".to_owned())),
        };
        assert_eq!(standing.lacks(&[Need::Settings]), None);
        for (need, grant) in [
            (Need::Statistics, "GRANT pg_monitor TO \"look\"\"er\""),
            (
                Need::Sequences,
                "GRANT SELECT ON ALL SEQUENCES IN SCHEMA shop TO \"look\"\"er\"",
            ),
            (
                Need::ExtensionRows,
                "GRANT USAGE ON SCHEMA cron TO \"look\"\"er\"; GRANT SELECT ON cron.job TO \"look\"\"er\"",
            ),
        ] {
            let lacks = standing.lacks(&[Need::Settings, need]).expect("lacks it");
            assert_eq!(lacks.grant.as_deref(), Some(grant));
        }
    }

    #[test]
    fn names_in_grants_are_quoted() {
        let grants = postgresql_grants("a\"b", "my shop", &["s 1".to_owned()]);
        assert_eq!(grants[0], "GRANT CONNECT ON DATABASE \"my shop\" TO \"a\"\"b\"");
        assert!(grants.contains(&"GRANT SELECT ON ALL SEQUENCES IN SCHEMA \"s 1\" TO \"a\"\"b\"".to_owned()));
    }
}
