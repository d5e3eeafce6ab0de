//! `bench cutover`: how long writes stop, over many moves out and home under the demo's load, beside the bare sequence of
//! statements on the same servers in the same run.

mod bare;
mod session;

use std::time::{Duration, Instant};

use daybreak_sandbox::application::{Bank, audit, url};
use serde::Serialize;

use super::figures::Spread;
use crate::demo::conductor::Conductor;
use crate::demo::ground::{self, Ground};
use crate::demo::{self, AFTERMATH};
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};
use bare::Bare;

/// What is measured.
pub(crate) struct Options {
    pub(crate) postgres: bool,
    /// Moves, out and home in turn.
    pub(crate) times: usize,
    pub(crate) format: Format,
}

/// The result. Field names are stable: scripts read them.
#[derive(Debug, Serialize)]
struct Figures {
    engine: &'static str,
    times: usize,
    /// The longest stretch without an acknowledged write, over all of the application's connections.
    write_pause_ms: Option<Spread>,
    /// By the journal: from the fence's beginning on the old writer until the new one is open.
    server_pause_ms: Option<Spread>,
    /// The same by the bare statements, on connections that stand ready.
    bare_pause_ms: Option<Spread>,
    /// Transfers that failed in a move beyond one for each connection, which is what a moved connection costs.
    client_errors: u64,
    /// Acknowledged transfers that the side that is written at the end does not hold.
    lost_writes: u64,
}

/// What was measured so far, pauses in milliseconds.
#[derive(Default)]
struct Measured {
    write: Vec<f64>,
    server: Vec<f64>,
    bare: Vec<f64>,
    errors: u64,
    expected_errors: u64,
}

/// Measures and prints. Done only if nothing was lost.
pub(crate) async fn run(options: &Options) -> Result<Exit, Trouble> {
    let folder = tempfile::tempdir()?;
    let like_demo = demo::Options {
        postgres: options.postgres,
        keep: false,
        yes: true,
        seconds: 0,
        chaos: None,
        folder: folder.path().join("estate"),
        format: Format::Json,
    };
    let mut ground = Ground::lay(&like_demo).await?;
    let bank = ground.open_bank();
    let measured = moves(options, &like_demo, &mut ground, &bank).await;
    let ledger = bank.close().await;
    let measured = measured?;
    let (estate, cluster) = (&ground.estate, &ground.cluster);
    let port = if options.times % 2 == 1 {
        cluster.cluster_port()
    } else {
        estate.primary.port()
    };
    let books = url(estate.primary.kind(), &estate.app, port, &estate.database);
    let audit = audit(&books, &ledger, ground.accounts()).await?;
    let figures = Figures {
        engine: if options.postgres { "postgres" } else { "mysql" },
        times: options.times,
        write_pause_ms: Spread::of(&measured.write),
        server_pause_ms: Spread::of(&measured.server),
        bare_pause_ms: Spread::of(&measured.bare),
        client_errors: measured.errors,
        lost_writes: audit.lost,
    };
    output::say(format!(
        "{} writes acknowledged; {} transfers met a moved connection, at most one for each of {} connections in a move",
        ledger.acknowledged.len(),
        measured.expected_errors,
        ground::CONNECTIONS
    ));
    print(&figures, options.format);
    ground.clear().await;
    Ok(if audit.lost == 0 && audit.duplicated == 0 && audit.balanced {
        Exit::Done
    } else {
        Exit::Different
    })
}

async fn moves(
    options: &Options,
    like_demo: &demo::Options,
    ground: &mut Ground,
    bank: &Bank,
) -> Result<Measured, Trouble> {
    let mut conductor = Conductor::new(like_demo);
    let mut measured = Measured::default();
    for number in 0..options.times {
        let out = number % 2 == 0;
        let errors_before = bank.failed();
        let told = conductor
            .conduct(if out { "run" } else { "failback" }, ground, bank)
            .await?;
        tokio::time::sleep(AFTERMATH).await;
        let since = told.held_at.unwrap_or_else(Instant::now);
        let write = milliseconds(bank.longest_pause(since).await.length);
        let errors = bank.failed() - errors_before;
        let expected = errors.min(ground::CONNECTIONS as u64);
        let server = told.server_pause.map(milliseconds);
        measured.write.push(write);
        measured.server.extend(server);
        measured.errors += errors - expected;
        measured.expected_errors += expected;
        // The side that was moved to is written now. Its sessions end before the next move, which would find them beside the gate.
        let mut bare = Bare::prepare(ground, options.postgres).await?;
        let pause = milliseconds(bare.pause(out).await?);
        bare.end().await?;
        measured.bare.push(pause);
        output::say(format!(
            "  {:>3} {} writes {write:.0} ms, servers {:.0} ms, {errors} errors; bare {pause:.0} ms",
            number + 1,
            if out { "out: " } else { "home:" },
            server.unwrap_or(f64::NAN),
        ));
        // Whoever met the bare fence connects anew before the next move is measured.
        tokio::time::sleep(AFTERMATH).await;
    }
    Ok(measured)
}

fn milliseconds(pause: Duration) -> f64 {
    pause.as_secs_f64() * 1e3
}

fn print(figures: &Figures, format: Format) {
    if format == Format::Json {
        output::json(figures);
        return;
    }
    let line = |name: &str, spread: Option<Spread>| {
        let text = spread.map_or_else(|| "–".to_owned(), |spread| spread.to_string());
        output::line(format!("  {name:<24} {text}"));
    };
    output::line(format!("{}: {} moves", figures.engine, figures.times));
    line("writes stopped", figures.write_pause_ms);
    line("on the servers", figures.server_pause_ms);
    line("bare statements", figures.bare_pause_ms);
    output::line(format!(
        "  client errors beyond one per moved connection: {}",
        figures.client_errors
    ));
    output::line(format!("  acknowledged writes lost: {}", figures.lost_writes));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Figures;
    use crate::bench::figures::Spread;

    #[test]
    fn figures_have_the_fields_that_scripts_read() {
        let figures = Figures {
            engine: "mysql",
            times: 2,
            write_pause_ms: Spread::of(&[40.0, 60.0]),
            server_pause_ms: Spread::of(&[20.0]),
            bare_pause_ms: None,
            client_errors: 0,
            lost_writes: 0,
        };
        let there = json!({
            "engine": "mysql",
            "times": 2,
            "write_pause_ms": { "p50": 40.0, "p99": 60.0, "max": 60.0 },
            "server_pause_ms": { "p50": 20.0, "p99": 20.0, "max": 20.0 },
            "bare_pause_ms": null,
            "client_errors": 0,
            "lost_writes": 0,
        });
        assert_eq!(serde_json::to_value(figures).unwrap(), there);
    }
}
