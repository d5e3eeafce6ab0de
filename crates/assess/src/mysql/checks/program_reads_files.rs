//! Aurora has no FILE privilege and no file system to read (Aurora User Guide, "Security with Amazon Aurora MySQL").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::words::{called, has_run, words};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.program.reads_files",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "routines, triggers, events and views that read or write files of the server",
        remedy: "use SELECT INTO OUTFILE S3 and LOAD DATA FROM S3, or let a client do it",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    Ok(facts
        .programs()?
        .filter_map(|program| {
            let words = words(&program.body);
            let what = match () {
                () if called(&words, &["LOAD_FILE"]).is_some() => "LOAD_FILE()",
                () if has_run(&words, &["INTO", "OUTFILE"]) => "INTO OUTFILE",
                () if has_run(&words, &["INTO", "DUMPFILE"]) => "INTO DUMPFILE",
                () => return None,
            };
            Some(Hit::new(program.object(), format!("it uses {what}")))
        })
        .collect())
}
