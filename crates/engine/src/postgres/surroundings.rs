//! A server's place in its estate, as it tells it itself: whom it follows, who follows it, how it logs, how large it is.
//!
//! Facts from the PostgreSQL manual: "The Cumulative Statistics System" (pg_stat_replication, pg_stat_wal_receiver and what they
//! hide from accounts outside pg_read_all_stats), "pg_subscription", "pg_replication_slots".

use daybreak_model::LinkSettings;
use tokio_postgres::SimpleQueryRow;

use super::connection::Connection;
use super::server::Server;
use super::{quote, topology};
use crate::{Direction, EngineError, ErrorKind, Surroundings, Tie, TieKind, Untold};

/// Everything the server tells of its place; what it does not tell is among it.
pub(crate) async fn surroundings(server: &Server) -> Surroundings {
    let mut told = Surroundings::default();
    let connection = match server.lease().await {
        Ok(connection) => connection,
        Err(error) => {
            told.untold.push(untold("its place in the estate", &error, None));
            return told;
        }
    };
    if let Err(error) = ask(&connection, &mut told).await {
        told.untold
            .push(untold("the rest of its place in the estate", &error, None));
        return told;
    }
    connection.give_back();
    told
}

async fn ask(connection: &Connection, told: &mut Surroundings) -> Result<(), EngineError> {
    let me = me(connection).await?;
    if !me.reads_statistics {
        told.untold.push(Untold {
            what: "who streams from it, and from whom it streams".to_owned(),
            why: "only members of pg_read_all_stats are shown the address of another account's connection"
                .to_owned(),
            grant: Some(format!("GRANT pg_read_all_stats TO {}", me.name)),
        });
    }
    let grant = format!("GRANT SELECT (subconninfo) ON pg_subscription TO {}", me.name);
    for (what, ties) in [
        ("whom it streams from", source(connection).await),
        (
            "which standbys stream from it",
            standbys(connection, me.reads_statistics).await,
        ),
        (
            "who reads its slots",
            subscribers(connection, me.reads_statistics).await,
        ),
    ] {
        match ties {
            Ok(ties) => told.ties.extend(ties.into_iter().filter(of_the_estate)),
            Err(error) => told.untold.push(untold(what, &error, None)),
        }
    }
    let what = "whom its subscriptions follow";
    match subscriptions(connection).await {
        Ok((ties, hidden)) => {
            told.ties.extend(ties.into_iter().filter(of_the_estate));
            let hidden = hidden.map(|error| untold(what, &error, Some(grant)));
            told.untold.extend(hidden);
        }
        Err(error) => told.untold.push(untold(what, &error, None)),
    }
    let settings = include_str!("sql/ties/settings.sql");
    for row in connection
        .simple(settings, "failed to read the settings of replication")
        .await?
    {
        told.settings.extend(
            row.get(0)
                .zip(row.get(1))
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
    }
    let position = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END";
    told.position = connection
        .value(position, "failed to ask for the position")
        .await?;
    match connection
        .simple(include_str!("sql/ties/size.sql"), "failed to ask for the size")
        .await
    {
        Ok(rows) => {
            let number = |column| rows.first()?.get(column)?.parse().ok();
            (told.bytes, told.tables) = (number(0), number(1));
        }
        Err(error) => told.untold.push(untold("its size", &error, None)),
    }
    Ok(())
}

/// What moves alone is no part of the estate where it went.
fn of_the_estate(tie: &Tie) -> bool {
    !tie.name.starts_with(LinkSettings::OF_A_PART)
}

/// The account, quoted, and whether it is shown whatever the statistics hold.
struct Me {
    name: String,
    reads_statistics: bool,
}

async fn me(connection: &Connection) -> Result<Me, EngineError> {
    let ask = "SELECT current_user, pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')::text";
    let rows = connection.simple(ask, "failed to ask for the account").await?;
    let text = |column| rows.first().and_then(|row| row.get(column)).unwrap_or_default();
    Ok(Me {
        name: quote::identifier(text(0)),
        reads_statistics: text(1) == "true",
    })
}

fn untold(what: &str, error: &EngineError, grant: Option<String>) -> Untold {
    Untold {
        what: what.to_owned(),
        why: error.in_words(),
        grant: grant.filter(|_| error.kind == ErrorKind::Privilege),
    }
}

async fn source(connection: &Connection) -> Result<Vec<Tie>, EngineError> {
    let Some(other) = topology::follows(connection).await? else {
        return Ok(Vec::new());
    };
    let rows = connection
        .simple(
            include_str!("sql/ties/source.sql"),
            "failed to ask what it receives",
        )
        .await?;
    let row = rows.first();
    let text = |column| row.and_then(|row| row.get(column));
    Ok(vec![Tie {
        kind: TieKind::PhysicalStream,
        direction: Direction::Follows,
        other,
        name: text(0).unwrap_or_default().to_owned(),
        question: "pg_stat_wal_receiver, primary_conninfo".to_owned(),
        running: Some(text(1) == Some("true")),
        lag_seconds: text(2).and_then(|lag| lag.parse().ok()),
        semi_sync: None,
    }])
}

async fn standbys(connection: &Connection, shown: bool) -> Result<Vec<Tie>, EngineError> {
    if !shown {
        return Ok(Vec::new());
    }
    let rows = connection
        .simple(include_str!("sql/ties/standbys.sql"), "failed to list standbys")
        .await?;
    let tie = |row: &SimpleQueryRow| Tie {
        kind: TieKind::PhysicalStream,
        direction: Direction::FollowedBy,
        other: format!("{} ({})", text(row, 0), text(row, 1)),
        name: text(row, 1).to_owned(),
        question: "pg_stat_replication".to_owned(),
        running: Some(row.get(2) == Some("true")),
        lag_seconds: row.get(3).and_then(|lag| lag.parse().ok()),
        semi_sync: Some(row.get(4) == Some("true")),
    };
    Ok(rows.iter().map(tie).collect())
}

async fn subscribers(connection: &Connection, shown: bool) -> Result<Vec<Tie>, EngineError> {
    let rows = connection
        .simple(include_str!("sql/ties/subscribers.sql"), "failed to list slots")
        .await?;
    let tie = |row: &SimpleQueryRow| {
        let host = if shown { row.get(0) } else { None };
        let slot = text(row, 1);
        Tie {
            kind: TieKind::LogicalStream,
            direction: Direction::FollowedBy,
            other: format!("{} ({slot})", host.unwrap_or("?")),
            name: slot.to_owned(),
            question: "pg_replication_slots".to_owned(),
            running: Some(row.get(3) == Some("true")),
            lag_seconds: row.get(4).and_then(|lag| lag.parse().ok()),
            semi_sync: Some(row.get(5) == Some("true")),
        }
    };
    Ok(rows.iter().map(tie).collect())
}

/// The subscriptions, and why it is hidden whom they follow, if it is.
async fn subscriptions(connection: &Connection) -> Result<(Vec<Tie>, Option<EngineError>), EngineError> {
    let any = "SELECT count(*) FROM pg_subscription";
    if connection
        .value(any, "failed to count subscriptions")
        .await?
        .as_deref()
        == Some("0")
    {
        return Ok((Vec::new(), None));
    }
    let what = "failed to list subscriptions";
    let ask = include_str!("sql/ties/subscriptions.sql");
    let (rows, hidden) = match connection.simple(ask, what).await {
        Ok(rows) => (rows, None),
        // Which there are, everybody may know; and a publisher knows the slot.
        Err(error) if error.kind == ErrorKind::Privilege => {
            let ask = ask.replace("s.subconninfo", "NULL");
            (connection.simple(&ask, what).await?, Some(error))
        }
        Err(error) => return Err(error),
    };
    let tie = |row: &SimpleQueryRow| Tie {
        kind: TieKind::LogicalStream,
        direction: Direction::Follows,
        other: row
            .get(1)
            .and_then(topology::primary_in)
            .unwrap_or_else(|| format!("? ({})", text(row, 3))),
        name: text(row, 0).to_owned(),
        question: "pg_subscription".to_owned(),
        running: Some(row.get(2) == Some("true")),
        lag_seconds: None,
        semi_sync: None,
    };
    Ok((rows.iter().map(tie).collect(), hidden))
}

fn text(row: &SimpleQueryRow, column: usize) -> &str {
    row.get(column).unwrap_or_default()
}
