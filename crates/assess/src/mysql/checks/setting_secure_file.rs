//! secure_file_priv names the folder of LOAD DATA and SELECT INTO OUTFILE; Aurora has none (Aurora User Guide, "Saving
//! data from an Amazon Aurora MySQL DB cluster into text files in an Amazon S3 bucket").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.secure_file",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "a folder for files that statements read and write",
        remedy: "find out which jobs use it, and give them S3 or a client that writes the file",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    // Empty means any folder, `NULL` none.
    let folder = facts
        .variables
        .known()?
        .get("secure_file_priv")
        .filter(|folder| folder.starts_with('/'));
    Ok(folder
        .map(|folder| {
            Hit::new(
                "secure_file_priv",
                format!("statements read and write files in {folder}"),
            )
        })
        .into_iter()
        .collect())
}
