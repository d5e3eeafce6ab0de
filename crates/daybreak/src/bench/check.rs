//! `bench check`: how long it takes to compare every row of a primary, its replica and a third server, beside the tools that people
//! use for it, and beside the least that it can take: the same aggregate over each table, once on each server, all servers at once.
//!
//! Every round runs every contender once on the same rows, in an order that moves on by one from round to round; a figure is the
//! median of the rounds. A contender counts only if it says that every row is the same.

mod ground;
mod limit;
mod ours;
mod pt_table_checksum;
mod reladiff;
pub(super) mod tables;
mod workload;

use std::collections::BTreeMap;
use std::time::Instant;

use daybreak_sandbox::{Sandbox, Tool};

use super::figures::median;
use super::result::{self, Figure};
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};
use ground::Ground;
use tables::Case;

pub(crate) use ground::Kind;

/// What is measured.
pub(crate) struct Options {
    pub(crate) kind: Kind,
    /// Rows of the first case, in one table; 0 leaves it out.
    pub(crate) rows: u64,
    /// Tables of the second case; 0 leaves it out.
    pub(crate) tables: usize,
    /// Seconds that the application works, alone and beside the check, in each round; 0 leaves it out.
    pub(crate) seconds: u64,
    /// Rounds.
    pub(crate) times: usize,
    /// Ours and the limit alone.
    pub(crate) no_peers: bool,
    pub(crate) format: Format,
}

/// Rows of a small table.
const SMALL_ROWS: u64 = 20;

/// Who runs in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Contender {
    Ours,
    Limit,
    PtTableChecksum,
    Reladiff,
}

impl Contender {
    const fn name(self) -> &'static str {
        match self {
            Self::Ours => "daybreak",
            Self::Limit => "limit",
            Self::PtTableChecksum => "pt-table-checksum",
            Self::Reladiff => "reladiff",
        }
    }

    const fn tool(self) -> Option<Tool> {
        match self {
            Self::Ours | Self::Limit => None,
            Self::PtTableChecksum => Some(Tool::PerconaToolkit),
            Self::Reladiff => Some(Tool::Reladiff),
        }
    }
}

/// Measures and prints.
pub(crate) async fn run(options: &Options) -> Result<Exit, Trouble> {
    let sandbox = Sandbox::open_with(|notice| output::say(format!("  {notice}")))?;
    let ground = Ground::start(&sandbox, options.kind).await?;
    let name = options.kind.name();
    let cases = [
        Case {
            name: format!("{name} one table"),
            tables: 1,
            rows_per_table: options.rows,
        },
        Case {
            name: format!("{name} small tables"),
            tables: options.tables,
            rows_per_table: SMALL_ROWS,
        },
    ];
    let mut figures = Vec::new();
    for case in cases.iter().filter(|case| case.rows() > 0) {
        say_case(case);
        ground.fill(case).await?;
        figures.extend(measure(&ground, case, options).await?);
        if case.tables == 1 && options.seconds > 0 {
            figures.push(workload::measure(&ground, case, options).await?);
        }
    }
    result::print(&figures, options.format);
    Ok(Exit::Done)
}

fn say_case(case: &Case) {
    output::say(format!(
        "{}: {} rows in {} table(s)",
        case.name,
        case.rows(),
        case.tables
    ));
}

async fn measure(ground: &Ground, case: &Case, options: &Options) -> Result<Vec<Figure>, Trouble> {
    let peers: &[Contender] = match options.kind {
        _ if options.no_peers => &[],
        Kind::MariaDb => &[Contender::PtTableChecksum, Contender::Reladiff],
        Kind::Mysql | Kind::Postgres => &[Contender::Reladiff],
    };
    let mut contenders = vec![Contender::Ours, Contender::Limit];
    for peer in peers {
        match ground.prepare(*peer).await {
            Ok(()) => contenders.push(*peer),
            Err(trouble) => output::say(format!("  {} gives no figure: {:#}", peer.name(), trouble.error)),
        }
    }
    let mut seconds: BTreeMap<Contender, Vec<f64>> = BTreeMap::new();
    let mut memory: Vec<f64> = Vec::new();
    for round in 0..options.times {
        let (later, sooner) = contenders.split_at(round % contenders.len());
        let order: Vec<Contender> = sooner.iter().chain(later).copied().collect();
        for contender in order {
            match once(ground, case, contender, &mut memory).await {
                Ok(took) => {
                    seconds.entry(contender).or_default().push(took);
                    output::say(format!("  round {}: {} {took:.2} s", round + 1, contender.name()));
                }
                // A peer that cannot do it has no figure, and is not asked again.
                Err(trouble) if contender.tool().is_some() => {
                    output::say(format!(
                        "  {} gives no figure: {:#}",
                        contender.name(),
                        trouble.error
                    ));
                    seconds.remove(&contender);
                    contenders.retain(|other| *other != contender);
                }
                Err(trouble) => return Err(trouble),
            }
        }
    }
    let of = |contender| seconds.get(&contender).and_then(|seconds| median(seconds));
    let line = |peer: Option<Contender>| Figure {
        case: case.name.clone(),
        ours_s: of(Contender::Ours),
        peer: peer.map(Contender::name),
        peer_s: peer.and_then(of),
        limit_s: of(Contender::Limit),
        peak_memory_mb: memory.iter().copied().reduce(f64::max),
        felt: None,
    };
    Ok(match peers {
        [] => vec![line(None)],
        peers => peers.iter().map(|peer| line(Some(*peer))).collect(),
    })
}

/// How long a contender took, in seconds.
async fn once(
    ground: &Ground,
    case: &Case,
    contender: Contender,
    memory: &mut Vec<f64>,
) -> Result<f64, Trouble> {
    match contender {
        Contender::Limit => limit::run(ground).await,
        Contender::Ours => {
            let started = Instant::now();
            memory.push(ours::run(ground, case).await?);
            Ok(started.elapsed().as_secs_f64())
        }
        Contender::PtTableChecksum => pt_table_checksum::run(ground, case).await,
        Contender::Reladiff => {
            let started = Instant::now();
            reladiff::run(ground, case).await?;
            Ok(started.elapsed().as_secs_f64())
        }
    }
}
