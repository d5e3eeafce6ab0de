//! Aurora restores files whose system tablespace is `ibdata1:12M:autoextend` (Aurora User Guide, "Physical migration from MySQL by using Percona XtraBackup and Amazon S3").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.physical.system_file",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::Physical,
        title: "a system tablespace of other files than the default one",
        remedy: "load the rows, or copy them through files: the system tablespace stays behind there",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let path = facts.variables.known()?.get("innodb_data_file_path");
    let other = path.filter(|path| *path != "ibdata1:12M:autoextend");
    let hit = |path| Hit::new("innodb_data_file_path", format!("it is {path}"));
    Ok(other.map(hit).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::mysql::facts::{Facts, sample};

    #[test]
    fn only_the_default_is_taken() {
        let hits = |path| {
            let facts = Facts {
                variables: sample::variables(&[("innodb_data_file_path", path)]),
                ..Facts::mysql(8, 0, 36)
            };
            (CHECK.look)(&facts).expect("facts are known").len()
        };
        assert_eq!(hits("ibdata1:12M:autoextend"), 0);
        assert_eq!(hits("ibdata1:12M;ibdata2:1G:autoextend"), 1);
        assert_eq!(hits("ibdata1:1G:autoextend"), 1);
    }
}
