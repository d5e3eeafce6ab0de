use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use clap::Args;
use daybreak_engine::{
    GtidChannel, GtidConsistency, GtidMode, GtidObstacle, GtidRestartStep, GtidWay, gtid_restart,
};
use daybreak_work::{
    GtidError, GtidGoal, GtidMember, GtidWait, Observe, Topology, WorkEvent, gtid_members, gtid_refusals,
    gtid_stages, gtid_statements, turn_gtid,
};
use serde::Serialize;

use super::plain;
use super::source::Start;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// Tells for every server of the estate whether GTIDs are on, what stands in their way, and the statements that turn them on
/// or off while all are at work. Changes nothing without `--execute`.
#[derive(Debug, Args)]
pub(crate) struct Gtid {
    #[command(flatten)]
    start: Start,
    /// The way back: places kept by file and offset, transactions without a GTID.
    #[arg(long)]
    off: bool,
    /// Run the statements, stage by stage, replicas before their sources. What was broken off goes on.
    #[arg(long)]
    execute: bool,
    /// How long to watch, with `--execute`, whether statements violate the consistency that GTIDs need before they are refused.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    watch: u32,
}

/// What is printed. The names of these fields are public.
#[derive(Serialize)]
struct Report {
    goal: &'static str,
    /// `done`, `ready`, `refused`, or `by_restart` where people carry the runbook out.
    verdict: &'static str,
    servers: Vec<Server>,
    refused: Vec<Refused>,
    stages: Vec<Stage>,
    runbook: Vec<GtidRestartStep>,
    /// Lines for configuration files, where a server does not keep its settings over a restart.
    keep: Vec<Keep>,
}

#[derive(Serialize)]
struct Server {
    address: String,
    flavor: String,
    way: GtidWay,
    gtid_mode: Option<GtidMode>,
    enforce_gtid_consistency: Option<GtidConsistency>,
    channels: Vec<GtidChannel>,
    obstacles: Vec<GtidObstacle>,
}

#[derive(Serialize)]
struct Refused {
    server: String,
    why: String,
}

#[derive(Serialize)]
struct Stage {
    title: &'static str,
    /// What is waited for before it.
    wait: Option<&'static str>,
    statements: Vec<Sent>,
}

#[derive(Serialize)]
struct Sent {
    server: String,
    statement: String,
}

#[derive(Serialize)]
struct Keep {
    server: String,
    lines: Vec<String>,
}

impl Gtid {
    pub(crate) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        let begin = self.start.begin(plan)?;
        let mut topology = self.start.around(&begin).await?;
        begin.recognise_target(&mut topology).await;
        let goal = if self.off { GtidGoal::Off } else { GtidGoal::On };
        let members = asked(&topology).await?;
        let report = Report::of(goal, &topology, &members).await?;
        if self.execute && report.verdict == "ready" {
            report.lines().iter().for_each(output::say);
            let told = Told(Mutex::new(String::new()));
            let watch = Duration::from_secs(self.watch.into());
            turn_gtid(goal, &topology, members, watch, &told)
                .await
                .map_err(failed)?;
            let after = Report::of(goal, &topology, &asked(&topology).await?).await?;
            after.print(format);
            return Ok(after.exit());
        }
        report.print(format);
        Ok(report.exit())
    }
}

fn failed(error: GtidError) -> Trouble {
    let hint = error.hint();
    Trouble::new(error, hint)
}

async fn asked(topology: &Topology) -> Result<Vec<GtidMember>, Trouble> {
    gtid_members(topology)
        .await
        .map_err(|error| failed(GtidError::Engine(error)))
}

impl Report {
    async fn of(goal: GtidGoal, topology: &Topology, members: &[GtidMember]) -> Result<Self, Trouble> {
        let servers: Vec<_> = members.iter().map(|member| member.server.clone()).collect();
        let obstacles: Vec<_> = members
            .iter()
            .flat_map(|member| {
                let of = |obstacle: &GtidObstacle| (member.server.address.clone(), obstacle.clone());
                member.obstacles.iter().map(of)
            })
            .collect();
        let unreached: Vec<String> = topology
            .unreached
            .iter()
            .map(|server| server.name.clone())
            .collect();
        let left = gtid_stages(goal, &servers);
        let mut stages = Vec::new();
        for stage in &left {
            let statements = gtid_statements(members, stage)
                .await
                .map_err(|error| failed(GtidError::Engine(error)))?;
            stages.push(Stage {
                title: stage.title,
                wait: waits(goal, stage.wait),
                statements: statements
                    .into_iter()
                    .map(|(server, statement)| Sent {
                        server,
                        statement: statement.text,
                    })
                    .collect(),
            });
        }
        let by_restart = members
            .iter()
            .any(|member| member.server.state.way == GtidWay::Restart);
        let wanted = |member: &GtidMember| {
            let mode = if goal == GtidGoal::On {
                GtidMode::On
            } else {
                GtidMode::Off
            };
            member.server.state.mode == Some(mode)
        };
        let runbook = if by_restart && !members.iter().all(wanted) {
            let mut downward = members.iter().collect::<Vec<_>>();
            downward.sort_by_key(|member| member.server.depth);
            let states: Vec<_> = downward
                .iter()
                .map(|member| (member.server.address.clone(), member.server.state.clone()))
                .collect();
            gtid_restart(goal == GtidGoal::On, &states)
        } else {
            Vec::new()
        };
        let refused: Vec<Refused> = gtid_refusals(goal, &servers, &obstacles, &unreached)
            .into_iter()
            .map(|(server, why)| Refused { server, why })
            .collect();
        let position = members
            .iter()
            .all(|member| member.server.state.way == GtidWay::LogPosition);
        let blocked = obstacles.iter().any(|(_, obstacle)| obstacle.blocks);
        Ok(Self {
            goal: if goal == GtidGoal::On { "on" } else { "off" },
            verdict: match () {
                () if position => {
                    if blocked {
                        "refused"
                    } else {
                        "done"
                    }
                }
                () if !runbook.is_empty() => "by_restart",
                () if stages.is_empty() && members.iter().all(wanted) => "done",
                () if stages.is_empty()
                    && members
                        .iter()
                        .all(|member| member.server.state.way == GtidWay::Always) =>
                {
                    "done"
                }
                () if !refused.is_empty() => "refused",
                () => "ready",
            },
            keep: keep(goal, members),
            servers: members.iter().map(Server::of).collect(),
            refused,
            stages,
            runbook,
        })
    }

    fn exit(&self) -> Exit {
        if self.verdict == "refused" {
            Exit::Different
        } else {
            Exit::Done
        }
    }

    fn print(&self, format: Format) {
        match format {
            Format::Json => output::json(self),
            Format::Text => self.lines().iter().for_each(output::line),
        }
    }

    /// Servers say what they like: every line stays one line.
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for server in &self.servers {
            lines.push(server.line());
            for obstacle in &server.obstacles {
                let weight = if obstacle.blocks { "blocks" } else { "note" };
                lines.push(format!("  {weight}: {}: {}", obstacle.object, obstacle.evidence));
                lines.push(format!("    {}", obstacle.remedy));
                lines.extend(
                    obstacle
                        .statement
                        .iter()
                        .map(|statement| format!("    {statement};")),
                );
            }
        }
        lines.push(match self.verdict {
            "done" => format!("nothing is left to do: GTIDs are as wanted ({})", self.goal),
            "refused" => "not now:".to_owned(),
            "by_restart" => "only with a restart of all servers, by this runbook:".to_owned(),
            _ => "the stages, each after the one before; `--execute` carries them out:".to_owned(),
        });
        if self.verdict != "done" {
            lines.extend(
                self.refused
                    .iter()
                    .map(|refused| format!("  {}: {}", refused.server, refused.why)),
            );
        }
        for (number, stage) in self.stages.iter().enumerate() {
            lines.push(format!("  {}. {}", number + 1, stage.title));
            lines.extend(stage.wait.iter().map(|wait| format!("     first: {wait}")));
            for sent in &stage.statements {
                lines.push(format!("     {}: {};", sent.server, sent.statement));
            }
        }
        for (number, step) in self.runbook.iter().enumerate() {
            lines.push(format!("  {}. {}: {}", number + 1, step.server, step.title));
            lines.extend(step.say.iter().map(|text| format!("       {text}")));
            lines.push(format!("     check: {}", step.check));
        }
        for keep in &self.keep {
            lines.push(format!(
                "{}: it forgets this with a restart; write into its configuration file:",
                keep.server
            ));
            lines.extend(keep.lines.iter().map(|line| format!("  {line}")));
        }
        lines.iter().map(|line| plain(line)).collect()
    }
}

impl Server {
    fn of(member: &GtidMember) -> Self {
        let state = &member.server.state;
        Self {
            address: member.server.address.clone(),
            flavor: member.flavor.to_string(),
            way: state.way,
            gtid_mode: state.mode,
            enforce_gtid_consistency: state.consistency,
            channels: state.channels.clone(),
            obstacles: member.obstacles.clone(),
        }
    }

    fn line(&self) -> String {
        let mut parts = vec![format!("{}: {}", self.address, self.flavor)];
        match self.way {
            GtidWay::Always => parts.push("every transaction has a GTID".to_owned()),
            GtidWay::LogPosition => {
                parts.push("one log position for every reader, no GTIDs needed".to_owned())
            }
            GtidWay::None => parts.push("no GTIDs in this version".to_owned()),
            GtidWay::Online | GtidWay::Restart | GtidWay::ParameterGroup => {
                parts.extend(self.gtid_mode.map(|mode| format!("gtid_mode {mode}")));
                parts.extend(
                    self.enforce_gtid_consistency
                        .map(|it| format!("enforce_gtid_consistency {it}")),
                );
            }
        }
        for channel in &self.channels {
            let place = if channel.by_gtid {
                "by GTID"
            } else {
                "by file and offset"
            };
            let stopped = if channel.running { "" } else { ", stopped" };
            parts.push(format!("follows {} {place}{stopped}", channel.source));
        }
        parts.join(", ")
    }
}

const fn waits(goal: GtidGoal, wait: GtidWait) -> Option<&'static str> {
    match (wait, goal) {
        (GtidWait::Nothing, _) => None,
        (GtidWait::Violations, _) => Some("watch whether any statement violates the consistency (`--watch`)"),
        (GtidWait::Settled, GtidGoal::On) => Some(
            "wait until no transaction without a GTID is left and all that were logged are applied on every replica",
        ),
        (GtidWait::Applied, _) => Some("wait until replicas have applied what their sources have logged"),
        (GtidWait::Settled, GtidGoal::Off) => Some(
            "wait until no transaction with a GTID is left and all that were logged are applied on every replica",
        ),
    }
}

fn keep(goal: GtidGoal, members: &[GtidMember]) -> Vec<Keep> {
    let value = if goal == GtidGoal::On { "ON" } else { "OFF" };
    let forgets =
        |member: &&GtidMember| member.server.state.way == GtidWay::Online && !member.server.state.persists;
    members
        .iter()
        .filter(forgets)
        .map(|member| Keep {
            server: member.server.address.clone(),
            lines: vec![
                format!("gtid_mode = {value}"),
                format!("enforce_gtid_consistency = {value}"),
            ],
        })
        .collect()
}

/// Says on standard error what is done and waited for, each thing once.
struct Told(Mutex<String>);

impl Observe for Told {
    fn event(&self, event: WorkEvent) {
        if let WorkEvent::Doing { what } | WorkEvent::Waiting { why: what } = event {
            let mut last = self.0.lock().expect("no holder of this lock panics");
            if *last != what {
                output::say(plain(&what));
                *last = what;
            }
        }
    }
}
