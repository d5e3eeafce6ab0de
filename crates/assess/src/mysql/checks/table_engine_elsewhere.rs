//! FEDERATED, CONNECT, Spider and their like read other servers or files; MERGE reads other tables; BLACKHOLE keeps
//! nothing. An ALTER to InnoDB would not do what the table did (MySQL manual, "Alternative Storage Engines"; MariaDB
//! documentation, "Storage Engines").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.engine_elsewhere",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "tables whose rows lie outside the server, or nowhere",
        remedy: "decide what becomes of it: copy the rows into an InnoDB table, or leave the table behind",
    },
    look,
};

/// Engines that Daybreak can rebuild as InnoDB are the business of `mysql.table.engine`.
const ELSEWHERE: [&str; 13] = [
    "FEDERATED",
    "CONNECT",
    "SPIDER",
    "ColumnStore",
    "S3",
    "BLACKHOLE",
    "MRG_MyISAM",
    "OQGRAPH",
    "SphinxSE",
    "SPHINX",
    "ndbcluster",
    "TokuDB",
    "MROONGA",
];

fn look(facts: &Facts) -> Looked {
    let elsewhere = facts.base_tables()?.filter(|table| {
        ELSEWHERE
            .iter()
            .any(|engine| table.engine.eq_ignore_ascii_case(engine))
    });
    Ok(elsewhere
        .map(|table| {
            let engine = &table.engine;
            let what = match engine.to_uppercase().as_str() {
                "BLACKHOLE" => "it keeps no rows",
                "MRG_MYISAM" => "it shows the rows of other MyISAM tables",
                _ => "its rows are not InnoDB's, and Aurora cannot reach them",
            };
            Hit::new(table.name.to_string(), format!("ENGINE = {engine}: {what}"))
        })
        .collect())
}
