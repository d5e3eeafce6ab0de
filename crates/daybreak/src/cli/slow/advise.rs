use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use daybreak_engine::{Database, EngineError, database};
use daybreak_model::Endpoint;
use daybreak_work::{
    AdviseSettings, Advised, AdvisedClass, ClassReport, IndexRemark, ProvenIndex, Throttle, ThrottleLimits,
    Topology, advise, apply_indexes, prove,
};
use serde::Serialize;

use super::super::bar::Bar;
use super::super::{plain, server};
use super::clone::{self, Own};
use super::{By, Logs, table};
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// What is to be told, and how far it is to be proven.
#[derive(Debug, Args)]
pub(in crate::cli) struct Advise {
    #[command(flatten)]
    logs: Logs,
    /// What puts a class first.
    #[arg(long, value_enum, default_value = "time")]
    by: By,
    /// Classes looked at, the weightiest first; 0 looks at all.
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// Look only at classes whose id begins so.
    #[arg(long, value_name = "ID")]
    class: Option<String>,
    /// Start a server of the same kind on this machine, copy the tables of these classes there, make each index that could help,
    /// and run the statements with it and without.
    #[arg(long)]
    prove: bool,
    /// Prove on this server instead, which holds the tables already: one that was restored from a backup. What is made there is
    /// dropped again.
    #[arg(long, value_name = "URL", conflicts_with = "prove")]
    clone: Option<String>,
    /// Environment variable that holds the password of the clone's account.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "DAYBREAK_CLONE_PASSWORD",
        requires = "clone"
    )]
    clone_password_env: String,
    /// Make the indexes that were proven on the primary, while others write, one after the other.
    #[arg(long)]
    execute: bool,
    /// How far any replica may be behind before an index is begun, in seconds. A replica of the MySQL family stands still for as
    /// long as an index takes to make, so that one whose making took longer on the clone is not made.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = super::seconds)]
    max_lag: f64,
    /// Make indexes although a server of the estate cannot be asked how far it is behind.
    #[arg(long)]
    ignore_unreached: bool,
    /// The longest that a statement may take when it is tried.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3600))]
    longest: u32,
    /// Tables with more data than this are not copied.
    #[arg(long, value_name = "MB", default_value_t = 2048)]
    largest: u64,
    /// PostgreSQL: the schema of tables that are named without one.
    #[arg(long, value_name = "NAME", default_value = "public")]
    schema: String,
}

/// What is printed. The names of these fields are public.
#[derive(Serialize)]
struct Report<'a> {
    /// Where statements were explained.
    explained_on: String,
    /// Where indexes were tried.
    proven_on: Option<String>,
    classes: &'a [AdvisedClass],
    indexes: &'a [ProvenIndex],
    remarks: &'a [IndexRemark],
    /// Indexes that were made on the primary.
    made: Vec<String>,
    /// Indexes that were proven and are not made, each with the reason.
    not_made: Vec<String>,
}

fn failed(error: EngineError) -> Trouble {
    let hint = error.hint().map(str::to_owned);
    Trouble::new(error, hint)
}

impl Advise {
    pub(in crate::cli) async fn run(&self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        if self.execute && !self.prove && self.clone.is_none() {
            return Err(Trouble::usage(
                anyhow::anyhow!("only indexes that were proven are made"),
                Some("add `--prove`, or `--clone URL`".to_owned()),
            ));
        }
        let classes = self.classes(plan).await?;
        let begin = self.logs.start.begin(plan)?;
        let mut topology = self.logs.start.around(&begin).await?;
        begin.recognise_target(&mut topology).await;
        if self.execute {
            self.all_are_reached(&topology)?;
        }
        let settings = AdviseSettings {
            schema: self.schema.clone(),
            longest: Duration::from_secs(self.longest.into()),
            largest: self.largest << 20,
            ..AdviseSettings::default()
        };
        let (server, others) = self.servers(&topology);
        let mut advised = advise(&classes, server.as_ref(), &others, &settings)
            .await
            .map_err(failed)?;
        let proven_on = self.prove(&mut advised, &server, &topology, &settings).await?;
        let mut report = Report {
            explained_on: server.endpoint().to_string(),
            proven_on,
            classes: &advised.classes,
            indexes: &advised.indexes,
            remarks: &advised.remarks,
            made: Vec::new(),
            not_made: Vec::new(),
        };
        if self.execute {
            self.apply(&mut report, &topology).await?;
        }
        match format {
            Format::Json => output::json(&report),
            Format::Text => report.lines().iter().for_each(output::line),
        }
        Ok(Exit::Done)
    }

    async fn classes(&self, plan: &Path) -> Result<Vec<ClassReport>, Trouble> {
        let mut logs = self.logs.clone();
        logs.transactions = !logs.live;
        let digest = logs.read(plan).await?;
        let mut report = digest.report(self.by.into(), if self.class.is_some() { 0 } else { self.top });
        if let Some(id) = &self.class {
            let id = id.to_uppercase();
            report.classes.retain(|class| class.id.starts_with(&id));
        }
        Ok(report.classes)
    }

    /// Where to explain, a replica if there is one, and the others.
    fn servers(&self, topology: &Topology) -> (Arc<dyn Database>, Vec<Arc<dyn Database>>) {
        let replica = topology
            .members
            .iter()
            .position(|member| member.identity.follows.is_some());
        let chosen = replica.unwrap_or(0);
        let mut servers: Vec<Arc<dyn Database>> = topology
            .members
            .iter()
            .map(|member| database(member.endpoint.clone()))
            .collect();
        let server = servers.remove(chosen);
        (server, servers)
    }

    /// Tries indexes, if that is wanted; where it did.
    async fn prove(
        &self,
        advised: &mut Advised,
        server: &Arc<dyn Database>,
        topology: &Topology,
        settings: &AdviseSettings,
    ) -> Result<Option<String>, Trouble> {
        if !self.prove && self.clone.is_none() || advised.tables().is_empty() {
            return Ok(None);
        }
        let mut own = None;
        let endpoint: Endpoint = match &self.clone {
            Some(url) => {
                let endpoint = server::named("clone", url, &self.clone_password_env)?;
                clone::stands_alone(&endpoint, topology).await?;
                endpoint
            }
            None => {
                let flavor = server.flavor().await.map_err(failed)?;
                let started = Own::start(&flavor, server.endpoint().database.as_deref()).await?;
                own.insert(started).endpoint.clone()
            }
        };
        let throttle = Throttle::new(Arc::clone(server), ThrottleLimits::default());
        let clone = database(endpoint.clone());
        let source = self.clone.is_none().then_some(server.as_ref());
        let proven = prove(advised, source, clone.as_ref(), &throttle, settings, &Bar::new()).await;
        proven.map_err(|error| {
            let hint = error.hint();
            Trouble::new(error, hint)
        })?;
        let flavor = clone.flavor().await.map_err(failed)?;
        Ok(Some(format!("{endpoint} ({flavor})")))
    }

    /// Whether every server can be asked how far it is behind, before any time is spent on proof.
    fn all_are_reached(&self, topology: &Topology) -> Result<(), Trouble> {
        let Some(server) = topology.unreached.first().filter(|_| !self.ignore_unreached) else {
            return Ok(());
        };
        Err(Trouble::new(
            anyhow::anyhow!(
                "{} cannot be asked how far it is behind: {}",
                server.name,
                server.why
            ),
            Some(
                "name it with `--also HOST:PORT`, or make the indexes all the same with `--ignore-unreached`",
            ),
        ))
    }

    async fn apply(&self, report: &mut Report<'_>, topology: &Topology) -> Result<(), Trouble> {
        let primary = topology.primary().map_err(|missing| {
            Trouble::new(
                anyhow::anyhow!("{} could not be asked: {}", missing.name, missing.why),
                Some("name the primary with `--source URL`"),
            )
        })?;
        let of_mysql = primary.endpoint.family == daybreak_model::Family::Mysql;
        let followers: Vec<Arc<dyn Database>> = topology
            .members
            .iter()
            .filter(|member| member.identity.unique_id != primary.identity.unique_id)
            .filter(|member| member.identity.follows.is_some())
            .map(|member| database(member.endpoint.clone()))
            .collect();
        let stands_still = of_mysql && !(followers.is_empty() && topology.unreached.is_empty());
        let (chosen, left): (Vec<&ProvenIndex>, Vec<&ProvenIndex>) = report
            .indexes
            .iter()
            .partition(|index| !stands_still || index.build_s <= self.max_lag);
        report.not_made = left
            .iter()
            .map(|index| {
                format!(
                    "{}: it took {:.0} s to make on the clone, and replicas would be as far behind: `--max-lag` allows {}",
                    index.name, index.build_s, self.max_lag
                )
            })
            .collect();
        for index in &chosen {
            index
                .statements
                .iter()
                .for_each(|statement| output::say(plain(statement)));
        }
        let server = database(primary.endpoint.clone());
        let throttle = Throttle::new(Arc::clone(&server), ThrottleLimits::default());
        let chosen: Vec<ProvenIndex> = chosen.into_iter().cloned().collect();
        let made = apply_indexes(
            &chosen,
            server.as_ref(),
            &followers,
            self.max_lag,
            &throttle,
            &Bar::new(),
        )
        .await;
        report.made = made.map_err(failed)?;
        Ok(())
    }
}

impl Report<'_> {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("explained on {}", self.explained_on)];
        for class in self.classes {
            lines.push(String::new());
            lines.push(format!(
                "{}. {}  {} statements, {}  {}",
                class.rank,
                class.id,
                class.count,
                table::time(class.total_s),
                table::short(&class.fingerprint)
            ));
            for read in &class.reads {
                let by = match (&read.index, read.whole) {
                    (Some(index), true) => format!("all of index {index}"),
                    (Some(index), false) => format!("index {index}"),
                    (None, true) => "the whole table".to_owned(),
                    (None, false) => "its place".to_owned(),
                };
                lines.push(format!(
                    "   reads {} by {by}, some {:.0} rows",
                    plain(&read.table),
                    read.rows
                ));
            }
            for advice in &class.advice {
                lines.push(format!("   {}: {}", advice.id, plain(&advice.evidence)));
                lines.push(format!("      {}", plain(&advice.remedy)));
            }
            match &class.index {
                Some(index) => lines.push(format!("   index {index} helps, see below")),
                None if self.proven_on.is_some() && class.tried > 0 => {
                    lines.push(format!("   none of {} indexes helped", class.tried));
                }
                None if self.proven_on.is_none() => {
                    let could = class.candidates.iter();
                    lines.extend(could.map(|index| format!("   an index could help: {}", plain(index))));
                }
                None => {}
            }
            lines.extend(
                class
                    .untold
                    .iter()
                    .map(|why| format!("   not told: {}", plain(why))),
            );
        }
        if let Some(place) = &self.proven_on {
            lines.push(String::new());
            lines.push(format!("{} indexes proven on {place}", self.indexes.len()));
        }
        for index in self.indexes {
            lines.push(String::new());
            for helped in &index.helps {
                lines.push(format!(
                    "class {}: {} → {}, {:.0} times as fast",
                    helped.id,
                    table::time(helped.before_s),
                    table::time(helped.after_s),
                    helped.before_s / helped.after_s
                ));
            }
            let size = index
                .bytes
                .map_or_else(String::new, |bytes| format!(", {}", indicatif::HumanBytes(bytes)));
            let cost = index
                .insert_cost_percent
                .map_or_else(String::new, |cost| format!(", an insert costs {cost:+.0}%"));
            lines.push(format!("made in {}{size}{cost}", table::time(index.build_s)));
            lines.extend(
                index
                    .statements
                    .iter()
                    .map(|statement| format!("  {}", plain(statement))),
            );
        }
        if !self.remarks.is_empty() {
            lines.push(String::new());
        }
        for remark in self.remarks {
            let size = remark.bytes.map_or_else(String::new, |bytes| {
                format!(" ({})", indicatif::HumanBytes(bytes))
            });
            lines.push(format!(
                "{}: index {} of {}{size}: {}",
                remark.id,
                plain(&remark.index),
                plain(&remark.table.to_string()),
                remark.evidence
            ));
        }
        lines.extend(self.made.iter().map(|index| format!("made: {}", plain(index))));
        lines.extend(
            self.not_made
                .iter()
                .map(|index| format!("not made: {}", plain(index))),
        );
        lines
    }
}
