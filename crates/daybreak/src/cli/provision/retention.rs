//! How long the cluster keeps its binary logs. No parameter and no call of AWS's says it: a procedure does, by the administrator's account.
//!
//! Source: Aurora User Guide, "mysql.rds_set_configuration". What holds where nobody said it is told in two ways there, so it is always said.

use std::sync::Arc;

use daybreak_cloud::{Action, Aws, CloudError, Kind, Planned, Resource};
use daybreak_engine::{Database, EngineError, Inspect, Statement, database};
use daybreak_model::{Endpoint, Family, Secret, Tls};
use serde::Serialize;

use crate::cli::plain;
use crate::config::ClusterSettings;
use crate::exit::Trouble;
use crate::output;

/// What the procedures call it.
const SETTING: &str = "binlog retention hours";

/// What is so, and what was done. The names of these fields are public.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub(super) enum Retention {
    /// There is no cluster yet.
    Planned {
        /// What will set it.
        statement: String,
    },
    /// It is as the plan has it.
    Kept {
        /// In hours.
        hours: u16,
    },
    /// It is otherwise.
    Differs {
        /// In hours; none where nobody said it.
        is: Option<String>,
        /// As the plan has it.
        to_be: u16,
        /// What sets it.
        statement: String,
    },
    /// It was otherwise, was set, and was read once more.
    Set {
        /// What it was.
        was: Option<String>,
        /// As the plan has it.
        hours: u16,
        /// What set it.
        statement: String,
    },
    /// The writer could not be asked from here.
    Untold {
        /// Why.
        why: String,
        /// What is left to be done.
        statement: String,
    },
}

impl Retention {
    /// Whether it is known to be otherwise than planned.
    pub(super) const fn differs(&self) -> bool {
        matches!(self, Self::Differs { .. })
    }

    /// In a line of a plan.
    pub(super) fn line(&self) -> String {
        let hours = |hours: &Option<String>| hours.clone().unwrap_or_else(|| "nothing".to_owned());
        match self {
            Self::Planned { statement } => format!("+ {SETTING}: {statement}"),
            Self::Kept { hours } => format!("  {SETTING}: {hours}"),
            Self::Differs { is, to_be, .. } => format!("~ {SETTING}: {} -> {to_be}", hours(is)),
            Self::Set { was, hours: now, .. } => format!("  {SETTING}: {} -> {now}", hours(was)),
            Self::Untold { why, statement } => {
                format!("? {SETTING}: could not be asked from here ({why}); what sets it: {statement}")
            }
        }
    }

    /// At the end of what `apply` says, where there is something to say.
    pub(super) fn said(&self) -> Option<String> {
        match self {
            Self::Kept { .. } | Self::Planned { .. } => None,
            Self::Set { hours, .. } => Some(format!("binary logs are kept for {hours} hours")),
            Self::Differs { statement, .. } => Some(format!("left to do: {statement}")),
            Self::Untold { why, statement } => Some(format!(
                "left to do by the administrator, for the writer could not be asked from here ({why}): {statement}"
            )),
        }
    }
}

/// What is so; none where the plan says nothing of it, as of PostgreSQL. Changes nothing.
pub(super) async fn look(settings: &ClusterSettings, aws: &Aws, planned: &[Planned]) -> Option<Retention> {
    let hours = settings.binlog_retention_hours?;
    let statement = call(hours).text;
    let cluster = planned
        .iter()
        .find(|planned| planned.resource.kind == Kind::Cluster)?;
    match cluster.action {
        Action::Taken => return None,
        Action::Create => return Some(Retention::Planned { statement }),
        _ => {}
    }
    Some(match asked(settings, aws, &cluster.resource).await {
        Err(why) => Retention::Untold { why, statement },
        Ok((_, Some(is))) if is_so(&is, hours) => Retention::Kept { hours },
        Ok((_, is)) => Retention::Differs {
            is,
            to_be: hours,
            statement,
        },
    })
}

/// Makes it so, and reads it once more. A writer that cannot be reached from here is no error: what is left to do is told.
pub(super) async fn set(
    settings: &ClusterSettings,
    aws: &Aws,
    wanted: &[Resource],
) -> Result<Option<Retention>, Trouble> {
    let Some(hours) = settings.binlog_retention_hours else {
        return Ok(None);
    };
    let Some(cluster) = wanted.iter().find(|resource| resource.kind == Kind::Cluster) else {
        return Ok(None);
    };
    let call = call(hours);
    let (server, was) = match asked(settings, aws, cluster).await {
        Err(why) => {
            return Ok(Some(Retention::Untold {
                why,
                statement: call.text,
            }));
        }
        Ok((_, Some(is))) if is_so(&is, hours) => return Ok(Some(Retention::Kept { hours })),
        Ok(other) => other,
    };
    output::say(plain(&call.text));
    let failed = |error: EngineError| {
        let hint = error.hint().map(str::to_owned);
        Trouble::new(error, hint)
    };
    server.run(std::slice::from_ref(&call)).await.map_err(failed)?;
    let is = shown(server.as_ref()).await.map_err(failed)?;
    if !is.as_deref().is_some_and(|is| is_so(is, hours)) {
        let is = is.unwrap_or_else(|| "nothing".to_owned());
        let error = anyhow::anyhow!(
            "`{SETTING}` of cluster {} is {is}, and was set to {hours}",
            settings.spec.name
        );
        let hint = "somebody sets it meanwhile: see that no other does, and run the same command again";
        return Err(Trouble::new(error, Some(hint.to_owned())));
    }
    Ok(Some(Retention::Set {
        was,
        hours,
        statement: call.text,
    }))
}

fn call(hours: u16) -> Statement {
    Statement {
        what: "set how long binary logs are kept".to_owned(),
        text: format!("CALL mysql.rds_set_configuration('{SETTING}', {hours})"),
    }
}

fn is_so(is: &str, hours: u16) -> bool {
    is.parse::<f64>()
        .is_ok_and(|is| (is - f64::from(hours)).abs() < f64::EPSILON)
}

/// The writer, and what it says; or why it cannot be asked.
async fn asked(
    settings: &ClusterSettings,
    aws: &Aws,
    resource: &Resource,
) -> Result<(Arc<dyn Database>, Option<String>), String> {
    let refused = |error: CloudError| error.to_string();
    let cluster = &settings.spec.name;
    let address = aws.writer_address(cluster).await.map_err(refused)?;
    let (host, port) = address.ok_or_else(|| "AWS names no address of it yet".to_owned())?;
    let secret = resource
        .attributes
        .get("secret")
        .ok_or_else(|| "the plan has no secret of its administrator".to_owned())?;
    let password = aws.administrator_password(secret).await.map_err(refused)?;
    let server = database(Endpoint {
        label: format!("cluster {cluster}"),
        family: Family::Mysql,
        host,
        port,
        user: settings.spec.administrator.clone(),
        password: Secret::new(password),
        database: None,
        tls: Tls::Verify { ca: None },
        certificate: None,
        reachable_as: None,
    });
    let is = shown(server.as_ref()).await.map_err(|error| error.in_words())?;
    Ok((server, is))
}

async fn shown(server: &dyn Inspect) -> Result<Option<String>, EngineError> {
    let rows = server
        .ask(
            "failed to ask how long binary logs are kept",
            "CALL mysql.rds_show_configuration",
        )
        .await?;
    let own = rows
        .into_iter()
        .find(|row| row.first().is_some_and(|name| name.as_deref() == Some(SETTING)));
    Ok(own.and_then(|row| row.into_iter().nth(1).flatten()))
}
