//! The page size is fixed when the server is built (manual, "block_size"); an index entry takes up to a third of a
//! page.

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::{Check, Subject};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.server.block_size",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "a page size other than 8 KiB",
        remedy: "see that no row or index entry needs the larger page: Aurora's pages have 8 KiB",
    },
    include_str!("server_block_size.sql"),
)
.judged_by(judge);

/// Name and value.
fn judge(_: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let other = rows.into_iter().filter_map(|row| {
        let [name, size] = <[Option<String>; 2]>::try_from(row).ok()?;
        let (name, size) = (name?, size?);
        (size != "8192").then(|| Hit::new(name.clone(), format!("{name} = {size}")))
    });
    other.collect()
}

#[cfg(test)]
mod tests {
    use daybreak_model::{AuroraLine, Flavor, Hosting, Product, Version};

    use super::judge;
    use crate::postgres::Subject;

    /// No server that can be had here is built otherwise.
    #[test]
    fn eight_kibibytes_are_no_finding() {
        let flavor = Flavor {
            product: Product::Postgres,
            version: Version::new(15, 18, 0),
            hosting: Hosting::SelfManaged,
        };
        let subject = Subject {
            flavor: &flavor,
            target: AuroraLine::named("17").expect("a line"),
        };
        for (size, found) in [("8192", 0), ("32768", 1)] {
            let row = ["block_size", size].map(|value| Some(value.to_owned()));
            assert_eq!(judge(&subject, vec![row.to_vec()]).len(), found, "{size}");
        }
    }
}
