use std::path::Path;

use clap::Args;
use daybreak_cloud::{Becomes, CarriedSetting, Engine, Setting, carried_settings};
use daybreak_engine::{EngineError, Inspect, database};
use daybreak_model::{Family, Flavor, Product, Version};

use crate::cli::plain;
use crate::cli::source::Start;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// The settings that somebody made on a server, and what becomes of each on Aurora. Prints lines for the plan; changes nothing.
#[derive(Debug, Args)]
pub(super) struct Parameters {
    #[command(flatten)]
    start: Start,
}

impl Parameters {
    pub(super) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        let begin = self.start.begin(plan)?;
        let address = begin.endpoint.address();
        let server = database(begin.endpoint);
        let asked = async {
            let flavor = server.flavor().await?;
            let settings = made(server.as_ref(), &flavor).await?;
            Ok::<_, EngineError>((flavor, settings))
        };
        let (flavor, settings) = asked.await.map_err(|error| {
            let hint = error.hint().map(str::to_owned);
            Trouble::new(error, hint)
        })?;
        let engine = match flavor.family() {
            Family::Mysql => Engine::Mysql,
            Family::Postgres => Engine::Postgres,
        };
        let carried = carried_settings(engine, &settings);
        match format {
            Format::Json => output::json(&carried),
            Format::Text => {
                output::line(plain(&format!("# settings of {address} ({flavor})")));
                for (becomes, title) in [
                    (Becomes::ClusterParameter, "[cluster.parameters]"),
                    (
                        Becomes::InstanceParameter,
                        "# parameters of every [[cluster.instances]]",
                    ),
                    (Becomes::Other, "# must be another there, or is the service's"),
                    (Becomes::Nothing, "# Aurora has no use for"),
                    (Becomes::Unknown, "# not known here: look it up"),
                ] {
                    section(title, becomes, &carried);
                }
            }
        }
        Ok(Exit::Done)
    }
}

/// Lines of one kind; those that go over can be pasted into a plan.
fn section(title: &str, becomes: Becomes, carried: &[CarriedSetting]) {
    let mut some = carried.iter().filter(|one| one.becomes == becomes).peekable();
    if some.peek().is_none() {
        return;
    }
    output::line("");
    output::line(title);
    for one in some {
        let goes = becomes <= Becomes::InstanceParameter;
        let mark = if goes { "" } else { "# " };
        let why = one.why.map_or_else(String::new, |why| format!("  # {why}"));
        let value = toml::Value::String(one.value.clone());
        let name = toml_key(&one.name);
        output::line(plain(&format!("{mark}{name} = {value}{why}")));
    }
}

/// A key as TOML has it: names with a dot stand in quotes.
fn toml_key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match name.chars().all(bare) {
        true => name.to_owned(),
        false => toml::Value::String(name.to_owned()).to_string(),
    }
}

/// The settings that somebody made. Where a server does not tell them from its defaults (MySQL before 8.0), all that are read for it are
/// those with a rule of their own.
async fn made(server: &dyn Inspect, flavor: &Flavor) -> Result<Vec<Setting>, EngineError> {
    let question = match flavor.product {
        Product::Postgres => {
            // In the unit in which a parameter is counted, which Aurora's is, too; what our own session set is not what holds.
            "SELECT name, reset_val FROM pg_settings
             WHERE source NOT IN ('default', 'override', 'client', 'user', 'database', 'database user') AND context <> 'internal'
               AND reset_val IS DISTINCT FROM boot_val
             ORDER BY 1"
        }
        Product::MariaDb => {
            "SELECT LOWER(VARIABLE_NAME), GLOBAL_VALUE FROM information_schema.SYSTEM_VARIABLES
             WHERE GLOBAL_VALUE_ORIGIN NOT IN ('COMPILE-TIME', 'AUTO') AND GLOBAL_VALUE IS NOT NULL ORDER BY 1"
        }
        Product::Mysql | Product::PerconaServer if flavor.version >= Version::new(8, 0, 0) => {
            "SELECT i.VARIABLE_NAME, v.VARIABLE_VALUE FROM performance_schema.variables_info AS i
             JOIN performance_schema.global_variables AS v USING (VARIABLE_NAME)
             WHERE i.VARIABLE_SOURCE <> 'COMPILED' ORDER BY 1"
        }
        Product::Mysql | Product::PerconaServer if flavor.version >= Version::new(5, 7, 0) => {
            "SELECT LOWER(VARIABLE_NAME), VARIABLE_VALUE FROM performance_schema.global_variables ORDER BY 1"
        }
        Product::Mysql | Product::PerconaServer => {
            "SELECT LOWER(VARIABLE_NAME), VARIABLE_VALUE FROM information_schema.GLOBAL_VARIABLES ORDER BY 1"
        }
    };
    let rows = server.ask("failed to read the settings", question).await?;
    let tells = flavor.product != Product::Mysql && flavor.product != Product::PerconaServer
        || flavor.version >= Version::new(8, 0, 0);
    let mut settings: Vec<Setting> = rows
        .into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter();
            Some(Setting {
                name: row.next()??,
                value: row.next()??,
            })
        })
        .collect();
    if !tells {
        let engine = Engine::Mysql;
        settings.retain(|setting| {
            let one = carried_settings(engine, std::slice::from_ref(setting));
            one.iter().all(|one| one.becomes <= Becomes::InstanceParameter)
        });
    }
    Ok(settings)
}
