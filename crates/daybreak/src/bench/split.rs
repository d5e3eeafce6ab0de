//! `bench split`: how long a split of many tables and classes of statements takes, and how much memory.
//!
//! Tables lie in made-up purposes of fifty, each with foreign keys to its first; one statement of two hundred crosses. No server is asked:
//! what is measured begins with the catalog and the statements in memory. A figure counts only if the purposes are found.

use std::time::Instant;

use daybreak_model::{ForeignKey, Table, TableName};
use daybreak_work::{SplitInput, SplitQuery, cuts, purposes, split_graph, split_picture};

use super::figures::median;
use super::program;
use super::result::{self, Figure};
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// What is measured.
pub(crate) struct Options {
    pub(crate) tables: usize,
    pub(crate) classes: usize,
    pub(crate) times: usize,
    pub(crate) format: Format,
}

/// Tables of a purpose.
const PURPOSE: usize = 50;

/// Measures and prints.
pub(crate) fn run(options: &Options) -> Result<Exit, Trouble> {
    let input = input(options);
    let wanted = options.tables.div_ceil(PURPOSE);
    let mut seconds = Vec::with_capacity(options.times);
    for round in 0..options.times {
        let started = Instant::now();
        let graph = split_graph(&input);
        let found = purposes(&graph, 1.0);
        let cuts = cuts(&input, &graph, &found);
        let picture = split_picture(&graph, &found, &cuts);
        let took = started.elapsed().as_secs_f64();
        output::say(format!(
            "  round {}: {took:.2} s, {} purposes, {} cuts, a picture of {} bytes",
            round + 1,
            found.len(),
            cuts.len(),
            picture.len()
        ));
        if found.len() != wanted {
            return Err(anyhow::anyhow!("{} purposes were found of {wanted}", found.len()).into());
        }
        seconds.push(took);
    }
    let figure = Figure {
        case: format!("{} tables, {} classes", options.tables, options.classes),
        ours_s: median(&seconds),
        peak_memory_mb: program::own_peak_memory_mb(),
        ..Figure::default()
    };
    result::print(&[figure], options.format);
    Ok(Exit::Done)
}

fn input(options: &Options) -> SplitInput {
    let name = |table: usize| TableName::new("shop", format!("t{table:05}"));
    let mut state = 1_usize;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below.max(1)
    };
    let queries = (0..options.classes).map(|class| {
        let purpose = next(options.tables.div_ceil(PURPOSE)) * PURPOSE;
        let other = if class % 200 == 0 { next(options.tables) } else { purpose + next(PURPOSE) };
        let (one, other) = (purpose + next(PURPOSE), other.min(options.tables - 1));
        SplitQuery {
            text: format!(
                "SELECT a.id, b.note FROM t{:05} AS a JOIN t{other:05} AS b ON b.id = a.other WHERE a.state = 'open' AND b.n > {class}",
                one.min(options.tables - 1)
            ),
            count: 1 + next(1000) as u64,
            database: Some("shop".to_owned()),
        }
    });
    let queries = queries.collect();
    SplitInput {
        tables: (0..options.tables)
            .map(|table| Table {
                name: name(table),
                columns: Vec::new(),
                key: None,
                estimated_rows: 1000,
                estimated_bytes: 100_000,
            })
            .collect(),
        foreign_keys: (0..options.tables)
            .filter(|table| table % PURPOSE > 0)
            .map(|table| ForeignKey {
                name: format!("k{table}"),
                child: name(table),
                child_columns: vec!["parent".to_owned()],
                parent: name(table / PURPOSE * PURPOSE),
                parent_columns: vec!["id".to_owned()],
                on_delete: "NO ACTION".to_owned(),
            })
            .collect(),
        queries,
        ..SplitInput::default()
    }
}
