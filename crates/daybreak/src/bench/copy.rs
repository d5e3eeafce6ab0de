//! `bench copy`: how long a load takes, beside the tools that people use for it and beside the fastest way that the target
//! has for rows that lie ready.
//!
//! Every round runs every contender once, each onto an empty target, in an order that moves on by one from round to
//! round; a figure is the median of the rounds. A contender counts only if every row and every index is there afterwards.

mod child;
mod mysql;
mod postgres;

use std::collections::BTreeMap;
use std::time::Instant;

use async_trait::async_trait;
use daybreak_sandbox::{Sandbox, SandboxError};

use super::figures::median;
use super::result::{self, Figure};
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};
use child::Loaded;

pub(crate) use child::carry_out;

/// What is measured.
pub(crate) struct Options {
    pub(crate) postgres: bool,
    /// Rows of the first case, over its four tables; 0 leaves it out.
    pub(crate) rows: u64,
    /// Tables of the second case; 0 leaves it out.
    pub(crate) tables: usize,
    /// Rows of the third case, 64 MB each; 0 leaves it out.
    pub(crate) large: u64,
    /// Rounds.
    pub(crate) times: usize,
    /// Ours and the limit alone.
    pub(crate) no_peers: bool,
    pub(crate) format: Format,
}

/// Tables in the case of many rows, as sysbench would be told.
const TABLES: usize = 4;
/// Rows of a small table.
const SMALL_ROWS: u64 = 20;
/// Connections on each side, and jobs of every peer: what a plan has unless it says otherwise.
const CONNECTIONS: usize = 4;
/// Bytes of a large row: the largest that the bound on memory is stated for.
const LARGE_BYTES: u64 = 64 << 20;

/// Data to be copied: tables `t1` to `tN` of one shape in a schema `bench`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// As sysbench's: a key, a number with an index, 178 bytes of text.
    Sysbench,
    /// As sysbench's, a few rows each.
    Small,
    /// One value of 64 MB in each row.
    Large,
}

/// One case.
struct Case {
    name: String,
    shape: Shape,
    tables: usize,
    rows_per_table: u64,
}

impl Case {
    fn rows(&self) -> u64 {
        self.rows_per_table * self.tables as u64
    }
}

/// A pair of servers of one engine, with its peers and its limit.
#[async_trait]
trait Ground: Send + Sync {
    /// Makes the case's tables on the source, in place of those of the case before.
    async fn fill(&mut self, case: &Case) -> Result<(), Trouble>;
    /// Gives the next contender an empty target.
    async fn empty(&mut self) -> Result<(), Trouble>;
    /// Rows and secondary indexes on the target.
    async fn count(&self, case: &Case) -> Result<(u64, u64), Trouble>;
    /// Addresses of source and target for a load of ours, passwords included.
    fn addresses(&self) -> (String, String);
    /// Who runs beside us in this case.
    fn peers(&self, case: &Case) -> Vec<&'static str>;
    /// Fetches a peer where it is not there yet, so that the time it takes is not measured.
    async fn prepare_peer(&self, name: &str) -> Result<(), SandboxError>;
    /// Lets a peer copy everything.
    async fn peer(&self, name: &str, case: &Case) -> Result<(), Trouble>;
    /// Whether the case has a limit.
    fn has_limit(&self, case: &Case) -> bool;
    /// The target's own fastest way.
    async fn limit(&self, case: &Case) -> Result<(), Trouble>;
}

/// Who runs in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Contender {
    Ours,
    Limit,
    Peer(&'static str),
}

impl std::fmt::Display for Contender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ours => "daybreak",
            Self::Limit => "limit",
            Self::Peer(name) => name,
        })
    }
}

/// Measures and prints.
pub(crate) async fn run(options: &Options) -> Result<Exit, Trouble> {
    let sandbox = Sandbox::open_with(|notice| output::say(format!("  {notice}")))?;
    let mut ground: Box<dyn Ground> = if options.postgres {
        Box::new(postgres::Pair::start(&sandbox).await?)
    } else {
        Box::new(mysql::Pair::start(&sandbox).await?)
    };
    let mut figures = Vec::new();
    for case in cases(options) {
        output::say(format!(
            "{}: {} rows in {} tables",
            case.name,
            case.rows(),
            case.tables
        ));
        ground.fill(&case).await?;
        figures.extend(measure(ground.as_mut(), &case, options).await?);
    }
    result::print(&figures, options.format);
    Ok(Exit::Done)
}

fn cases(options: &Options) -> Vec<Case> {
    let engine = if options.postgres { "postgres" } else { "mysql" };
    let rows_per_table = options.rows / TABLES as u64;
    let all = [
        Case {
            name: format!("{engine} rows"),
            shape: Shape::Sysbench,
            tables: TABLES,
            rows_per_table,
        },
        Case {
            name: format!("{engine} small tables"),
            shape: Shape::Small,
            tables: options.tables,
            rows_per_table: SMALL_ROWS,
        },
        Case {
            name: format!("{engine} rows of 64 MB"),
            shape: Shape::Large,
            tables: 1,
            rows_per_table: options.large,
        },
    ];
    all.into_iter().filter(|case| case.rows() > 0).collect()
}

async fn measure(ground: &mut dyn Ground, case: &Case, options: &Options) -> Result<Vec<Figure>, Trouble> {
    let peers = if options.no_peers {
        Vec::new()
    } else {
        ground.peers(case)
    };
    let mut contenders = vec![Contender::Ours];
    contenders.extend(ground.has_limit(case).then_some(Contender::Limit));
    for name in &peers {
        match ground.prepare_peer(name).await {
            Ok(()) => contenders.push(Contender::Peer(name)),
            Err(error) => output::say(format!("  {name} gives no figure: {error}")),
        }
    }
    let mut seconds: BTreeMap<Contender, Vec<f64>> = BTreeMap::new();
    let mut memory: Vec<f64> = Vec::new();
    for round in 0..options.times {
        let first = round % contenders.len();
        let (later, sooner) = contenders.split_at(first);
        let order: Vec<Contender> = sooner.iter().chain(later).copied().collect();
        for contender in order {
            ground.empty().await?;
            let started = Instant::now();
            let loaded: Result<Option<Loaded>, Trouble> = match contender {
                Contender::Ours => child::load(&ground.addresses()).await.map(Some),
                Contender::Limit => ground.limit(case).await.map(|()| None),
                Contender::Peer(name) => ground.peer(name, case).await.map(|()| None),
            };
            let took = started.elapsed().as_secs_f64();
            let loaded = match loaded {
                Ok(loaded) => complete(ground, case).await.map(|()| loaded),
                Err(trouble) => Err(trouble),
            };
            match (loaded, contender) {
                (Ok(loaded), _) => {
                    memory.extend(loaded.as_ref().map(|loaded| loaded.peak_memory_mb));
                    seconds.entry(contender).or_default().push(took);
                    output::say(match loaded {
                        Some(loaded) => format!(
                            "  round {}: {contender} {took:.2} s, of it the load {:.2} s, {:.0} MB at its peak",
                            round + 1,
                            loaded.seconds,
                            loaded.peak_memory_mb
                        ),
                        None => format!("  round {}: {contender} {took:.2} s", round + 1),
                    });
                }
                // A peer that cannot do it has no figure, and is not asked again.
                (Err(trouble), Contender::Peer(name)) => {
                    output::say(format!("  {name} gives no figure: {:#}", trouble.error));
                    seconds.remove(&contender);
                    contenders.retain(|other| *other != contender);
                }
                (Err(trouble), _) => return Err(trouble),
            }
        }
    }
    let of = |contender| seconds.get(&contender).and_then(|seconds| median(seconds));
    let line = |peer: Option<&'static str>| Figure {
        case: case.name.clone(),
        ours_s: of(Contender::Ours),
        peer,
        peer_s: peer.and_then(|name| of(Contender::Peer(name))),
        limit_s: of(Contender::Limit),
        peak_memory_mb: memory.iter().copied().reduce(f64::max),
        felt: None,
    };
    if peers.is_empty() {
        return Ok(vec![line(None)]);
    }
    Ok(peers.into_iter().map(|name| line(Some(name))).collect())
}

/// Every row and every index is there.
async fn complete(ground: &dyn Ground, case: &Case) -> Result<(), Trouble> {
    let (rows, indexes) = ground.count(case).await?;
    let wanted = if case.shape == Shape::Large {
        0
    } else {
        case.tables as u64
    };
    if rows == case.rows() && indexes == wanted {
        return Ok(());
    }
    Err(anyhow::anyhow!(
        "the target holds {rows} of {} rows and {indexes} of {wanted} indexes",
        case.rows()
    )
    .into())
}
