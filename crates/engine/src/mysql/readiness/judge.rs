//! Decides whether requirements are met. Pure.

use daybreak_model::{Flavor, Refusal, Requirement, Unmet, some_of};

use super::super::filters::Filters;
use super::super::quote;

/// What decides whether requirements are met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Means {
    pub(super) flavor: Flavor,
    pub(super) log_bin: bool,
    pub(super) trusts_creators: bool,
    pub(super) name_case: u8,
    pub(super) runs_events: bool,
    /// Whether the account has SUPER.
    pub(super) superuser: bool,
    /// Whether the account may name another as definer.
    pub(super) sets_definer: bool,
    /// Every account, host in lower case.
    pub(super) accounts: Vec<(String, String)>,
    /// What replication leaves out.
    pub(super) filters: Filters,
    /// How rows and tables go in.
    pub(super) intake: Intake,
}

/// Settings that decide how rows and tables go in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Intake {
    /// `sql_require_primary_key`, which the account cannot switch off for its own sessions.
    pub(super) insists_on_keys: bool,
    /// `sql_generate_invisible_primary_key`, which the account cannot switch off for its own sessions.
    pub(super) makes_keys: bool,
    pub(super) local_infile: bool,
    pub(super) max_packet: u64,
}

/// Decides, from what is needed and what there is.
pub(super) fn judge(requirements: &[Requirement], means: &Means) -> Unmet {
    let mut unmet = Unmet::default();
    let mut logged = Vec::new();
    let mut foreign_definer = None;
    for requirement in requirements {
        match requirement {
            Requirement::Definer { user, host, objects } => {
                foreign_definer = foreign_definer.or_else(|| objects.first());
                unmet.refusals.extend(definer(user, host, objects, means));
            }
            Requirement::LoggedProgram { object, harmless } => {
                if means.log_bin && !means.trusts_creators && !(means.superuser && *harmless) {
                    logged.push(object.clone());
                }
            }
            Requirement::NameCase { setting, example } => {
                if *setting != means.name_case {
                    unmet.refusals.push(Refusal {
                        object: "lower_case_table_names".to_owned(),
                        reason: format!(
                            "it is {setting} at the source and {} here, which makes a difference for {example}",
                            means.name_case
                        ),
                        hint: "make the server with the same value: it cannot be changed later (Aurora: in the cluster \
                               parameter group that the cluster is created with)"
                            .to_owned(),
                    });
                }
            }
            Requirement::EventScheduler { events } => {
                if !means.runs_events {
                    unmet.notes.push(Refusal {
                        object: format!("event {}", some_of(events)),
                        reason: "event_scheduler is not ON here: events will not run after the cut-over"
                            .to_owned(),
                        hint: "set `event_scheduler = ON` before the cut-over".to_owned(),
                    });
                }
            }
            Requirement::NoPrimaryKey { tables } => unmet.refusals.extend(keyless(tables, means)),
            Requirement::PacketSize { bytes } => {
                if means.intake.max_packet < *bytes {
                    unmet.notes.push(Refusal {
                        object: "max_allowed_packet".to_owned(),
                        reason: format!(
                            "it is {} here and {bytes} at the source: larger values cannot be stored here",
                            means.intake.max_packet
                        ),
                        hint: "set it to the source's value".to_owned(),
                    });
                }
            }
            Requirement::LeftOut { schemas } => {
                let arriving: Vec<String> = schemas
                    .iter()
                    .filter(|schema| !means.filters.leave_out(schema))
                    .cloned()
                    .collect();
                if !arriving.is_empty() {
                    unmet.refusals.push(left_out(&arriving, &means.flavor));
                }
            }
            Requirement::Role { .. }
            | Requirement::Extension { .. }
            | Requirement::ForcedRowSecurity { .. }
            | Requirement::SessionDefault { .. }
            | Requirement::DefaultRight { .. } => {}
        }
    }
    if !means.intake.local_infile {
        unmet.notes.push(Refusal {
            object: "local_infile".to_owned(),
            reason: "it is OFF here: rows go in by INSERT, which is slower".to_owned(),
            hint: "set `local_infile = 1` for the time of the load".to_owned(),
        });
    }
    if !logged.is_empty() {
        let hint = if means.flavor.is_managed() {
            "set `log_bin_trust_function_creators = 1` in the cluster parameter group (no restart needed)"
        } else {
            "SET GLOBAL log_bin_trust_function_creators = 1"
        };
        unmet.refusals.push(Refusal {
            object: some_of(&logged),
            reason: "log_bin_trust_function_creators is 0 here and the binary log is on: they could not be made (1418, 1419)"
                .to_owned(),
            hint: hint.to_owned(),
        });
    }
    if let Some(object) = foreign_definer.filter(|_| !means.sets_definer) {
        unmet.refusals.push(Refusal {
            object: object.clone(),
            reason: "our account may name no other account as its definer (1227)".to_owned(),
            hint: if means.flavor.appends_gtid_purged() {
                "grant it SET_USER_ID (MySQL 8.0) or SET_ANY_DEFINER (8.2 and later)".to_owned()
            } else {
                "grant it SUPER, or SET USER on MariaDB".to_owned()
            },
        });
    }
    unmet
}

/// Tables without a primary key where the server wants one, or makes one.
fn keyless(tables: &[String], means: &Means) -> Option<Refusal> {
    let (variable, why) = if means.intake.insists_on_keys {
        ("sql_require_primary_key", "it could not be made (3750)")
    } else if means.intake.makes_keys {
        (
            "sql_generate_invisible_primary_key",
            "it would get a column that the source has not",
        )
    } else {
        return None;
    };
    let place = if means.flavor.is_managed() {
        "in the cluster parameter group"
    } else {
        "on the server"
    };
    Some(Refusal {
        object: format!("table {}", some_of(tables)),
        reason: format!("it has no primary key, and {variable} is ON here: {why}"),
        hint: format!(
            "set `{variable} = 0` {place} for the time of the load, or add a primary key at the source"
        ),
    })
}

/// Schemas whose changes replication would bring without their tables.
fn left_out(schemas: &[String], flavor: &Flavor) -> Refusal {
    let place = if flavor.is_managed() {
        "set `replicate-ignore-db` in the cluster parameter group"
    } else {
        "CHANGE REPLICATION FILTER REPLICATE_IGNORE_DB, and set `replicate-ignore-db` in the configuration"
    };
    Refusal {
        object: format!("schema {}", some_of(schemas)),
        reason: "the plan leaves it out, but the source's binary log does not: replication stops at its first change, \
                 having no such table"
            .to_owned(),
        hint: format!("add it to `migration.schemas`, or have the target leave it out: {place}"),
    }
}

/// A definer that is not there, or whose objects nobody but Amazon may make.
fn definer(user: &str, host: &str, objects: &[String], means: &Means) -> Option<Refusal> {
    let account = format!("{}@{}", quote::text(user), quote::text(host));
    let object = format!("account {account}");
    let owned = some_of(objects);
    if user == "rdsadmin" && means.flavor.is_managed() {
        return Some(Refusal {
            object,
            reason: format!("it is the definer of {owned}, and Amazon lets nobody make objects in its name"),
            hint: "make them again at the source with another DEFINER".to_owned(),
        });
    }
    if user.is_empty() && host.is_empty() {
        return Some(Refusal {
            object: owned,
            reason: "it has no definer".to_owned(),
            hint: "make it again at the source with a DEFINER".to_owned(),
        });
    }
    let host_there = host.to_lowercase();
    let there = means.accounts.iter().any(|(u, h)| u == user && *h == host_there);
    (!there).then(|| {
        let password = if means.flavor.makes_random_passwords() {
            " IDENTIFIED BY RANDOM PASSWORD"
        } else {
            ""
        };
        Refusal {
            object,
            reason: format!("it is the definer of {owned}, and does not exist here: they would run for nobody (1449)"),
            hint: format!(
                "CREATE USER {account}{password} ACCOUNT LOCK, and give it what `SHOW GRANTS FOR {account}` shows at the source"
            ),
        }
    })
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Hosting, Product, Requirement, Version};

    use super::{Filters, Intake, Means, judge};

    fn means() -> Means {
        Means {
            flavor: Flavor {
                product: Product::Mysql,
                version: Version::new(8, 0, 42),
                hosting: Hosting::Aurora {
                    version: "3.10.0".to_owned(),
                },
            },
            log_bin: true,
            trusts_creators: false,
            name_case: 0,
            runs_events: true,
            superuser: false,
            sets_definer: true,
            accounts: vec![("app".to_owned(), "%".to_owned())],
            filters: Filters::default(),
            intake: Intake {
                local_infile: true,
                max_packet: 64 << 20,
                ..Intake::default()
            },
        }
    }

    fn definer(user: &str) -> Requirement {
        Requirement::Definer {
            user: user.to_owned(),
            host: "%".to_owned(),
            objects: vec!["view s.v".to_owned()],
        }
    }

    #[test]
    fn a_server_that_wants_keys_is_told_of_tables_without() {
        let tables = || {
            [Requirement::NoPrimaryKey {
                tables: vec!["s.t".to_owned()],
            }]
        };
        assert_eq!(judge(&tables(), &means()).refusals, []);
        for (insists_on_keys, makes_keys, variable) in [
            (true, false, "sql_require_primary_key"),
            (false, true, "sql_generate_invisible_primary_key"),
        ] {
            let mut means = means();
            means.intake.insists_on_keys = insists_on_keys;
            means.intake.makes_keys = makes_keys;
            let refused = judge(&tables(), &means).refusals.remove(0);
            assert_eq!(refused.object, "table s.t");
            assert!(
                refused.reason.contains(variable) && refused.hint.contains(variable),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn what_makes_a_load_slow_or_small_is_noted() {
        let mut means = means();
        assert_eq!(
            judge(&[Requirement::PacketSize { bytes: 64 << 20 }], &means).notes,
            []
        );
        means.intake.local_infile = false;
        means.intake.max_packet = 4 << 20;
        let notes = judge(&[Requirement::PacketSize { bytes: 64 << 20 }], &means).notes;
        let objects: Vec<_> = notes.iter().map(|note| note.object.as_str()).collect();
        assert_eq!(objects, ["max_allowed_packet", "local_infile"]);
    }

    #[test]
    fn a_definer_that_is_missing_is_named_with_the_statement_that_makes_it() {
        assert_eq!(judge(&[definer("app")], &means()).refusals, []);
        let refused = judge(&[definer("d'ba")], &means()).refusals.remove(0);
        assert_eq!(refused.object, "account 'd''ba'@'%'");
        assert!(refused.reason.contains("view s.v"), "{refused:?}");
        assert!(
            refused
                .hint
                .starts_with("CREATE USER 'd''ba'@'%' IDENTIFIED BY RANDOM PASSWORD ACCOUNT LOCK"),
            "{refused:?}"
        );
        let amazons = judge(&[definer("rdsadmin")], &means()).refusals.remove(0);
        assert!(amazons.hint.contains("another DEFINER"), "{amazons:?}");
        let bound = Means {
            sets_definer: false,
            ..means()
        };
        let refused = judge(&[definer("app")], &bound).refusals;
        assert!(refused[0].hint.contains("SET_ANY_DEFINER"), "{refused:?}");
    }

    #[test]
    fn triggers_and_functions_need_trust_or_super() {
        let program = |harmless| Requirement::LoggedProgram {
            object: "trigger s.t".to_owned(),
            harmless,
        };
        let refused = |means: &Means, harmless| !judge(&[program(harmless)], means).refusals.is_empty();
        assert!(refused(&means(), true), "1419");
        let superuser = Means {
            superuser: true,
            ..means()
        };
        assert!(!refused(&superuser, true));
        assert!(refused(&superuser, false), "1418 even with SUPER");
        for ready in [
            Means {
                trusts_creators: true,
                ..means()
            },
            Means {
                log_bin: false,
                ..means()
            },
        ] {
            assert!(!refused(&ready, false), "{ready:?}");
        }
    }

    #[test]
    fn names_mean_the_same_on_both_sides() {
        let case = |setting| Requirement::NameCase {
            setting,
            example: "s.Orders".to_owned(),
        };
        assert_eq!(judge(&[case(0)], &means()).refusals, []);
        let refused = judge(&[case(1)], &means()).refusals;
        assert_eq!(refused[0].object, "lower_case_table_names");
    }
}
