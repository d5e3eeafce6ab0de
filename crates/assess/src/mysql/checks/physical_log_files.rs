//! Aurora restores files with two redo logs; from 8.0.30 on the variable is without effect, and its default is two all the same
//! (Aurora User Guide, "Physical migration from MySQL by using Percona XtraBackup and Amazon S3").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.physical.log_files",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::Physical,
        title: "another number of redo log files than two",
        remedy: "set innodb_log_files_in_group = 2, restart, and make the backup then",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let count = facts.variables.known()?.number("innodb_log_files_in_group");
    let other = count.filter(|count| *count != 2);
    let hit = |count| Hit::new("innodb_log_files_in_group", format!("there are {count}"));
    Ok(other.map(hit).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::mysql::facts::{Facts, sample};

    #[test]
    fn two_or_none_told_of_are_taken() {
        let hits = |pairs| {
            let facts = Facts {
                variables: sample::variables(pairs),
                ..Facts::mysql(5, 7, 44)
            };
            (CHECK.look)(&facts).expect("facts are known").len()
        };
        assert_eq!(hits(&[("innodb_log_files_in_group", "2")]), 0);
        assert_eq!(hits(&[]), 0);
        assert_eq!(hits(&[("innodb_log_files_in_group", "3")]), 1);
    }
}
