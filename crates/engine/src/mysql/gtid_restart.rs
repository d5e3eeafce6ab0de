//! The runbook that turns GTIDs on or off where `gtid_mode` changes only with a restart: written out, for people to carry out
//! (P7; manual of MySQL 5.6, "Setting Up Replication Using GTIDs" and "Disabling GTIDs").

use super::quote;
use crate::{GtidRestartStep, GtidState};

/// The steps for servers in the order from the primary down, each with its address.
pub(super) fn steps(on: bool, servers: &[(String, GtidState)]) -> Vec<GtidRestartStep> {
    let all = || servers.iter();
    let followers = || servers.iter().filter(|(_, state)| !state.channels.is_empty());
    let leaders = || servers.iter().filter(|(_, state)| state.channels.is_empty());
    let mut steps = Vec::new();
    let mut step = |title: &str, server: &str, say: Vec<String>, check: &str| {
        steps.push(GtidRestartStep {
            title: title.to_owned(),
            server: server.to_owned(),
            say,
            check: check.to_owned(),
        });
    };
    for (address, state) in all() {
        step(
            "write the settings into the configuration file; do not restart yet",
            address,
            settings(on, state),
            "SHOW VARIABLES LIKE 'server_id' tells another number on every server",
        );
    }
    for (address, _) in leaders() {
        step(
            "stop writes: the downtime begins here",
            address,
            vec!["SET GLOBAL read_only = ON".to_owned()],
            "no application writes any more; accounts with SUPER still can, so end their sessions; SHOW MASTER STATUS stands still",
        );
    }
    for (address, state) in followers() {
        for channel in &state.channels {
            step(
                "let the replica apply everything",
                address,
                vec![format!(
                    "SELECT MASTER_POS_WAIT(…, …)  -- file and position of SHOW MASTER STATUS on {}",
                    channel.source
                )],
                "it answers a number and not NULL; SHOW SLAVE STATUS has no error",
            );
        }
        if !on {
            step(
                "note the place that it goes on from",
                address,
                vec!["SHOW SLAVE STATUS  -- Relay_Master_Log_File and Exec_Master_Log_Pos".to_owned()],
                "both are written down",
            );
        }
    }
    for (address, _) in followers().chain(leaders()) {
        step(
            "shut the server down",
            address,
            vec!["mysqladmin shutdown".to_owned()],
            "mysqld has ended; all servers must be down at one time: those that differ in gtid_mode cannot replicate",
        );
    }
    for (address, state) in leaders().chain(followers()) {
        let option = if state.channels.is_empty() {
            "--read-only"
        } else {
            "--skip-slave-start"
        };
        step(
            "start the server",
            address,
            vec![format!("mysqld … {option}")],
            if on {
                "SELECT @@GLOBAL.gtid_mode answers ON"
            } else {
                "SELECT @@GLOBAL.gtid_mode answers OFF"
            },
        );
    }
    for (address, state) in followers() {
        for channel in &state.channels {
            let place = if on {
                "CHANGE MASTER TO MASTER_AUTO_POSITION = 1".to_owned()
            } else {
                let (file, offset) = &channel.applied;
                format!(
                    "CHANGE MASTER TO MASTER_AUTO_POSITION = 0, MASTER_LOG_FILE = {}, MASTER_LOG_POS = {offset}  -- as noted, if it moved since",
                    quote::text(file)
                )
            };
            step(
                "let the replica follow again",
                address,
                vec![place, "START SLAVE".to_owned()],
                "SHOW SLAVE STATUS: Slave_IO_Running and Slave_SQL_Running are Yes, Auto_Position is as wanted",
            );
        }
    }
    for (address, _) in leaders() {
        step(
            "let applications write: the downtime ends here",
            address,
            vec!["SET GLOBAL read_only = OFF".to_owned()],
            "a write is on every replica a moment later",
        );
        step(
            "take a new backup",
            address,
            Vec::new(),
            "binary logs and backups from before cannot be used with the new setting",
        );
    }
    steps
}

fn settings(on: bool, state: &GtidState) -> Vec<String> {
    let value = if on { "ON" } else { "OFF" };
    let mut lines = vec![
        format!("gtid_mode = {value}"),
        format!("enforce_gtid_consistency = {value}"),
    ];
    // With GTIDs, MySQL 5.6 must log what it applies, too (manual, "Replication with GTIDs").
    if on && !state.logs {
        lines.push("log_bin = binlog".to_owned());
    }
    if on && !state.logs_applied {
        lines.push("log_slave_updates = ON".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::steps;
    use crate::{GtidChannel, GtidMode, GtidState, GtidWay};

    fn state(source: Option<&str>) -> GtidState {
        let channel = |source: &str| GtidChannel {
            name: String::new(),
            source: source.to_owned(),
            by_gtid: false,
            running: true,
            applied: ("mysql-bin.000003".to_owned(), 120),
        };
        GtidState {
            way: GtidWay::Restart,
            mode: Some(GtidMode::Off),
            consistency: None,
            logs: true,
            logs_applied: source.is_none(),
            persists: false,
            anonymous: 0,
            violating: 0,
            owned: false,
            log_end: None,
            channels: source.map(channel).into_iter().collect(),
        }
    }

    #[test]
    fn all_servers_are_down_at_one_time_and_writes_stop_before() {
        let servers = [
            ("10.0.0.1:3306".to_owned(), state(None)),
            ("10.0.0.2:3306".to_owned(), state(Some("10.0.0.1:3306"))),
        ];
        let written = steps(true, &servers);
        let at = |title: &str, server: &str| {
            let found = written
                .iter()
                .position(|step| step.title.starts_with(title) && step.server.starts_with(server));
            found.unwrap_or_else(|| panic!("no step {title} of {server}"))
        };
        let (primary, replica) = ("10.0.0.1", "10.0.0.2");
        assert!(at("stop writes", primary) < at("let the replica apply", replica));
        assert!(at("let the replica apply", replica) < at("shut", replica));
        assert!(at("shut", replica) < at("shut", primary));
        assert!(at("shut", primary) < at("start", primary));
        assert!(at("start", replica) < at("let the replica follow", replica));
        assert!(at("let the replica follow", replica) < at("let applications write", primary));
        assert!(
            written[1].say.contains(&"log_slave_updates = ON".to_owned()),
            "{:?}",
            written[1]
        );
        let back = steps(false, &servers);
        assert!(
            back.iter()
                .any(|step| step.say.iter().any(|text| text.contains("MASTER_LOG_POS = 120"))),
            "{back:?}"
        );
    }
}
