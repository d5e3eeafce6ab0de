use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use daybreak_engine::{Role, database};
use daybreak_model::{Endpoint, Family, LinkSettings};
use daybreak_work::{Member, Topology, walk};
use rand::Rng;

use super::{plain, server};
use crate::config::{NAME_HINT, is_address, is_name};
use crate::exit::{Exit, Trouble};
use crate::output;

/// Finds the whole estate from one of its servers and writes a plan file with every setting explained. Changes no server.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The source, best its primary; from a replica the primary is found. mysql://user@host:3306/ or
    /// postgres://user@host:5432/database, `?tls=verify|require|off`.
    #[arg(long, value_name = "URL")]
    source: String,
    /// A further server of the estate, which no other names: a PostgreSQL standby on a port of its own. May be repeated.
    #[arg(long, value_name = "HOST:PORT")]
    also: Vec<String>,
    /// Environment variable that holds the source account's password.
    #[arg(long, value_name = "NAME", default_value = "DAYBREAK_SOURCE_PASSWORD")]
    source_password_env: String,
    /// The target's writer, if it is there already.
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// Environment variable that holds the target account's password.
    #[arg(long, value_name = "NAME", default_value = "DAYBREAK_TARGET_PASSWORD")]
    target_password_env: String,
    /// Name of the migration.
    #[arg(long, default_value = "move")]
    name: String,
    /// The file that lists purposes, as `split --write FILE` makes it: one of them moves alone.
    #[arg(long, value_name = "FILE", requires = "purpose")]
    purposes: Option<PathBuf>,
    /// Which of its purposes moves.
    #[arg(long, value_name = "NAME", requires = "purposes")]
    purpose: Option<String>,
    /// Where applications are to connect.
    #[arg(long, value_name = "HOST:PORT")]
    gate: Option<String>,
}

impl Init {
    pub(crate) async fn run(self, plan: &Path) -> Result<Exit, Trouble> {
        if plan.exists() {
            let error = anyhow::anyhow!("{} exists already", plan.display());
            return Err(Trouble::usage(
                error,
                Some("name another file with `--plan FILE`".to_owned()),
            ));
        }
        if !is_name(&self.name) {
            let error = anyhow::anyhow!("`{}` cannot be the name of a migration", self.name);
            return Err(Trouble::usage(error, Some(NAME_HINT.to_owned())));
        }
        if let Some(gate) = self.gate.as_deref().filter(|gate| !is_address(gate)) {
            let error = anyhow::anyhow!("`{gate}` is no address for the gate to listen at");
            let hint = "write it as host:port, such as 0.0.0.0:3306".to_owned();
            return Err(Trouble::usage(error, Some(hint)));
        }
        let source = server::named("source", &self.source, &self.source_password_env)?;
        let topology = walk(&source, &self.also, &[]).await.map_err(|error| {
            let hint = error.hint().map(str::to_owned);
            Trouble::new(error, hint)
        })?;
        let primary = topology.primary().map_err(|missing| {
            let error = anyhow::anyhow!(
                "{} is a replica, and its primary {} could not be asked: {}",
                source.address(),
                missing.name,
                missing.why
            );
            let hint =
                "see that this account reaches the primary, or name an address at which it does: `--source`";
            Trouble::new(error, Some(hint))
        })?;
        let schemas = database(primary.endpoint.clone())
            .schemas()
            .await
            .map_err(|error| {
                let hint = error.hint().map(str::to_owned);
                Trouble::new(error, hint)
            })?;
        let secret_file = PathBuf::from(".daybreak").join("replication.secret");
        let folder = plan.parent().unwrap_or(Path::new("."));
        write_secret(&folder.join(&secret_file))?;
        let estate = described(&topology);
        let text = self.text(&source, primary, &estate, &schemas, &secret_file);
        std::fs::write(plan, text)?;
        for line in &estate {
            output::say(line);
        }
        let next = match self.target {
            Some(_) => "read it",
            None => "read it, fill in the target",
        };
        output::say(format!("wrote {}; {next}, then: daybreak plan", plan.display()));
        Ok(Exit::Done)
    }

    fn text(
        &self,
        source: &Endpoint,
        primary: &Member,
        estate: &[String],
        schemas: &[String],
        secret_file: &Path,
    ) -> String {
        let quote = |text: &str| toml::Value::from(text).to_string();
        let example = match source.family {
            Family::Mysql => "mysql://admin@cluster.example:3306/",
            Family::Postgres => "postgres://admin@cluster.example:5432/database",
        };
        let names: Vec<String> = schemas.iter().map(|name| quote(name)).collect();
        let identity = &primary.identity;
        let source_url = if primary.endpoint == *source {
            Some(self.source.clone())
        } else {
            Endpoint::url_at(&self.source, &primary.endpoint)
        };
        let source_url = source_url.unwrap_or_else(|| self.source.clone());
        let estate: String = estate.iter().map(|line| format!("#   {line}\n")).collect();
        let template = include_str!("init/daybreak.toml");
        let gate = match &self.gate {
            Some(listen) => format!("[gate]\nlisten = {}", quote(listen)),
            None => "# [gate]\n# listen = \"0.0.0.0:3306\"".to_owned(),
        };
        let mut also: Vec<String> = self.also.iter().map(|name| quote(name)).collect();
        if source.family == Family::Postgres && primary.endpoint != *source {
            // A primary does not know the port that a standby listens at.
            also.push(quote(&source.address()));
        }
        let key = |key: &str, value: Option<String>, example: &str| match value {
            Some(value) => format!("{key} = {}", quote(&value)),
            None => format!("# {key} = \"{example}\""),
        };
        let link_user = match &self.purpose {
            Some(_) => LinkSettings::PART_USER,
            None => "daybreak_repl",
        };
        let purposes = self.purposes.as_ref().map(|file| file.display().to_string());
        let also = match also.as_slice() {
            [] => "# also = [\"10.0.0.7:5433\"]".to_owned(),
            also => format!("also = [{}]", also.join(", ")),
        };
        [
            ("{flavor}", identity.flavor.to_string()),
            ("{start}", plain(&source.address())),
            ("{estate}", estate),
            ("{name}", quote(&self.name)),
            ("{schemas}", names.join(", ")),
            ("{also}", also),
            ("{link_user}", quote(link_user)),
            ("{purposes}", key("purposes", purposes, "purposes.toml")),
            ("{purpose}", key("purpose", self.purpose.clone(), "orders")),
            ("{source_url}", quote(&source_url)),
            ("{source_env}", quote(&self.source_password_env)),
            ("{target_url}", quote(self.target.as_deref().unwrap_or(example))),
            ("{target_env}", quote(&self.target_password_env)),
            ("{gtid}", identity.gtid.to_string()),
            ("{secret_file}", quote(&secret_file.display().to_string())),
            ("{gate}", gate),
        ]
        .into_iter()
        .fold(template.to_owned(), |text, (place, value)| {
            text.replace(place, &value)
        })
    }
}

/// A line for every server that was found, and for every one that was not. Servers say what they like: no line can end early
/// and become a setting.
fn described(topology: &Topology) -> Vec<String> {
    let found = topology.members.iter().map(|member| {
        let identity = &member.identity;
        let address = member.endpoint.address();
        let role = match identity.role {
            Role::Primary if member.open => "primary",
            Role::Primary => "primary, read-only now",
            Role::Replica => "replica",
        };
        let follows = identity.follows.as_ref();
        let follows = follows.map_or_else(String::new, |above| format!(", follows {above}"));
        plain(&format!("{address}: {}, {role}{follows}", identity.flavor))
    });
    let missing = topology.unreached.iter().map(|server| {
        plain(&format!(
            "not reached: {}, named by {}: {}",
            server.name, server.named_by, server.why
        ))
    });
    found.chain(missing).collect()
}

/// A password for the replication account, of 32 random characters, in a file that only its owner can read. An existing
/// file is kept: its password may be in use.
fn write_secret(path: &Path) -> Result<(), Trouble> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut random = rand::rng();
    let secret: String = (0..32)
        .map(|_| char::from(random.sample(rand::distr::Alphanumeric)))
        .collect();
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{secret}")?;
    Ok(())
}
