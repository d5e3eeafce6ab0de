//! Aurora cannot be a node; writes of all nodes are in the binary log of each that logs updates (MariaDB documentation,
//! "Using MariaDB Replication with MariaDB Galera Cluster").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.cluster.galera",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "a node of a Galera cluster",
        remedy: "switch the binary log on with log_slave_updates on one node and let Aurora follow it; take all writes to that node for the cut-over",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let on = facts.variables.known()?.is_on("wsrep_on");
    Ok(on
        .then(|| Hit::new("wsrep_on", "it is ON: other nodes write too"))
        .into_iter()
        .collect())
}

#[cfg(test)]
mod tests {
    use crate::mysql::facts::{Facts, sample};

    // A node needs Galera's provider, which the servers here come without.
    #[test]
    fn a_node_is_found() {
        for (value, found) in [("ON", 1), ("OFF", 0)] {
            let facts = Facts {
                variables: sample::variables(&[("wsrep_on", value)]),
                ..Facts::mysql(5, 7, 44)
            };
            assert_eq!(super::look(&facts).unwrap().len(), found, "{value}");
        }
    }
}
