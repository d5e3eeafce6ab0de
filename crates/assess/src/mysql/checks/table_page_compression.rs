//! Page compression punches holes into files of a local file system (MySQL manual, "InnoDB Page Compression"; MariaDB
//! documentation, "InnoDB Page Compression"); Aurora keeps no files.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.page_compression",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "tables in compressed pages",
        remedy: "rebuild the table without page compression; it will take more room",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    Ok(facts
        .base_tables()?
        .filter_map(|table| {
            let options = table.options.to_lowercase();
            // An option that was taken back may stay in the list.
            let (with, without) = match () {
                () if options.contains("page_compressed`=1") || options.contains("page_compressed`='on'") => {
                    ("PAGE_COMPRESSED = 1", "PAGE_COMPRESSED = 0")
                }
                () if options.contains("compression=") && !options.contains("compression=\"none\"") => {
                    ("COMPRESSION", "COMPRESSION = 'none'")
                }
                () => return None,
            };
            Some(
                Hit::new(table.name.to_string(), format!("it is made with {with}"))
                    .mended_by(table.alter(without)),
            )
        })
        .collect())
}
