//! Only superusers make text search parsers and templates, whose functions are in C (manual, "CREATE TEXT SEARCH
//! PARSER", "CREATE TEXT SEARCH TEMPLATE").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.text.search_own",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "text search parsers and templates of no extension",
        remedy: "use the parsers and templates that Aurora has",
    },
    include_str!("text_search_own.sql"),
);
