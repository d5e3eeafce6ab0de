use std::path::Path;

use clap::Args;
use daybreak_work::{
    SchemaCheckSettings, SchemaNode, SchemaPlace, SchemaReport, SchemaVerdict, Topology, schema_check,
};

use super::plain;
use super::source::{Begin, Start};
use crate::estate::{not_compared, schema_node};
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// Compares the schema of every server of the estate, and of the plan's target, object by object. Changes nothing without
/// `--execute`.
#[derive(Debug, Args)]
pub(crate) struct SchemaCheck {
    #[command(flatten)]
    start: Start,
    /// A further server that is to have the same schema. May be repeated; its password is that of `--source`.
    #[arg(long, alias = "node", num_args = 1.., value_name = "URL")]
    nodes: Vec<String>,
    /// The server that the others are to be like, instead of the primary.
    #[arg(long, value_name = "HOST:PORT")]
    reference: Option<String>,
    /// What is compared: a database or schema. May be repeated; the plan's, or all.
    #[arg(long = "schema", value_name = "NAME")]
    schemas: Vec<String>,
    /// Run the repairs that lose no data, then compare again.
    #[arg(long)]
    execute: bool,
    /// With `--execute`: repair a primary, too. What is run there goes on to its replicas.
    #[arg(long, requires = "execute")]
    even_primary: bool,
}

impl SchemaCheck {
    pub(crate) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        let begin = self.start.begin(plan)?;
        let mut topology = self.start.around(&begin).await?;
        begin.recognise_target(&mut topology).await;
        let settings = self.settings(&begin, &topology)?;
        let mut report = schema_check(&settings).await.map_err(|error| {
            let hint = error.hint().map(str::to_owned);
            Trouble::new(error, hint)
        })?;
        not_compared(&topology.unreached, &settings.nodes, &mut report);
        match format {
            Format::Json => output::json(&report),
            Format::Text => lines(&report).iter().for_each(output::line),
        }
        let failed = report.repaired.iter().any(|repaired| repaired.failed.is_some());
        Ok(match report.verdict {
            _ if failed => Exit::Failed,
            SchemaVerdict::Same => Exit::Done,
            SchemaVerdict::Different => Exit::Different,
            SchemaVerdict::CouldNotTell => Exit::CouldNotTell,
        })
    }

    fn settings(&self, begin: &Begin, topology: &Topology) -> Result<SchemaCheckSettings, Trouble> {
        let primary = topology.primary().map_err(|missing| {
            let error = anyhow::anyhow!("the primary {} could not be asked: {}", missing.name, missing.why);
            let hint = "name the server that the others are to be like: `--reference HOST:PORT`";
            Trouble::new(error, Some(hint))
        });
        let reference = match &self.reference {
            Some(address) => topology.at(address).ok_or_else(|| {
                let error = anyhow::anyhow!("{address} is none of the servers that were found");
                Trouble::usage(
                    error,
                    Some("see `daybreak topology` for their addresses".to_owned()),
                )
            })?,
            None => primary?,
        };
        let mut further = Vec::new();
        for url in &self.nodes {
            further.push((self.start.endpoint("node", url)?, SchemaPlace::Other));
        }
        let own = reference.endpoint.address();
        let target = begin.settings.as_ref().map(|settings| &settings.target.endpoint);
        if let Some(target) = target.filter(|target| target.address() != own) {
            further.push((target.clone(), SchemaPlace::Target));
        }
        // A member that was named is asked as the account it was named with.
        let named = |address: &str| further.iter().any(|(endpoint, _)| endpoint.address() == address);
        let mut first = schema_node(reference);
        if target.is_some_and(|target| target.address() == own) {
            first.place = SchemaPlace::Target;
        }
        let mut nodes = vec![first];
        let others = topology
            .members
            .iter()
            .map(|member| (member, member.endpoint.address()));
        let others = others.filter(|(_, address)| *address != own && !named(address));
        nodes.extend(others.map(|(member, _)| schema_node(member)));
        for (endpoint, place) in further {
            let member = topology.at(&endpoint.address()).map(schema_node);
            nodes.push(SchemaNode {
                endpoint,
                place,
                follows: member.as_ref().is_some_and(|member| member.follows),
                physical: member.is_some_and(|member| member.physical),
            });
        }
        let planned = begin
            .settings
            .as_ref()
            .map(|settings| settings.scope.schemas.clone());
        Ok(SchemaCheckSettings {
            nodes,
            schemas: match planned {
                Some(schemas) if self.schemas.is_empty() => schemas,
                _ => self.schemas.clone(),
            },
            part: begin.part(),
            execute: self.execute,
            even_primary: self.even_primary,
        })
    }
}

/// The report by object. Names come from servers: every line stays one line.
fn lines(report: &SchemaReport) -> Vec<String> {
    let mut lines = Vec::new();
    for difference in &report.differences {
        lines.push(format!(
            "{} {}: {}",
            difference.kind, difference.object, difference.class
        ));
        lines.push(format!("  {}", difference.difference));
        for repair in &difference.repair {
            let loses = if repair.loses_data {
                " (loses data: by hand)"
            } else {
                ""
            };
            lines.push(format!("  repair on {}{loses}:", repair.server));
            lines.extend(
                repair
                    .statements
                    .iter()
                    .map(|statement| format!("    {statement};")),
            );
        }
        let by_hand = difference.by_hand.iter();
        lines.extend(by_hand.map(|left| format!("  by hand on {}: {}", left.server, left.why)));
    }
    for repaired in &report.repaired {
        lines.push(match &repaired.failed {
            None => format!("repaired: {} on {}", repaired.object, repaired.server),
            Some(why) => format!("not repaired: {} on {}: {why}", repaired.object, repaired.server),
        });
    }
    for untold in &report.could_not_tell {
        let grant = untold.grant.as_ref();
        let grant = grant.map_or_else(String::new, |grant| format!("; {grant}"));
        lines.push(format!(
            "could not tell: {} of {}: {}{grant}",
            untold.what, untold.server, untold.why
        ));
    }
    let servers = report.nodes.len();
    lines.push(match report.verdict {
        SchemaVerdict::Same => format!("same: {servers} servers, {} objects", report.nodes[0].objects),
        SchemaVerdict::Different => format!(
            "different: {} objects on {servers} servers",
            report.differences.len()
        ),
        SchemaVerdict::CouldNotTell => {
            "could not tell: no difference was seen, and not everything was looked at".to_owned()
        }
    });
    lines.iter().map(|line| plain(line)).collect()
}
