//! Aurora keeps no files: DATA DIRECTORY has no meaning there, and a physical backup of such files is not restored
//! (Aurora User Guide, "Physical migration from MySQL by using Percona XtraBackup and Amazon S3").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.data_directory",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "data files outside the data directory",
        remedy: "nothing at the source; leave DATA DIRECTORY out when the table is made on Aurora",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let home = variables.get("datadir").unwrap_or_default().trim_end_matches('/');
    let outside = |path: &str| path.starts_with('/') && (home.is_empty() || !path.starts_with(home));
    // Undo tablespaces of the server's own may lie where the operator put them.
    let found = facts
        .files
        .known()?
        .iter()
        .filter(|file| outside(&file.path) && file.path.ends_with(".ibd"));
    Ok(found
        .map(|file| Hit::new(file.table(), format!("its file is {}", file.path)))
        .collect())
}
