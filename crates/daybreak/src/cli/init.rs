use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use daybreak_engine::{Identity, database};
use daybreak_model::{Endpoint, Family, Secret};
use rand::Rng;

use crate::exit::{Exit, Trouble};
use crate::output;

/// Connects to the source, looks at it, and writes a plan file with every setting explained. Changes no server.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The source's primary: mysql://user@host:3306/ or postgres://user@host:5432/database, `?tls=verify|require|off`.
    #[arg(long, value_name = "URL")]
    source: String,
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
        let mut source = Endpoint::parse("source", &self.source).map_err(|error| {
            let hint = error.hint();
            Trouble::usage(error, Some(hint))
        })?;
        if !source.password.expose().is_empty() {
            let error = anyhow::anyhow!(
                "the URL of the source holds a password, which would stay in the shell's history"
            );
            let hint = format!(
                "set the environment variable {} instead",
                self.source_password_env
            );
            return Err(Trouble::usage(error, Some(hint)));
        }
        let password = std::env::var(&self.source_password_env).map_err(|_| {
            Trouble::usage(
                anyhow::anyhow!("the environment variable {} is not set", self.source_password_env),
                Some("set it to the source account's password".to_owned()),
            )
        })?;
        source.password = Secret::new(password);
        let server = database(source.clone());
        let look = async {
            Ok::<_, daybreak_engine::EngineError>((server.identity().await?, server.schemas().await?))
        };
        let (identity, schemas) = look.await.map_err(|error| {
            let hint = error.hint().map(str::to_owned);
            Trouble::new(error, hint)
        })?;
        let secret_file = PathBuf::from(".daybreak").join("replication.secret");
        let folder = plan.parent().unwrap_or(Path::new("."));
        write_secret(&folder.join(&secret_file))?;
        let text = self.text(&source, &identity, &schemas, &secret_file);
        std::fs::write(plan, text)?;
        output::say(format!("{} is {}", server.endpoint(), identity.flavor));
        for replica in &identity.replicas {
            output::say(format!("  its replica {replica}"));
        }
        output::say(format!(
            "wrote {}; read it, fill in the target, then: daybreak plan",
            plan.display()
        ));
        Ok(Exit::Done)
    }

    fn text(&self, source: &Endpoint, identity: &Identity, schemas: &[String], secret_file: &Path) -> String {
        let quote = |text: &str| toml::Value::from(text).to_string();
        let example = match source.family {
            Family::Mysql => "mysql://admin@cluster.example:3306/",
            Family::Postgres => "postgres://admin@cluster.example:5432/database",
        };
        let names: Vec<String> = schemas.iter().map(|name| quote(name)).collect();
        let replicas = match identity.replicas.as_slice() {
            [] => "none seen".to_owned(),
            replicas => replicas.join(", "),
        };
        let template = include_str!("init/daybreak.toml");
        let gate = match &self.gate {
            Some(listen) => format!("[gate]\nlisten = {}", quote(listen)),
            None => "# [gate]\n# listen = \"0.0.0.0:3306\"".to_owned(),
        };
        [
            ("{flavor}", identity.flavor.to_string()),
            ("{replicas}", replicas),
            ("{name}", quote(&self.name)),
            ("{schemas}", names.join(", ")),
            ("{source_url}", quote(&self.source)),
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
