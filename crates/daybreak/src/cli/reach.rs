//! Whether the plan's servers can be reached from here.

use clap::Args;
use daybreak_engine::database;
use daybreak_work::{Blocked, ReachStep, Reached, name_too_long, reach};
use serde::Serialize;

use super::plain;
use crate::config::Settings;
use crate::exit::Exit;
use crate::output::{self, Format};

/// Goes from here to the plan's servers, step by step: name, port, TLS, login; and says what stands in the way. Changes nothing.
#[derive(Debug, Args)]
pub(crate) struct Reach {}

/// What was seen. The names of these fields are public.
#[derive(Serialize)]
struct Report {
    servers: Vec<Reached>,
    /// Names by which a side is to follow the other and which it does not keep.
    names: Vec<Blocked>,
    /// What cannot be told from here.
    untold: Vec<String>,
}

impl Reach {
    /// Exit status 3 where a server is not reached, or a name is too long.
    pub(crate) async fn run(self, settings: Settings, format: Format) -> Exit {
        let (source, target) = (&settings.source.endpoint, &settings.target.endpoint);
        let (there, here) = tokio::join!(reach(source), reach(target));
        let mut names = Vec::new();
        if settings.native {
            let ways = [(source, target), (target, source)];
            let wanted = ways.into_iter().take(if settings.way_back { 2 } else { 1 });
            for (leader, follower) in wanted {
                // One that is not reached is said so already.
                if let Ok(flavor) = database(follower.clone()).flavor().await {
                    names.extend(name_too_long(leader, &flavor));
                }
            }
        }
        let (host, port) = source.replication_address();
        let mut untold = vec![format!(
            "whether {} reaches {host}:{port}: seen when replication starts",
            target.address()
        )];
        if settings.way_back {
            let (host, port) = target.replication_address();
            untold.push(format!(
                "whether {} reaches {host}:{port}: seen when the way back is prepared, before a cut-over",
                source.address()
            ));
        }
        let report = Report {
            servers: vec![there, here],
            names,
            untold: if settings.native { untold } else { Vec::new() },
        };
        report.print(format);
        let blocked = report.servers.iter().any(|server| server.blocked.is_some());
        if blocked || !report.names.is_empty() {
            Exit::Different
        } else {
            Exit::Done
        }
    }
}

impl Report {
    fn print(&self, format: Format) {
        if format == Format::Json {
            return output::json(self);
        }
        for server in &self.servers {
            for line in lines(server) {
                output::line(plain(&line));
            }
        }
        for name in &self.names {
            output::line(plain(&format!("blocked: {}", name.what)));
            output::line(plain(&format!("  hint: {}", name.hint)));
        }
        for untold in &self.untold {
            output::line(plain(&format!("cannot be told from here: {untold}")));
        }
    }
}

fn lines(server: &Reached) -> Vec<String> {
    let mut lines = vec![server.server.clone()];
    if !server.addresses.is_empty() {
        lines.push(format!("  name: {}", server.addresses.join(", ")));
    }
    if let Some(milliseconds) = server.connect_ms {
        lines.push(format!("  port: open, in {milliseconds:.1} ms"));
    }
    if let Some(protection) = server.protection {
        lines.push(format!("  connection: {protection}"));
    }
    if let Some(flavor) = &server.flavor {
        lines.push(format!("  login: {flavor}"));
    }
    if let Some(blocked) = &server.blocked {
        let step = match blocked.step {
            ReachStep::Name => "name",
            ReachStep::Port => "port",
            ReachStep::Tls => "connection",
            ReachStep::Login => "login",
        };
        lines.push(format!("  {step}: blocked: {}", blocked.what));
        lines.push(format!("  hint: {}", blocked.hint));
    }
    lines
}
