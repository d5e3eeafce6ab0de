//! default_storage_engine is InnoDB on Aurora and cannot be changed (Aurora User Guide, "Aurora MySQL parameters").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.default_engine",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "new tables of another engine than InnoDB",
        remedy: "set default_storage_engine = InnoDB, so that no new table has to be converted",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let engine = facts
        .variables
        .known()?
        .get("default_storage_engine")
        .filter(|engine| *engine != "InnoDB");
    Ok(engine
        .map(|engine| {
            Hit::new("default_storage_engine", format!("it is {engine}"))
                .mended_by("SET GLOBAL default_storage_engine = InnoDB")
        })
        .into_iter()
        .collect())
}
