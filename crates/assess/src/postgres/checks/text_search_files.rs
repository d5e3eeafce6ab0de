//! Dictionaries read word lists from the server's share folder (manual, "Dictionaries"). PostgreSQL brings stop words
//! for its own languages.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.text.search_files",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "text search dictionaries with files of one's own",
        remedy: "see whether Aurora has a file of that name: none can be put there; else use a template that needs none, or a table of synonyms",
    },
    include_str!("text_search_files.sql"),
);
