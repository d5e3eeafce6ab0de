use std::collections::BTreeSet;

use crate::hole::Weight;

/// A rule of AWS's own advice, which an audit looks for when it is asked for best practices.
#[derive(Debug, Clone, Copy)]
pub struct Practice {
    /// Stable, for waivers and scripts.
    pub id: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// What to do about it.
    pub remedy: &'static str,
    /// The page that says so.
    pub source: &'static str,
    /// What was seen, and where, if it is not followed.
    pub(crate) look: fn(&ClusterFacts) -> Vec<(String, String)>,
}

/// An instance, as far as rules look at it.
#[derive(Debug, Clone, Default)]
pub(crate) struct InstanceFacts {
    pub(crate) name: String,
    pub(crate) class: String,
    pub(crate) tier: i32,
    pub(crate) zone: String,
    pub(crate) writer: bool,
    pub(crate) insights: Option<bool>,
    pub(crate) minor_upgrades: Option<bool>,
}

/// A cluster, as far as rules look at it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClusterFacts {
    pub(crate) name: String,
    pub(crate) engine: String,
    pub(crate) instances: Vec<InstanceFacts>,
    /// Parameters of the cluster's group that somebody set.
    pub(crate) parameters: std::collections::BTreeMap<String, String>,
    /// Metrics of the cluster that an alarm looks at.
    pub(crate) alarmed: BTreeSet<String>,
}

impl ClusterFacts {
    fn object(&self) -> String {
        format!("cluster {}", self.name)
    }

    fn set_to(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    fn writer(&self) -> Option<&InstanceFacts> {
        self.instances.iter().find(|instance| instance.writer)
    }
}

/// Every rule.
pub const PRACTICES: [Practice; 9] = [
    Practice {
        id: "aws.practice.burstable_class",
        weight: Weight::Weak,
        remedy: "take a class of the R family for production: a T class is slow once its credits are gone",
        source: "Aurora user guide, AuroraMySQL.BestPractices.Performance",
        look: |cluster| {
            let burst = cluster
                .instances
                .iter()
                .filter(|instance| instance.class.starts_with("db.t"));
            burst
                .map(|instance| {
                    (
                        format!("instance {}", instance.name),
                        format!("its class is {}", instance.class),
                    )
                })
                .collect()
        },
    },
    Practice {
        id: "aws.practice.one_zone",
        weight: Weight::Weak,
        remedy: "have instances in two availability zones at least",
        source: "Aurora user guide, Concepts.AuroraHighAvailability",
        look: |cluster| {
            let zones: BTreeSet<&str> = cluster
                .instances
                .iter()
                .map(|instance| instance.zone.as_str())
                .collect();
            let seen = || {
                format!(
                    "{} instances in {}",
                    cluster.instances.len(),
                    zones.iter().copied().collect::<Vec<_>>().join(", ")
                )
            };
            (zones.len() < 2)
                .then(|| (cluster.object(), seen()))
                .into_iter()
                .collect()
        },
    },
    Practice {
        id: "aws.practice.no_failover_target",
        weight: Weight::Weak,
        remedy: "have a reader: without one a fail-over makes an instance anew, which takes minutes",
        source: "Aurora user guide, Concepts.AuroraHighAvailability",
        look: |cluster| {
            let alone = cluster.instances.iter().all(|instance| instance.writer);
            alone
                .then(|| (cluster.object(), "it has no reader".to_owned()))
                .into_iter()
                .collect()
        },
    },
    Practice {
        id: "aws.practice.failover_class",
        weight: Weight::Weak,
        remedy: "give what is promoted first the writer's class: it has to carry the writer's load at once",
        source: "Aurora user guide, Aurora.Managing.Backups, fault tolerance",
        look: |cluster| {
            let readers = cluster.instances.iter().filter(|instance| !instance.writer);
            let Some(tier) = readers.clone().map(|instance| instance.tier).min() else {
                return Vec::new();
            };
            let class = cluster.writer().map(|writer| writer.class.as_str());
            readers
                .filter(|instance| instance.tier == tier && Some(instance.class.as_str()) != class)
                .map(|instance| {
                    let seen = format!(
                        "it is promoted first, with {}; the writer has {}",
                        instance.class,
                        class.unwrap_or("none")
                    );
                    (format!("instance {}", instance.name), seen)
                })
                .collect()
        },
    },
    Practice {
        id: "aws.practice.insights_off",
        weight: Weight::Weak,
        remedy: "turn Performance Insights on: what was slow last night is seen nowhere else",
        source: "Aurora user guide, Aurora.BestPractices",
        look: |cluster| {
            let off = cluster
                .instances
                .iter()
                .filter(|instance| instance.insights == Some(false));
            off.map(|instance| (format!("instance {}", instance.name), "they are off".to_owned()))
                .collect()
        },
    },
    Practice {
        id: "aws.practice.minor_upgrades",
        weight: Weight::Weak,
        remedy: "decide when minor versions come: automatic upgrades come in the maintenance window, also in the week of the cut-over",
        source: "Aurora user guide, USER_UpgradeDBInstance.Upgrading",
        look: |cluster| {
            let by_itself = cluster
                .instances
                .iter()
                .filter(|instance| instance.minor_upgrades == Some(true));
            let names: Vec<&str> = by_itself.map(|instance| instance.name.as_str()).collect();
            (!names.is_empty())
                .then(|| {
                    (
                        cluster.object(),
                        format!("upgraded by itself: {}", names.join(", ")),
                    )
                })
                .into_iter()
                .collect()
        },
    },
    Practice {
        id: "aws.practice.time_zone",
        weight: Weight::Weak,
        remedy: "set time_zone to UTC: SYSTEM asks the operating system at every conversion",
        source: "Aurora user guide, AuroraMySQL.BestPractices.Performance",
        look: |cluster| {
            let system = cluster.engine == "aurora-mysql"
                && cluster
                    .set_to("time_zone")
                    .is_some_and(|zone| zone.eq_ignore_ascii_case("SYSTEM"));
            system
                .then(|| (cluster.object(), "time_zone is SYSTEM".to_owned()))
                .into_iter()
                .collect()
        },
    },
    Practice {
        id: "aws.practice.flush_log",
        weight: Weight::Open,
        remedy: "set innodb_flush_log_at_trx_commit to 1: an acknowledged commit may be lost otherwise",
        source: "Aurora user guide, AuroraMySQL.BestPractices.FeatureRecommendations",
        look: |cluster| {
            let value = cluster
                .set_to("innodb_flush_log_at_trx_commit")
                .filter(|value| *value != "1");
            value
                .map(|value| {
                    (
                        cluster.object(),
                        format!("innodb_flush_log_at_trx_commit is {value}"),
                    )
                })
                .into_iter()
                .collect()
        },
    },
    Practice {
        id: "aws.practice.no_alarm",
        weight: Weight::Weak,
        remedy: "set an alarm on it: `[cluster.alarms]` in the plan, and `daybreak provision apply`",
        source: "Aurora user guide, Aurora.BestPractices",
        look: |cluster| {
            let wanted = ["AuroraReplicaLagMaximum", "CPUUtilization", "DatabaseConnections"];
            let missing: Vec<&str> = wanted
                .into_iter()
                .filter(|metric| !cluster.alarmed.contains(*metric))
                .collect();
            (!missing.is_empty())
                .then(|| {
                    (
                        cluster.object(),
                        format!("nobody is told of {}", missing.join(", ")),
                    )
                })
                .into_iter()
                .collect()
        },
    },
];

#[cfg(test)]
mod tests {
    use super::{ClusterFacts, InstanceFacts, PRACTICES};

    fn instance(name: &str, writer: bool, tier: i32, zone: &str) -> InstanceFacts {
        InstanceFacts {
            name: name.to_owned(),
            class: "db.r6g.large".to_owned(),
            tier,
            zone: zone.to_owned(),
            writer,
            insights: Some(true),
            minor_upgrades: Some(false),
        }
    }

    fn good() -> ClusterFacts {
        ClusterFacts {
            name: "shop".to_owned(),
            engine: "aurora-mysql".to_owned(),
            instances: vec![
                instance("w", true, 1, "a"),
                instance("f", false, 0, "b"),
                instance("bi", false, 15, "a"),
            ],
            parameters: [("time_zone".to_owned(), "UTC".to_owned())].into(),
            alarmed: ["AuroraReplicaLagMaximum", "CPUUtilization", "DatabaseConnections"]
                .map(str::to_owned)
                .into(),
        }
    }

    fn found(cluster: &ClusterFacts) -> Vec<&'static str> {
        let broken = PRACTICES
            .iter()
            .filter(|practice| !(practice.look)(cluster).is_empty());
        broken.map(|practice| practice.id).collect()
    }

    #[test]
    fn each_rule_finds_what_breaks_it_and_nothing_else() {
        assert_eq!(found(&good()), [""; 0]);
        type Change = fn(&mut ClusterFacts);
        let changes: [(Change, &str); 9] = [
            (
                |cluster| cluster.instances[2].class = "db.t4g.large".to_owned(),
                "aws.practice.burstable_class",
            ),
            (
                |cluster| cluster.instances[1].zone = "a".to_owned(),
                "aws.practice.one_zone",
            ),
            (
                |cluster| cluster.instances[1].class = "db.r6g.xlarge".to_owned(),
                "aws.practice.failover_class",
            ),
            (
                |cluster| cluster.instances[0].insights = Some(false),
                "aws.practice.insights_off",
            ),
            (
                |cluster| cluster.instances[0].minor_upgrades = Some(true),
                "aws.practice.minor_upgrades",
            ),
            (
                |cluster| {
                    cluster
                        .parameters
                        .insert("time_zone".to_owned(), "system".to_owned());
                },
                "aws.practice.time_zone",
            ),
            (
                |cluster| {
                    cluster
                        .parameters
                        .insert("innodb_flush_log_at_trx_commit".to_owned(), "0".to_owned());
                },
                "aws.practice.flush_log",
            ),
            (
                |cluster| {
                    cluster.alarmed.remove("CPUUtilization");
                },
                "aws.practice.no_alarm",
            ),
            (
                |cluster| {
                    cluster.instances[1].writer = true;
                    cluster.instances[2].writer = true;
                },
                "aws.practice.no_failover_target",
            ),
        ];
        assert_eq!(changes.len(), PRACTICES.len());
        for (change, id) in changes {
            let mut cluster = good();
            change(&mut cluster);
            assert_eq!(found(&cluster), [id]);
        }
    }
}
