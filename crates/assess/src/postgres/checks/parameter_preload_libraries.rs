//! Aurora loads the libraries that its parameter shared_preload_libraries lists (Aurora User Guide, "Aurora PostgreSQL
//! cluster parameters").

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::{Check, Need, Subject};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.parameter.preload_libraries",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "libraries loaded at start that Aurora does not have",
        remedy: "do without it; shared_preload_libraries in the parameter group takes the libraries that Aurora has",
    },
    include_str!("parameter_preload_libraries.sql"),
)
.needing(&[Need::Settings])
.judged_by(judge);

/// What `shared_preload_libraries` takes on Aurora.
const OFFERED: &[&str] = &[
    "apg_plan_mgmt",
    "auto_explain",
    "orafce",
    "pg_ad_mapping",
    "pg_bigm",
    "pg_columnmask",
    "pg_cron",
    "pg_hint_plan",
    "pg_prewarm",
    "pg_similarity",
    "pg_stat_statements",
    "pg_tle",
    "pgaudit",
    "pglogical",
    "plprofiler",
];

/// Setting and value.
fn judge(_: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let hits = rows.into_iter().filter_map(|row| {
        let [name, value] = <[Option<String>; 2]>::try_from(row).ok()?;
        let (name, value) = (name?, value?);
        let bare = |library: &str| {
            library
                .trim()
                .trim_matches('"')
                .trim_start_matches("$libdir/")
                .to_owned()
        };
        let other = value
            .split(',')
            .map(bare)
            .filter(|library| !OFFERED.contains(&library.as_str()));
        Some(
            other
                .map(|library| Hit::new(library, format!("in {name}")))
                .collect::<Vec<_>>(),
        )
    });
    hits.flatten().collect()
}
