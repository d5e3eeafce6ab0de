//! An index cannot be made where its operator class is not, and that comes with its extension (manual, "Operator
//! Classes and Operator Families").

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::extensions;
use crate::postgres::{Check, Subject};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.index.extension_operators",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "indexes by operator classes of extensions that Aurora does not offer",
        remedy: "make the index with operators that Aurora has, or do without it there",
    },
    include_str!("index_extension_operators.sql"),
)
.judged_by(judge);

/// Index, extension, operator classes, table.
fn judge(subject: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let unoffered = rows.into_iter().filter_map(|row| {
        let [index, extension, classes, table] = <[Option<String>; 4]>::try_from(row).ok()?;
        let extension = extension?;
        let hit = Hit::new(
            index?,
            format!("on {} by {} of extension {extension}", table?, classes?),
        );
        (!extensions::is_offered(&extension, subject.target)).then_some(hit)
    });
    unoffered.collect()
}
