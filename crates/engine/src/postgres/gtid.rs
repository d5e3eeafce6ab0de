//! What stands in for GTIDs here: whether the server can be followed from a position, by whom, and whether a slot's position
//! survives a failover (P7).

use async_trait::async_trait;

use super::database::Postgres;
use crate::{EngineError, GtidChange, GtidObstacle, GtidState, GtidWay, Numbering, Statement};

/// Slots and senders that a migration and its way back take.
const NEEDED: i64 = 2;

#[async_trait]
impl Numbering for Postgres {
    async fn gtid_state(&self) -> Result<GtidState, EngineError> {
        Ok(GtidState {
            way: GtidWay::LogPosition,
            mode: None,
            consistency: None,
            logs: true,
            logs_applied: true,
            persists: true,
            anonymous: 0,
            violating: 0,
            owned: false,
            log_end: None,
            channels: Vec::new(),
        })
    }

    async fn gtid_obstacles(&self) -> Result<Vec<GtidObstacle>, EngineError> {
        let connection = self.server.lease().await?;
        let what = "failed to look at slots and settings of replication";
        let mut obstacles = Vec::new();
        for row in connection
            .simple(include_str!("sql/gtid/settings.sql"), what)
            .await?
        {
            let text = |column: usize| row.get(column).unwrap_or_default();
            let number = |column: usize| text(column).parse::<i64>().unwrap_or(0);
            obstacles.extend(level(text(0)));
            obstacles.extend(room("max_replication_slots", number(1), number(2)));
            obstacles.extend(room("max_wal_senders", number(3), number(4)));
        }
        if self.server.flavor().await?.has_failover_slots() {
            for row in connection
                .simple(include_str!("sql/gtid/failover.sql"), what)
                .await?
            {
                obstacles.extend(slot(
                    row.get(0).unwrap_or_default(),
                    row.get(1).unwrap_or_default(),
                ));
            }
        }
        for row in connection
            .simple(include_str!("sql/gtid/identity.sql"), what)
            .await?
        {
            let table = row.get(0).unwrap_or_default();
            obstacles.push(GtidObstacle {
                id: "replica_identity".to_owned(),
                blocks: false,
                object: table.to_owned(),
                evidence: "it has neither a primary key nor a replica identity: once published, UPDATE and DELETE of its rows fail".to_owned(),
                remedy: "give it a primary key; REPLICA IDENTITY FULL works without one and logs whole rows".to_owned(),
                statement: Some(format!("ALTER TABLE {table} REPLICA IDENTITY FULL")),
            });
        }
        connection.give_back();
        Ok(obstacles)
    }

    async fn gtid_violations(&self) -> Result<Option<u64>, EngineError> {
        Ok(None)
    }

    async fn gtid_statements(&self, _change: &GtidChange) -> Result<Vec<Statement>, EngineError> {
        Ok(Vec::new())
    }

    async fn change_gtid(&self, _change: &GtidChange) -> Result<(), EngineError> {
        Ok(())
    }
}

fn level(wal_level: &str) -> Option<GtidObstacle> {
    (wal_level != "logical").then(|| GtidObstacle {
        id: "wal_level".to_owned(),
        blocks: true,
        object: "wal_level".to_owned(),
        evidence: format!(
            "it is {wal_level}: the log cannot be decoded, so that no server of another version can follow"
        ),
        remedy: "set it to logical and restart the server".to_owned(),
        statement: Some("ALTER SYSTEM SET wal_level = 'logical'".to_owned()),
    })
}

fn room(setting: &str, most: i64, used: i64) -> Option<GtidObstacle> {
    (most - used < NEEDED).then(|| GtidObstacle {
        id: setting.to_owned(),
        blocks: true,
        object: setting.to_owned(),
        evidence: format!("{used} of {most} are in use"),
        remedy: format!("leave room for {NEEDED} more and restart the server"),
        statement: Some(format!("ALTER SYSTEM SET {setting} = {}", used + NEEDED + 2)),
    })
}

/// What `failover.sql` tells: a logical slot that a failover loses, or a standby's setting that keeps slots from reaching it.
fn slot(kind: &str, name: &str) -> Option<GtidObstacle> {
    let obstacle = |object: String, evidence: &str, remedy: &str, statement: Option<String>| GtidObstacle {
        id: "failover_slot".to_owned(),
        blocks: false,
        object,
        evidence: evidence.to_owned(),
        remedy: remedy.to_owned(),
        statement,
    };
    match kind {
        "slot" => Some(obstacle(
            format!("slot {name}"),
            "it is not a failover slot: its position is lost when a standby is promoted",
            "on the subscriber: ALTER SUBSCRIPTION … SET (failover = true), while it is disabled",
            None,
        )),
        "setting" => Some(obstacle(
            name.to_owned(),
            "this standby does not take over the primary's failover slots",
            "set it, with hot_standby_feedback, primary_slot_name and a dbname in primary_conninfo",
            Some(format!("ALTER SYSTEM SET {name} = 'on'")),
        )),
        _ => None,
    }
}
