//! What a cluster is to be.

mod place;

use std::collections::BTreeMap;

use thiserror::Error;

pub use place::Place;

/// Which engine of Aurora.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Aurora MySQL.
    Mysql,
    /// Aurora PostgreSQL.
    Postgres,
}

impl Engine {
    /// As the API calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mysql => "aurora-mysql",
            Self::Postgres => "aurora-postgresql",
        }
    }

    /// The port its servers listen at unless told otherwise.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Mysql => 3306,
            Self::Postgres => 5432,
        }
    }
}

/// What an instance is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Takes writes, until it fails.
    Writer,
    /// Takes its place: promotion tier 0.
    Failover,
    /// Answers applications' queries.
    Reader,
    /// Answers reports and other long queries: promotion tier 15, parameters of its own, and none of the readers' endpoint.
    Bi,
}

impl Role {
    /// As names and the plan have it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Writer => "writer",
            Self::Failover => "failover",
            Self::Reader => "reader",
            Self::Bi => "bi",
        }
    }

    /// 0 is promoted first (Aurora user guide, "Fault tolerance for an Aurora DB cluster").
    #[must_use]
    pub const fn promotion_tier(self) -> i32 {
        match self {
            Self::Failover => 0,
            Self::Writer => 1,
            Self::Reader => 2,
            Self::Bi => 15,
        }
    }
}

/// Instances of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceGroup {
    /// Their role.
    pub role: Role,
    /// How many.
    pub count: usize,
    /// Their class, such as `db.r6g.large` or `db.serverless`.
    pub class: String,
    /// Parameters of theirs alone.
    pub parameters: BTreeMap<String, String>,
}

/// Whom the cluster is open to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// What they are, such as `applications`.
    pub purpose: String,
    /// Their networks, as `10.0.0.0/16`.
    pub networks: Vec<String>,
    /// Where the cluster goes to them itself, the port there: an old primary it replicates from.
    pub to_port: Option<u16>,
}

/// Where the cluster is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// In which VPC.
    pub place: Place,
    /// Who may come, and where the cluster goes.
    pub flows: Vec<Flow>,
    /// Whether instances have public addresses.
    pub public: bool,
}

/// When somebody is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarms {
    /// Topic that is told (ARN); alarms without one are only seen.
    pub notify: Option<String>,
    /// Lag of a reader, in milliseconds.
    pub replica_lag_ms: f64,
    /// Processor, in percent.
    pub cpu_percent: f64,
    /// Connections of an instance.
    pub connections: f64,
    /// Local storage that is left, in bytes.
    pub free_local_storage: f64,
    /// Deadlocks a second.
    pub deadlocks: f64,
}

/// A cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Its identifier, and the beginning of every other name.
    pub name: String,
    /// Which engine.
    pub engine: Engine,
    /// Its version as the API has it, such as `8.0.mysql_aurora.3.10.0` or `17.6`.
    pub version: String,
    /// The administrator's name.
    pub administrator: String,
    /// A database made with it.
    pub database: Option<String>,
    /// Where its servers listen.
    pub port: u16,
    /// `aurora` or `aurora-iopt1`.
    pub storage: String,
    /// The key its storage is encrypted with, if not the account's own.
    pub key: Option<String>,
    /// For how many days backups are kept: 1 to 35.
    pub backup_days: i32,
    /// `hh:mm-hh:mm`, UTC.
    pub backup_window: Option<String>,
    /// `ddd:hh:mm-ddd:hh:mm`, UTC.
    pub maintenance_window: Option<String>,
    /// Whether it can be deleted only after that is taken off.
    pub deletion_protection: bool,
    /// Whether accounts may log in by IAM.
    pub iam_authentication: bool,
    /// Which logs go to CloudWatch.
    pub logs: Vec<String>,
    /// Whether Performance Insights are on.
    pub insights: bool,
    /// Whether minor versions come by themselves, in the maintenance window.
    pub minor_upgrades: bool,
    /// Serverless v2: the least and most capacity units.
    pub serverless: Option<(f64, f64)>,
    /// Where it is.
    pub network: Network,
    /// Its instances by role.
    pub instances: Vec<InstanceGroup>,
    /// Parameters of the cluster beside those it needs.
    pub parameters: BTreeMap<String, String>,
    /// When somebody is told.
    pub alarms: Option<Alarms>,
}

/// What of a cluster's plan cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{key}` {message}")]
pub struct SpecError {
    /// The key below `[cluster]`.
    pub key: String,
    /// What is wrong with it.
    pub message: String,
    /// What to write.
    pub hint: String,
}

impl Spec {
    /// Whether it can be at all, without asking anybody.
    ///
    /// # Errors
    /// The first key that cannot be.
    pub fn check(&self) -> Result<(), SpecError> {
        let wrong = |key: &str, message: String, hint: &str| {
            Err(SpecError {
                key: key.to_owned(),
                message,
                hint: hint.to_owned(),
            })
        };
        if !is_identifier(&self.name) {
            return wrong(
                "name",
                format!("is `{}`", self.name),
                "1 to 40 letters, digits and single hyphens, beginning with a letter: the longest name made of it has 63",
            );
        }
        let count = |role: Role| {
            let groups = self.instances.iter().filter(|group| group.role == role);
            groups.map(|group| group.count).sum::<usize>()
        };
        if count(Role::Writer) != 1 {
            let message = format!("has {} writers", count(Role::Writer));
            return wrong("instances", message, "one instance has the role `writer`");
        }
        let all: usize = self.instances.iter().map(|group| group.count).sum();
        if all > 16 {
            let message = format!("has {all} instances");
            return wrong(
                "instances",
                message,
                "a cluster has a writer and at most 15 readers",
            );
        }
        if self.instances.iter().any(|group| group.class == "db.serverless") && self.serverless.is_none() {
            let message = "has the class db.serverless, and no capacity is named".to_owned();
            return wrong(
                "instances",
                message,
                "name `serverless = [0.5, 16]`, in capacity units",
            );
        }
        if !(1..=35).contains(&self.backup_days) {
            return wrong("backup_days", format!("is {}", self.backup_days), "1 to 35");
        }
        if !["aurora", "aurora-iopt1"].contains(&self.storage.as_str()) {
            let message = format!("is `{}`", self.storage);
            return wrong(
                "storage",
                message,
                "`aurora`, or `aurora-iopt1` where input and output are not paid by the request",
            );
        }
        self.network.place.check(&self.network)?;
        for flow in &self.network.flows {
            let key = format!("network.{}", flow.purpose);
            for network in &flow.networks {
                match parse_network(network) {
                    None => {
                        return wrong(
                            &key,
                            format!("has `{network}`"),
                            "write networks as `10.0.0.0/16`",
                        );
                    }
                    Some(0) => {
                        return wrong(
                            &key,
                            format!("has `{network}`, which is everybody"),
                            "name the networks that need it: a database is open to nobody else",
                        );
                    }
                    Some(_) => {}
                }
            }
        }
        Ok(())
    }
}

/// Aurora user guide, "Naming constraints": of a cluster 1 to 63 letters, digits and hyphens.
fn is_identifier(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(fits)
        && !name.ends_with('-')
        && !name.contains("--")
}

/// The bits of a network's mask, if it is one.
fn parse_network(text: &str) -> Option<u8> {
    let (address, bits) = text.split_once('/')?;
    let address: std::net::IpAddr = address.parse().ok()?;
    let bits: u8 = bits.parse().ok()?;
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some(bits)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::{Alarms, Engine, Flow, InstanceGroup, Network, Place, Role, Spec};

    /// A cluster of every role.
    pub(crate) fn shop() -> Spec {
        let group = |role, count| InstanceGroup {
            role,
            count,
            class: "db.r6g.large".to_owned(),
            parameters: BTreeMap::new(),
        };
        Spec {
            name: "shop".to_owned(),
            engine: Engine::Mysql,
            version: "8.0.mysql_aurora.3.10.0".to_owned(),
            administrator: "admin".to_owned(),
            database: None,
            port: 3306,
            storage: "aurora".to_owned(),
            key: None,
            backup_days: 7,
            backup_window: None,
            maintenance_window: None,
            deletion_protection: true,
            iam_authentication: false,
            logs: vec!["error".to_owned()],
            insights: true,
            minor_upgrades: false,
            serverless: None,
            network: Network {
                place: Place::There {
                    vpc: "vpc-1".to_owned(),
                    subnets: vec!["subnet-a".to_owned(), "subnet-b".to_owned()],
                },
                flows: vec![Flow {
                    purpose: "applications".to_owned(),
                    networks: vec!["10.0.0.0/16".to_owned()],
                    to_port: None,
                }],
                public: false,
            },
            instances: vec![
                group(Role::Writer, 1),
                group(Role::Failover, 1),
                group(Role::Reader, 2),
                InstanceGroup {
                    parameters: [("aurora_parallel_query".to_owned(), "1".to_owned())].into(),
                    ..group(Role::Bi, 2)
                },
            ],
            parameters: BTreeMap::new(),
            alarms: Some(Alarms {
                notify: None,
                replica_lag_ms: 2000.0,
                cpu_percent: 80.0,
                connections: 1000.0,
                free_local_storage: 5e9,
                deadlocks: 1.0,
            }),
        }
    }

    #[test]
    fn what_cannot_be_is_said_before_anybody_is_asked() {
        type Change = fn(&mut Spec);
        let changes: [(Change, &str); 8] = [
            (|spec| spec.name = "Shop".to_owned(), "name"),
            (|spec| spec.name = "shop--x".to_owned(), "name"),
            (|spec| spec.instances[0].count = 2, "instances"),
            (|spec| spec.instances[2].count = 20, "instances"),
            (
                |spec| spec.instances[2].class = "db.serverless".to_owned(),
                "instances",
            ),
            (|spec| spec.backup_days = 0, "backup_days"),
            (
                |spec| spec.network.flows[0].networks = vec!["0.0.0.0/0".to_owned()],
                "network.applications",
            ),
            (
                |spec| spec.network.flows[0].networks = vec!["10.0.0.0".to_owned()],
                "network.applications",
            ),
        ];
        assert_eq!(shop().check(), Ok(()));
        for (change, key) in changes {
            let mut spec = shop();
            change(&mut spec);
            assert_eq!(spec.check().map_err(|error| error.key), Err(key.to_owned()));
        }
    }
}
