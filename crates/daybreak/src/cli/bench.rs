use clap::{Args, Subcommand, ValueEnum};

use crate::bench::{check, copy, cutover, digest, split, trim};
use crate::exit::{Exit, Trouble};
use crate::output::Format;

/// Real local servers, started for this and ended after it, and fetched on first use, as the peers are.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// How long a load takes: ours, its peers, and the limit that the target sets.
    Copy(CopyBench),
    /// How long a check of every row of a primary, its replica and a third server takes: ours, its peers, and the limit that the servers
    /// set; and what an application feels of it.
    Check(CheckBench),
    /// How long writes stop when they are moved out and home under load, beside the bare statements.
    Cutover(CutoverBench),
    /// How long a slow query log is read: ours, pt-query-digest, and a plain read of the file.
    Digest(DigestBench),
    /// How long it takes to archive and delete half of a table's rows, behind a replica: ours and pt-archiver, on MariaDB.
    Trim(TrimBench),
    /// How long a split of many tables by many classes of statements takes.
    Split(SplitBench),
    /// One load, by addresses in the environment: what `copy` measures, in a process of its own.
    #[command(hide = true)]
    Load,
}

#[derive(Debug, Args)]
struct CopyBench {
    /// Which databases.
    #[arg(long, value_enum, default_value = "mysql")]
    engine: Engine,
    /// Rows of the first case, over four tables as sysbench's; 0 leaves it out.
    #[arg(long, default_value_t = 2_000_000)]
    rows: u64,
    /// Tables of the second case, of 20 rows each; 0 leaves it out.
    #[arg(long, default_value_t = 2_000)]
    tables: usize,
    /// Rows of the third case, of 64 MB each; 0 leaves it out.
    #[arg(long, default_value_t = 6)]
    large: u64,
    /// Rounds; a figure is their median.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    times: u16,
    /// Leave the peers out: ours and the limit alone.
    #[arg(long)]
    no_peers: bool,
}

#[derive(Debug, Args)]
struct CheckBench {
    /// Which databases. pt-table-checksum runs on MariaDB alone, reladiff on all.
    #[arg(long, value_enum, default_value = "mysql")]
    engine: CheckEngine,
    /// Rows of the first case, in one table of sysbench's shape; 0 leaves it out, and the application with it.
    #[arg(long, default_value_t = 2_000_000)]
    rows: u64,
    /// Tables of the second case, of 20 rows each; 0 leaves it out.
    #[arg(long, default_value_t = 2_000)]
    tables: usize,
    /// Seconds that the application is measured, alone and beside the check, in each round; 0 leaves it out.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Rounds; a figure is their median.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    times: u16,
    /// Leave the peers out: ours and the limit alone.
    #[arg(long)]
    no_peers: bool,
}

#[derive(Debug, Args)]
struct DigestBench {
    /// Size of the log, in units of 10^6 bytes.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..))]
    megabytes: u32,
    /// Rounds; a figure is their median.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    times: u16,
    /// Leave the peer out: ours and the limit alone.
    #[arg(long)]
    no_peers: bool,
}

#[derive(Debug, Args)]
struct TrimBench {
    /// Rows of the table, of sysbench's shape.
    #[arg(long, default_value_t = 400_000, value_parser = clap::value_parser!(u64).range(1000..))]
    rows: u64,
    /// How far the replica may be behind, in seconds.
    #[arg(long, default_value_t = 2)]
    max_lag: u32,
    /// Rounds; a figure is their median.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    times: u16,
    /// Leave the peer out: ours alone.
    #[arg(long)]
    no_peers: bool,
}

#[derive(Debug, Args)]
struct SplitBench {
    /// Tables.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(50..))]
    tables: u32,
    /// Classes of statements.
    #[arg(long, default_value_t = 100_000)]
    classes: u32,
    /// Rounds; a figure is their median.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    times: u16,
}

#[derive(Debug, Args)]
struct CutoverBench {
    /// Which databases.
    #[arg(long, value_enum, default_value = "mysql")]
    engine: Engine,
    /// Moves in all, out and home in turn.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..))]
    times: u16,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Engine {
    Mysql,
    Postgres,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CheckEngine {
    Mysql,
    Mariadb,
    Postgres,
}

impl Bench {
    pub(crate) async fn run(self, format: Format) -> Result<Exit, Trouble> {
        match self.what {
            What::Copy(asked) => {
                let options = copy::Options {
                    postgres: matches!(asked.engine, Engine::Postgres),
                    rows: asked.rows,
                    tables: asked.tables,
                    large: asked.large,
                    times: usize::from(asked.times),
                    no_peers: asked.no_peers,
                    format,
                };
                copy::run(&options).await
            }
            What::Digest(asked) => {
                let options = digest::Options {
                    megabytes: asked.megabytes,
                    times: usize::from(asked.times),
                    no_peers: asked.no_peers,
                    format,
                };
                digest::run(&options).await
            }
            What::Check(asked) => {
                let options = check::Options {
                    kind: match asked.engine {
                        CheckEngine::Mysql => check::Kind::Mysql,
                        CheckEngine::Mariadb => check::Kind::MariaDb,
                        CheckEngine::Postgres => check::Kind::Postgres,
                    },
                    rows: asked.rows,
                    tables: asked.tables,
                    seconds: asked.seconds,
                    times: usize::from(asked.times),
                    no_peers: asked.no_peers,
                    format,
                };
                check::run(&options).await
            }
            What::Cutover(asked) => {
                let options = cutover::Options {
                    postgres: matches!(asked.engine, Engine::Postgres),
                    times: usize::from(asked.times),
                    format,
                };
                cutover::run(&options).await
            }
            What::Split(asked) => split::run(&split::Options {
                tables: asked.tables as usize,
                classes: asked.classes as usize,
                times: usize::from(asked.times),
                format,
            }),
            What::Trim(asked) => {
                let options = trim::Options {
                    rows: asked.rows,
                    max_lag: asked.max_lag,
                    times: usize::from(asked.times),
                    no_peers: asked.no_peers,
                    format,
                };
                trim::run(&options).await
            }
            What::Load => copy::carry_out().await,
        }
    }
}
