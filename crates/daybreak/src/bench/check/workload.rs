//! What an application feels of a check with the default throttle: the demo's bank works on the primary, alone and beside the check in
//! turn, as long each time.

use std::time::{Duration, Instant};

use daybreak_sandbox::application::{self, Bank, BankOptions};

use super::ground::Ground;
use super::tables::Case;
use super::{Options, ours};
use crate::bench::figures::{Spread, median};
use crate::bench::result::{Felt, Figure};
use crate::demo::ground::CONNECTIONS;
use crate::exit::Trouble;
use crate::output;

/// The demo's accounts, rows and rests.
const ACCOUNTS: i64 = 2_000;
const ROWS: u64 = 60_000;
const REST: Duration = Duration::from_millis(80);

/// How long the application works before anything is measured.
const WARMING_UP: Duration = Duration::from_secs(2);

pub(super) async fn measure(ground: &Ground, case: &Case, options: &Options) -> Result<Figure, Trouble> {
    application::found(&ground.estate, ACCOUNTS, ROWS).await?;
    let bank = Bank::open(BankOptions {
        authority: None,
        url: ground.estate.app_url(),
        connections: CONNECTIONS,
        accounts: ACCOUNTS,
        rest: REST,
    });
    tokio::time::sleep(WARMING_UP).await;
    let measured = rounds(ground, case, options, &bank).await;
    bank.close().await;
    measured
}

async fn rounds(ground: &Ground, case: &Case, options: &Options, bank: &Bank) -> Result<Figure, Trouble> {
    let window = Duration::from_secs(options.seconds);
    let (mut alone, mut beside, mut checks, mut memory) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut transactions = 0;
    for round in 0..options.times {
        let begun = Instant::now();
        tokio::time::sleep(window).await;
        let quiet = p99(bank, begun, &mut transactions).await?;
        let begun = Instant::now();
        // A check that is over sooner is begun again: both windows are as long.
        while begun.elapsed() < window {
            let started = Instant::now();
            memory.push(ours::run(ground, case).await?);
            checks.push(started.elapsed().as_secs_f64());
        }
        let busy = p99(bank, begun, &mut transactions).await?;
        output::say(format!(
            "  round {}: p99 {quiet:.2} ms alone, {busy:.2} ms beside the check",
            round + 1
        ));
        alone.push(quiet);
        beside.push(busy);
    }
    let (alone, beside) = median(&alone).zip(median(&beside)).expect("at least one round");
    Ok(Figure {
        case: format!("{} under load", case.name),
        ours_s: median(&checks),
        peak_memory_mb: memory.into_iter().reduce(f64::max),
        felt: Some(Felt {
            p99_alone_ms: alone,
            p99_beside_ms: beside,
            added_p99_percent: (beside / alone - 1.0) * 100.0,
            transactions,
        }),
        ..Figure::default()
    })
}

async fn p99(bank: &Bank, from: Instant, transactions: &mut usize) -> Result<f64, Trouble> {
    let latencies = bank.latencies(from, Instant::now()).await;
    *transactions += latencies.len();
    let milliseconds: Vec<f64> = latencies
        .iter()
        .map(|latency| latency.as_secs_f64() * 1e3)
        .collect();
    let spread = Spread::of(&milliseconds);
    spread
        .map(|spread| spread.p99)
        .ok_or_else(|| anyhow::anyhow!("the application got no transaction through").into())
}
