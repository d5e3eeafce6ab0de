//! What each job needs: the one table that both the check of an account and the statements for it are made from.
//!
//! Facts from the manuals: MySQL "Privileges Provided by MySQL" and the page of each statement; MariaDB "GRANT" (global
//! privileges, split from SUPER and REPLICATION CLIENT in 10.5).

use daybreak_model::{Flavor, Product, Version};

/// Any of these will do; the first that a server knows is the one that is granted. `X ON d` is X on all of database d;
/// `GRANT OPTION` stands for handing on what our own accounts get.
pub(super) type Need = &'static [&'static str];

/// A job's needs; none for a job that is not known.
pub(super) fn needs(job: &str, flavor: &Flavor) -> Option<Vec<Need>> {
    let dynamic = flavor.appends_gtid_purged();
    let managed = flavor.is_managed();
    let mut needs: Vec<Need> = match job {
        "topology" => topology(flavor),
        "check" => with(topology(flavor), &[&["SELECT"], &["SHOW VIEW"]]),
        // The binary log is read as a replica reads it.
        "delta" => with(
            topology(flavor),
            &[&["SELECT"], &["SHOW VIEW"], &["REPLICATION SLAVE"]],
        ),
        "schema-check" => {
            let mut needs = with(
                topology(flavor),
                &[
                    &["SELECT"],
                    &["SHOW VIEW"],
                    &["TRIGGER"],
                    &["EVENT"],
                    &["SELECT ON mysql"],
                ],
            );
            if flavor.shows_routines() {
                needs.push(&["SHOW_ROUTINE"]);
            }
            needs
        }
        "slow" => with(topology(flavor), &[&["SELECT ON performance_schema"]]),
        "trim" => with(
            topology(flavor),
            // Triggers are shown to nobody else.
            &[
                &["SELECT"],
                &["DELETE"],
                &["INSERT"],
                &["SHOW VIEW"],
                &["TRIGGER"],
            ],
        ),
        "read" => vec![
            &["SELECT"],
            &["SHOW VIEW"],
            &["TRIGGER"],
            &["EVENT"],
            &["PROCESS"],
            &["RELOAD", "FLUSH_TABLES", "LOCK TABLES"],
            &["REPLICATION CLIENT", "BINLOG MONITOR", "SUPER"],
        ],
        "write" => vec![
            &["SELECT"],
            &["INSERT"],
            &["UPDATE"],
            &["DELETE"],
            &["CREATE"],
            &["DROP"],
            &["ALTER"],
            &["INDEX"],
            &["REFERENCES"],
            &["CREATE VIEW"],
            &["CREATE ROUTINE"],
            &["ALTER ROUTINE"],
            &["TRIGGER"],
            &["EVENT"],
        ],
        "follow" => {
            vec![&[
                "REPLICA MONITOR",
                "SLAVE MONITOR",
                "REPLICATION CLIENT",
                "BINLOG MONITOR",
                "SUPER",
            ]]
        }
        "lead" => {
            vec![
                &["CREATE USER"],
                &["REPLICATION CLIENT", "BINLOG MONITOR", "SUPER"],
                &["REPLICATION SLAVE"],
            ]
        }
        "fence" => vec![&["PROCESS"], &["CREATE USER"]],
        "gtid" => topology(flavor),
        // Events are enabled in the name of their definer.
        "wake" => vec![&["EVENT"]],
        _ => return None,
    };
    match (job, managed) {
        ("write" | "wake", false) if dynamic => needs.push(&["SET_USER_ID", "SET_ANY_DEFINER", "SUPER"]),
        ("follow" | "fence", true) => needs.push(&["EXECUTE"]),
        ("follow", false) if dynamic => {
            needs.push(&["REPLICATION_SLAVE_ADMIN", "SUPER"]);
            needs.push(&["SYSTEM_VARIABLES_ADMIN", "SUPER"]);
            needs.push(&["SELECT ON performance_schema"]);
        }
        ("follow", false) => needs.push(&["REPLICATION SLAVE ADMIN", "REPLICATION REPLICA ADMIN", "SUPER"]),
        ("fence", false) if dynamic => {
            needs.push(&["SYSTEM_VARIABLES_ADMIN", "SUPER"]);
            needs.push(&["CONNECTION_ADMIN", "SUPER"]);
            needs.push(&["PERSIST_RO_VARIABLES_ADMIN", "SUPER"]);
        }
        ("gtid", false) if dynamic => {
            needs.push(&["SELECT ON performance_schema"]);
            needs.push(&["REPLICATION_SLAVE_ADMIN", "SUPER"]);
            needs.push(&["SYSTEM_VARIABLES_ADMIN", "SUPER"]);
        }
        ("gtid", false) => {
            if flavor.product != Product::MariaDb {
                needs.push(&["SELECT ON performance_schema"]);
            }
            needs.push(&["REPLICATION SLAVE ADMIN", "REPLICATION REPLICA ADMIN", "SUPER"]);
        }
        ("lead", false) if dynamic => needs.push(&["SELECT ON performance_schema"]),
        ("fence", false) => {
            needs.push(&["READ_ONLY ADMIN", "READ ONLY ADMIN", "SUPER"]);
            needs.push(&["CONNECTION ADMIN", "SUPER"]);
        }
        _ => {}
    }
    // Of a managed server's administrator, roles say less than it may do.
    if job == "fence" && !managed {
        needs.extend([&["CREATE ON daybreak"][..], &["INSERT ON daybreak"]]);
    }
    if matches!(job, "fence" | "lead") && !managed {
        needs.push(&["GRANT OPTION"]);
    }
    Some(needs)
}

/// What walking an estate needs: the source, the replicas, the hosts of those that do not say theirs, positions, and the
/// names of tables for their sizes.
fn topology(flavor: &Flavor) -> Vec<Need> {
    let mut needs: Vec<Need> = if known("BINLOG MONITOR", flavor) {
        vec![
            &["BINLOG MONITOR"],
            &["SLAVE MONITOR", "REPLICA MONITOR"],
            &["REPLICATION MASTER ADMIN"],
        ]
    } else {
        vec![&["REPLICATION CLIENT", "SUPER"], &["REPLICATION SLAVE"]]
    };
    needs.push(&["PROCESS"]);
    needs.push(&["SHOW VIEW"]);
    needs
}

fn with(mut needs: Vec<Need>, more: &[Need]) -> Vec<Need> {
    needs.extend(
        more.iter()
            .filter(|need| !needs.contains(need))
            .copied()
            .collect::<Vec<_>>(),
    );
    needs
}

/// Whether a server of this flavor knows the privilege.
pub(super) fn known(privilege: &str, flavor: &Flavor) -> bool {
    let mariadb = flavor.product == Product::MariaDb;
    let since = |major, minor, patch| !mariadb && flavor.version >= Version::new(major, minor, patch);
    match privilege {
        "BINLOG MONITOR"
        | "SLAVE MONITOR"
        | "REPLICA MONITOR"
        | "REPLICATION MASTER ADMIN"
        | "REPLICATION SLAVE ADMIN"
        | "REPLICATION REPLICA ADMIN"
        | "READ_ONLY ADMIN"
        | "READ ONLY ADMIN"
        | "CONNECTION ADMIN" => mariadb && flavor.version >= Version::new(10, 5, 9),
        "SHOW_ROUTINE" => flavor.shows_routines(),
        "FLUSH_TABLES" => since(8, 0, 23),
        "SET_ANY_DEFINER" => since(8, 2, 0),
        // Split up in 8.2, gone in 8.4.
        "SET_USER_ID" => since(8, 0, 0) && !since(8, 4, 0),
        "SUPER" => !flavor.is_managed(),
        dynamic if dynamic.contains('_') && !dynamic.contains(" ON ") => since(8, 0, 0),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Hosting, Product, Version};

    use super::{known, needs};

    #[test]
    fn every_server_knows_one_privilege_of_each_need() {
        for (product, version) in [
            (Product::Mysql, Version::new(5, 6, 24)),
            (Product::PerconaServer, Version::new(5, 7, 44)),
            (Product::Mysql, Version::new(8, 0, 39)),
            (Product::Mysql, Version::new(9, 7, 4)),
            (Product::MariaDb, Version::new(10, 4, 0)),
            (Product::MariaDb, Version::new(10, 11, 6)),
        ] {
            let flavor = Flavor {
                product,
                version,
                hosting: Hosting::SelfManaged,
            };
            for job in crate::port::JOBS {
                for need in needs(job, &flavor).expect("a job") {
                    assert!(
                        need.iter().any(|privilege| known(privilege, &flavor)),
                        "{flavor} has none of {need:?} for {job}"
                    );
                }
            }
        }
    }
}
