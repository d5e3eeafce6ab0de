//! Aurora restores data files of community MySQL alone; those of Percona Server hold tables for compression dictionaries
//! (Aurora User Guide, "Physical migration from MySQL by using Percona XtraBackup and Amazon S3").

use daybreak_model::{Product, Severity};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.physical.product",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::Physical,
        title: "data files that are not community MySQL's",
        remedy: "load the rows, or copy them through files: those ways take every product",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let other = match facts.flavor.product {
        Product::PerconaServer => Some("Percona Server"),
        Product::MariaDb => Some("MariaDB"),
        Product::Mysql | Product::Postgres => None,
    };
    let hit = |name| {
        Hit::new(
            "server",
            format!("it is {name}, and Aurora restores files of community MySQL"),
        )
    };
    Ok(other.map(hit).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use daybreak_model::Product;

    use super::CHECK;
    use crate::mysql::facts::Facts;

    #[test]
    fn only_community_mysql_is_taken() {
        let mut facts = Facts::mysql(8, 0, 36);
        assert_eq!((CHECK.look)(&facts), Ok(Vec::new()));
        for product in [Product::PerconaServer, Product::MariaDb] {
            facts.flavor.product = product;
            assert_eq!((CHECK.look)(&facts).map(|hits| hits.len()), Ok(1), "{product:?}");
        }
    }
}
