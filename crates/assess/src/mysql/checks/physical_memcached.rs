//! The memcached plugin is removed before the backup (Aurora User Guide, "Physical migration from MySQL by using Percona XtraBackup and Amazon S3").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.physical.memcached",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::Physical,
        title: "the memcached plugin of InnoDB",
        remedy: "uninstall daemon_memcached, drop the database innodb_memcache, and make the backup then",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let plugins = facts.plugins.known()?.iter();
    let loaded = plugins.filter(|plugin| plugin.name.eq_ignore_ascii_case("daemon_memcached"));
    Ok(loaded
        .map(|plugin| Hit::new(format!("plugin {}", plugin.name), "it is loaded"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::mysql::facts::{Fact, Facts, Plugin};

    #[test]
    fn it_is_found_by_its_name() {
        let hits = |name: &str| {
            let plugin = Plugin {
                name: name.to_owned(),
                ..Plugin::default()
            };
            let facts = Facts {
                plugins: Fact::new(vec![plugin]),
                ..Facts::mysql(5, 7, 44)
            };
            (CHECK.look)(&facts).expect("facts are known").len()
        };
        assert_eq!((hits("daemon_memcached"), hits("InnoDB")), (1, 0));
    }
}
