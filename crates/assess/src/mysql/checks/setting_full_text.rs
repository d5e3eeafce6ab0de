//! They count when an index is made: with others, searches find other rows (MySQL manual, "Fine-Tuning MySQL Full-Text
//! Search").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.full_text",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "settings that decide what full-text indexes hold",
        remedy: "set them in the parameter group before the indexes are made",
    },
    look,
};

const DEFAULTS: [(&str, &str); 6] = [
    ("innodb_ft_min_token_size", "3"),
    ("innodb_ft_max_token_size", "84"),
    ("innodb_ft_enable_stopword", "ON"),
    ("innodb_ft_server_stopword_table", ""),
    ("ft_min_word_len", "4"),
    ("ngram_token_size", "2"),
];

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    Ok(DEFAULTS
        .iter()
        .filter_map(|(name, default)| {
            let value = variables.get(name).filter(|value| value != default)?;
            Some(Hit::new(
                *name,
                format!("it is {value}, and {default} by default there"),
            ))
        })
        .collect())
}
