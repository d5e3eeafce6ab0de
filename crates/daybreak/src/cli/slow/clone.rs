//! Where indexes are tried: a server of this machine's own, of the kind that the company runs, or one that it names.

use daybreak_engine::database;
use daybreak_model::{Endpoint, Family, Flavor, Product, Secret};
use daybreak_sandbox::{Login, Sandbox, SandboxError, Server, ServerKind};
use daybreak_work::Topology;

use crate::exit::Trouble;
use crate::output;

/// The account there. It is no superuser: what it runs was found in a log.
const ACCOUNT: &str = "daybreak";

/// A server that is started for this and ends with it.
pub(super) struct Own {
    pub(super) endpoint: Endpoint,
    /// Kept until the end.
    _server: Server,
}

/// The kind of server that is nearest to what the company runs.
fn kind(flavor: &Flavor) -> ServerKind {
    match flavor.product {
        Product::MariaDb => ServerKind::MariaDb1011,
        Product::Postgres => {
            let majors = [13, 15, 17, 18];
            let wanted = flavor.version.major;
            let major = majors
                .into_iter()
                .find(|major| u32::from(*major) >= u32::from(wanted));
            ServerKind::Postgres(major.unwrap_or(18))
        }
        Product::Mysql | Product::PerconaServer if flavor.version.major == 5 && flavor.version.minor < 7 => {
            ServerKind::Mysql56
        }
        Product::Mysql | Product::PerconaServer => ServerKind::Mysql97,
    }
}

impl Own {
    /// Starts one like `flavor`, with an account that may do everything to tables and nothing to files.
    pub(super) async fn start(flavor: &Flavor, database: Option<&str>) -> Result<Self, Trouble> {
        Self::open(flavor, database).await.map_err(|error| {
            let hint = error.hint().map(str::to_owned);
            Trouble::new(
                error,
                Some(hint.unwrap_or_else(|| "name a server of your own with `--clone URL`".to_owned())),
            )
        })
    }

    async fn open(flavor: &Flavor, database: Option<&str>) -> Result<Self, SandboxError> {
        let kind = kind(flavor);
        let sandbox = Sandbox::open_with(|notice| output::say(format!("  {notice}")))?;
        output::say(format!("starting {kind} on this machine, for copies of tables"));
        let server = sandbox.server(kind).name("clone").start().await?;
        let login = Login::random(ACCOUNT);
        let database = database.unwrap_or(ACCOUNT);
        let family = match kind {
            ServerKind::Postgres(_) => Family::Postgres,
            _ => Family::Mysql,
        };
        let statements = match family {
            Family::Mysql => vec![
                format!("CREATE USER {ACCOUNT} IDENTIFIED BY '{}'", login.password()),
                format!(
                    "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, INDEX, ALTER, REFERENCES, EXECUTE, LOCK TABLES ON *.* TO {ACCOUNT}"
                ),
            ],
            Family::Postgres => vec![
                format!("CREATE ROLE {ACCOUNT} LOGIN PASSWORD '{}'", login.password()),
                format!(
                    "CREATE DATABASE \"{}\" OWNER {ACCOUNT}",
                    database.replace('"', "\"\"")
                ),
            ],
        };
        for statement in statements {
            server.rows(&statement).await?;
        }
        let tls = match kind {
            // It has none.
            ServerKind::Mysql56 => daybreak_model::Tls::Off,
            _ => daybreak_model::Tls::Verify {
                ca: Some(sandbox.certificate_authority().await?),
            },
        };
        let endpoint = Endpoint {
            label: "clone".to_owned(),
            family,
            host: "127.0.0.1".to_owned(),
            port: server.port(),
            user: ACCOUNT.to_owned(),
            password: Secret::new(login.password().to_owned()),
            database: (family == Family::Postgres).then(|| database.to_owned()),
            tls,
            certificate: None,
            reachable_as: None,
        };
        Ok(Self {
            endpoint,
            _server: server,
        })
    }
}

/// Refuses a clone that is a server of the estate, or that others follow or it follows: indexes and rows would go there.
pub(super) async fn stands_alone(clone: &Endpoint, estate: &Topology) -> Result<(), Trouble> {
    let identity = database(clone.clone()).identity().await.map_err(|error| {
        let hint = error.hint().map(str::to_owned);
        Trouble::new(error, hint)
    })?;
    let why = if estate
        .members
        .iter()
        .any(|member| member.identity.unique_id == identity.unique_id)
    {
        "is a server of the estate"
    } else if identity.follows.is_some() {
        "replicates from another server"
    } else if !identity.replicas.is_empty() {
        "has replicas"
    } else {
        return Ok(());
    };
    Err(Trouble::new(
        anyhow::anyhow!("{clone} {why}: indexes are tried on a server that stands alone"),
        Some("name one that was restored from a backup, or try on this machine with `--prove`"),
    ))
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Hosting, Product, Version};
    use daybreak_sandbox::ServerKind;

    use super::kind;

    #[test]
    fn the_kind_is_the_nearest_that_can_be_had() {
        let table = [
            (Product::Mysql, (5, 6), ServerKind::Mysql56),
            (Product::PerconaServer, (5, 7), ServerKind::Mysql97),
            (Product::Mysql, (8, 4), ServerKind::Mysql97),
            (Product::MariaDb, (11, 4), ServerKind::MariaDb1011),
            (Product::Postgres, (12, 3), ServerKind::Postgres(13)),
            (Product::Postgres, (16, 0), ServerKind::Postgres(17)),
            (Product::Postgres, (18, 1), ServerKind::Postgres(18)),
            (Product::Postgres, (19, 0), ServerKind::Postgres(18)),
        ];
        for (product, (major, minor), wanted) in table {
            let flavor = Flavor {
                product,
                version: Version::new(major, minor, 0),
                hosting: Hosting::SelfManaged,
            };
            assert_eq!(kind(&flavor), wanted, "{flavor}");
        }
    }
}
