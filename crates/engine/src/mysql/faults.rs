//! Errors that stop replication: what each means during a migration and what to do about it.
//!
//! Numbers are those of the MySQL manual, "Server Error Message Reference".

use daybreak_model::ReplicationFault;

/// One class of errors.
struct Class {
    codes: &'static [u32],
    meaning: &'static str,
    hint: &'static str,
}

const CLASSES: [Class; 16] = [
    Class {
        codes: &[1032],
        meaning: "a row that changed at the source is not on the replica: the two sides have drifted apart, or the start position lies before the load's snapshot",
        hint: "compare the table with `data-check`; after a load, start again from the load's own position",
    },
    Class {
        codes: &[1062],
        meaning: "a row that was inserted at the source is on the replica already: somebody writes to the replica, or the start position lies before the load's snapshot",
        hint: "find who writes to the replica and set it read-only; after a load, start again from the load's own position",
    },
    Class {
        codes: &[1236, 13114, 13117, 13121, 13122],
        meaning: "the source cannot send the changes from where the replica stands: their binary log is purged, or the source has lost transactions the replica has",
        hint: "keep binary logs longer on the source (`binlog_expire_logs_seconds`; Aurora: `CALL mysql.rds_set_configuration('binlog retention hours', 168)`) and load again",
    },
    Class {
        codes: &[13146, 1677],
        meaning: "a column's type or character set differs between the sides",
        hint: "compare the schemas with `schema-check` and make the replica's column exactly as the source's",
    },
    Class {
        codes: &[1146, 1049, 1051, 1054, 1072, 1091],
        meaning: "a table, database or column that changed at the source is not on the replica",
        hint: "compare the schemas with `schema-check`; hold back schema changes until the migration has ended",
    },
    Class {
        codes: &[1064, 1149],
        meaning: "the replica does not understand a statement of the source's version, such as an old form of CREATE USER",
        hint: "make the change by hand on the replica, then skip that one transaction; hold back account and schema changes",
    },
    Class {
        codes: &[1396, 1133, 1410],
        meaning: "an account statement of the source does not fit the replica's accounts",
        hint: "carry the account over by hand, then skip that one transaction; hold back account changes",
    },
    Class {
        codes: &[2003, 2005, 2013, 2026, 2055],
        meaning: "the replica does not reach the source",
        hint: "check the address the replica was given (`reachable_as`), the network between the sides, and TLS on the source",
    },
    Class {
        codes: &[1045, 1130, 2059, 2061, 3118],
        meaning: "the source refuses the replication account",
        hint: "run the step that prepares replication again; without TLS the account needs `mysql_native_password` or the source's public key",
    },
    Class {
        codes: &[1593, 13118],
        meaning: "both sides have the same `server_id` or `server_uuid`, or their GTID modes do not go together",
        hint: "give each server a `server_id` of its own, and set `gtid_mode` alike on both sides",
    },
    Class {
        codes: &[3546, 1840, 1781, 1782, 13115],
        meaning: "the replica's set of executed or purged transactions does not permit this start",
        hint: "look at `gtid_executed` on both sides: transactions were made on the replica that the source does not have",
    },
    Class {
        codes: &[1205, 1213],
        meaning: "applying a change waited too long for a lock or met a deadlock, again and again",
        hint: "end the sessions on the replica that hold locks, then start replication again",
    },
    Class {
        codes: &[1397],
        meaning: "a transaction was committed that XA had prepared before the load's snapshot: the replica never had it",
        hint: "load again while no transaction is prepared: `XA RECOVER` lists them",
    },
    Class {
        codes: &[1114, 1021, 1026, 1030],
        meaning: "the replica has no room left",
        hint: "make room on the replica, then start replication again",
    },
    Class {
        codes: &[1227, 1142, 1143, 13133, 13134],
        meaning: "the account under which changes are applied lacks a privilege for one of them",
        hint: "grant it on the replica (Aurora: see `rdsrepladmin_priv_checks_user`), or leave out that change",
    },
    Class {
        codes: &[1216, 1217, 1451, 1452],
        meaning: "a change violates a foreign key on the replica: the two sides have drifted apart",
        hint: "compare parent and child table with `data-check`",
    },
];

/// An error with its explanation.
pub(crate) fn explain(code: u32, message: &str) -> ReplicationFault {
    let class = CLASSES.iter().find(|class| class.codes.contains(&code));
    let (meaning, hint) = class.map_or(
        (
            "the replica could not fetch or apply a change",
            "the server's message and error log say why; start replication again once it is mended",
        ),
        |class| (class.meaning, class.hint),
    );
    ReplicationFault {
        code: code.to_string(),
        message: message.to_owned(),
        meaning: meaning.to_owned(),
        hint: hint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{CLASSES, explain};

    #[test]
    fn every_code_has_one_class() {
        let mut seen = BTreeSet::new();
        for code in CLASSES.iter().flat_map(|class| class.codes) {
            assert!(seen.insert(code), "{code} is in two classes");
        }
    }

    #[test]
    fn what_stops_migrations_is_explained() {
        for code in [
            1032, 1062, 1236, 13146, 1064, 1396, 2003, 1045, 2061, 1593, 13117, 3546,
        ] {
            assert_ne!(explain(code, "").meaning, explain(1, "").meaning, "{code}");
        }
    }
}
