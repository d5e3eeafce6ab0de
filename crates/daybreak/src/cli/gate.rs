use std::collections::HashSet;
use std::net::ToSocketAddrs;
use std::sync::Arc;

use async_trait::async_trait;
use clap::Args;
use daybreak_engine::{Database, database, database_part};
use daybreak_model::{Family, WriteState};
use daybreak_traffic::{GateSettings, Protocol, SessionView, Side, ViewError, WriterView, serve};

use crate::config::Settings;
use crate::exit::{Exit, Trouble};
use crate::output;

/// Runs until it is told to stop through its control socket, or interrupted. Its process is its own, so that it outlives
/// a conductor that dies in the middle of a cut-over.
#[derive(Debug, Args)]
pub(crate) struct Gate {}

impl Gate {
    pub(crate) async fn run(self, settings: Settings) -> Result<Exit, Trouble> {
        let Some(gate) = &settings.gate else {
            let error = anyhow::anyhow!("the plan has no gate");
            return Err(Trouble::usage(
                error,
                Some("add a `[gate]` table with `listen = \"host:port\"`".to_owned()),
            ));
        };
        let listen = gate.listen.to_socket_addrs().map_err(|error| {
            Trouble::usage(
                anyhow::anyhow!("`gate.listen` is `{}`, which is no address: {error}", gate.listen),
                Some("write it as host:port".to_owned()),
            )
        })?;
        std::fs::create_dir_all(&settings.state_dir)?;
        let protocol = match settings.source.endpoint.family {
            Family::Mysql => Protocol::MySql,
            Family::Postgres => Protocol::Postgres,
        };
        let gate_settings = GateSettings {
            wait_limit: gate.deadline,
            ..GateSettings::new(
                protocol,
                listen.collect(),
                settings.source.endpoint.address(),
                settings.target.endpoint.address(),
                settings.gate_side(),
            )
        };
        let sides = Arc::new(Sides {
            source: database_part(settings.source.endpoint.clone(), settings.scope.part.clone()),
            target: database(settings.target.endpoint.clone()),
        });
        let running = daybreak_traffic::Gate::start(
            gate_settings,
            Arc::clone(&sides) as Arc<dyn WriterView>,
            Some(sides),
        )
        .await
        .map_err(|error| {
            let hint = error.hint();
            Trouble::new(error, Some(hint))
        })?;
        for address in running.addresses() {
            output::say(format!("the gate listens on {address}"));
        }
        serve(running, &settings.gate_socket()).await.map_err(|error| {
            let hint = error.hint();
            Trouble::new(error, Some(hint))
        })?;
        Ok(Exit::Done)
    }
}

/// What the gate asks the servers.
struct Sides {
    source: Arc<dyn Database>,
    target: Arc<dyn Database>,
}

impl Sides {
    fn of(&self, side: Side) -> &Arc<dyn Database> {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }
}

#[async_trait]
impl SessionView for Sides {
    async fn in_transaction(&self, side: Side, local_ports: &[u16]) -> Result<HashSet<u16>, ViewError> {
        let sessions = self.of(side).sessions().await?;
        let ours = |port: &u16| local_ports.contains(port);
        let seen: HashSet<u16> = sessions
            .iter()
            .filter_map(|session| session.client_port)
            .collect();
        let known = local_ports.iter().filter(|port| seen.contains(port)).count();
        // Behind an address translation a port is known by chance only.
        if known * 2 < local_ports.len() {
            return Err(format!(
                "{} knows {known} of {} connections of the gate's",
                self.of(side).endpoint(),
                local_ports.len()
            )
            .into());
        }
        Ok(sessions
            .iter()
            .filter(|session| session.in_transaction)
            .filter_map(|session| session.client_port)
            .filter(ours)
            .collect())
    }
}

#[async_trait]
impl WriterView for Sides {
    async fn writable(&self, pointed: Side) -> Result<Option<Side>, ViewError> {
        let open = async |side: Side| {
            let state: Result<WriteState, _> = self.of(side).write_state().await;
            state.ok().map(|state| state.may_be_written())
        };
        // The other side may be silent for long: it is asked at the same time, and waited for only when it matters.
        let (here, there) = (open(pointed), open(pointed.other()));
        tokio::pin!(here, there);
        let mut known = None;
        let here = loop {
            tokio::select! {
                here = &mut here => break here,
                answer = &mut there, if known.is_none() => known = Some(answer),
            }
        };
        let there = match (here, known) {
            (Some(false), None) => there.await,
            (_, known) => known.flatten(),
        };
        Ok(leader(pointed, here, there))
    }
}

/// Which side leads, from whether each may be written; `None` for a side that does not answer.
///
/// A target that nobody has fenced yet is open before the migration begins, and a source that comes back from a crash may
/// be open after it: traffic stays where it is as long as that side is open. It goes to the other side only when that one
/// is open and the present one is known to be closed.
fn leader(pointed: Side, here: Option<bool>, there: Option<bool>) -> Option<Side> {
    match (here, there) {
        (Some(true), _) => Some(pointed),
        (Some(false), Some(true)) => Some(pointed.other()),
        (Some(false) | None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use daybreak_traffic::Side;

    use super::leader;

    #[test]
    fn traffic_leaves_a_side_only_when_that_is_closed_and_the_other_open() {
        let (open, closed, silent) = (Some(true), Some(false), None);
        for there in [open, closed, silent] {
            assert_eq!(leader(Side::Source, open, there), Some(Side::Source));
            assert_eq!(leader(Side::Target, open, there), Some(Side::Target));
            assert_eq!(
                leader(Side::Source, silent, there),
                None,
                "a silent side may be open"
            );
        }
        assert_eq!(leader(Side::Source, closed, open), Some(Side::Target));
        assert_eq!(leader(Side::Source, closed, closed), None);
        assert_eq!(leader(Side::Source, closed, silent), None);
    }
}
