//! What a cluster is made from, and whether it can be.

use clap::Args;
use daybreak_cloud::{Aws, Engine, Origin, OriginFacts, Spec};
use daybreak_model::Version;

use super::restore::FromBackup;
use crate::config::{self, ClusterSettings};
use crate::exit::{Exit, Trouble};

/// What the cluster is made from; nothing, if none is named.
#[derive(Debug, Args)]
pub(super) struct MadeFrom {
    #[command(flatten)]
    backup: FromBackup,
    /// Make the cluster from this snapshot of an RDS instance, by name or ARN.
    #[arg(long, value_name = "SNAPSHOT", conflicts_with_all = ["from_backup", "replica_of"])]
    from_snapshot: Option<String>,
    /// Make the cluster an Aurora replica of this RDS instance, which it follows until `provision promote`.
    #[arg(long, value_name = "ARN", conflicts_with = "from_backup")]
    replica_of: Option<String>,
}

impl MadeFrom {
    /// What it is made from. A backup is looked at here, the others by [`see`].
    pub(super) async fn origin(&self, settings: &ClusterSettings) -> Result<Origin, Trouble> {
        if let Some(backup) = self.backup.source(settings).await? {
            return Ok(Origin::Backup(backup));
        }
        Ok(match (&self.from_snapshot, &self.replica_of) {
            (Some(snapshot), _) => Origin::Snapshot(snapshot.clone()),
            (None, Some(instance)) => Origin::Replica(instance.clone()),
            (None, None) => Origin::Empty,
        })
    }
}

/// Refuses what no cluster of the plan's is made from, before anything is.
pub(super) async fn see(aws: &Aws, origin: &Origin, spec: &Spec) -> Result<(), Trouble> {
    let Some(facts) = aws.origin_facts().await.map_err(super::trouble)? else {
        return Ok(());
    };
    let name = match origin {
        Origin::Snapshot(name) | Origin::Replica(name) => name.as_str(),
        Origin::Empty | Origin::Backup(_) => return Ok(()),
    };
    let refusals = refusals(spec, &facts);
    if refusals.is_empty() {
        return Ok(());
    }
    let what: Vec<&str> = refusals.iter().map(|(what, _)| what.as_str()).collect();
    let hints: Vec<&str> = refusals.iter().map(|(_, hint)| *hint).collect();
    Err(Trouble {
        exit: Exit::Usage,
        ..Trouble::new(
            anyhow::anyhow!(
                "no cluster of the plan's is made from {name}: {}",
                what.join("; ")
            ),
            Some(hints.join(" · ")),
        )
    })
}

/// What speaks against it, each with what to do. Pure.
///
/// Source: Aurora User Guide, "Migrating an RDS for MySQL snapshot to Aurora", "Migrating data from an RDS for MySQL DB instance to an
/// Amazon Aurora MySQL DB cluster by using an Aurora read replica", and the same pages of Aurora PostgreSQL.
fn refusals(spec: &Spec, facts: &OriginFacts) -> Vec<(String, &'static str)> {
    let mut refusals: Vec<(String, &'static str)> = of_engine(spec, facts).into_iter().collect();
    let mut refuse = |what: String, hint| refusals.push((what, hint));
    if !facts.administrator.is_empty() && facts.administrator != spec.administrator {
        let what = format!(
            "its administrator is `{}`, and the plan's `{}`",
            facts.administrator, spec.administrator
        );
        refuse(what, "name the same one (`cluster.administrator`): it is kept");
    }
    if facts.status != "available" {
        refuse(format!("it is {}", facts.status), "wait until it is available");
    }
    if !facts.encrypted && spec.key.is_none() {
        let hint = "name the key that it is to be encrypted with: `cluster.encryption_key`";
        refuse("it is not encrypted, and the cluster is to be".to_owned(), hint);
    }
    // The rest is of instances.
    if facts.backup_days == Some(0) {
        let hint = "give it a backup retention of a day at least: without one nothing follows it";
        refuse("it keeps no backups".to_owned(), hint);
    }
    let other = facts.followed_by.iter().find(|follower| {
        let name = follower.rsplit(':').next().unwrap_or(follower);
        name != spec.name
    });
    if let Some(other) = other {
        let hint = "promote or delete that one: an instance has one Aurora replica at most";
        refuse(format!("{other} follows it already"), hint);
    }
    let instances: usize = spec.instances.iter().map(|group| group.count).sum();
    if facts.backup_days.is_some() && spec.engine == Engine::Postgres && instances > 1 {
        let hint = "plan the writer alone until it is promoted";
        refuse(
            "an Aurora replica of RDS for PostgreSQL has one instance".to_owned(),
            hint,
        );
    }
    refusals
}

/// Whether it runs what the plan's cluster is made from: the same major version, and no newer a minor one.
fn of_engine(spec: &Spec, facts: &OriginFacts) -> Option<(String, &'static str)> {
    let wanted = match spec.engine {
        Engine::Mysql => "mysql",
        Engine::Postgres => "postgres",
    };
    if facts.engine != wanted {
        return Some((
            format!(
                "it is of {}, and no {} is made from that",
                facts.engine,
                spec.engine.name()
            ),
            "load its rows instead: `daybreak load advise`",
        ));
    }
    let is: Version = facts.version.parse().ok()?;
    let to_be = match spec.engine {
        Engine::Mysql => config::api_line(&spec.version)?.community,
        Engine::Postgres => spec.version.parse().ok()?,
    };
    let major = |version: Version| match spec.engine {
        Engine::Mysql => (version.major, version.minor),
        Engine::Postgres => (version.major, 0),
    };
    if major(is) != major(to_be) {
        return Some((
            format!("it is {is}, and the plan's cluster is of {to_be}"),
            "plan a version of the same major one, or upgrade the instance first",
        ));
    }
    if is > to_be {
        return Some((
            format!("it is {is}, which is newer than the plan's {to_be}"),
            "plan a version that is no older",
        ));
    }
    let old = [11, 13, 15].map(|patch| Version::new(8, 0, patch));
    if spec.engine == Engine::Mysql && old.contains(&is) {
        return Some((format!("it is {is}"), "upgrade it to 8.0.28 first"));
    }
    None
}

#[cfg(test)]
mod tests {
    use daybreak_cloud::{OriginFacts, Spec};

    use super::refusals;
    use crate::config;

    fn spec(change: impl Fn(String) -> String) -> Spec {
        let plan = r#"
[cluster]
name = "shop"
region = "eu-central-1"
engine = "aurora-mysql"
version = "8.0.mysql_aurora.3.10.0"
administrator = "dba"
[cluster.network]
vpc = "vpc-1"
subnets = ["subnet-a", "subnet-b"]
applications = ["10.0.0.0/16"]
[[cluster.instances]]
role = "writer"
class = "db.r6g.large"
[[cluster.instances]]
role = "reader"
class = "db.r6g.large"
"#;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("daybreak.toml");
        std::fs::write(&path, change(plan.to_owned())).expect("written");
        config::read_cluster(&path).expect("read").spec
    }

    fn instance() -> OriginFacts {
        OriginFacts {
            engine: "mysql".to_owned(),
            version: "8.0.36".to_owned(),
            administrator: "dba".to_owned(),
            status: "available".to_owned(),
            encrypted: true,
            backup_days: Some(7),
            followed_by: Vec::new(),
        }
    }

    #[test]
    fn each_rule_has_its_word() {
        let mysql = spec(|plan| plan);
        assert_eq!(refusals(&mysql, &instance()), []);
        type Change = fn(&mut OriginFacts);
        let changes: [(Change, &str); 9] = [
            (|facts| facts.engine = "mariadb".to_owned(), "it is of mariadb"),
            (
                |facts| facts.version = "5.7.44".to_owned(),
                "the plan's cluster is of 8.0.42",
            ),
            (
                |facts| facts.version = "8.0.45".to_owned(),
                "newer than the plan's 8.0.42",
            ),
            (|facts| facts.version = "8.0.13".to_owned(), "it is 8.0.13"),
            (
                |facts| facts.administrator = "root".to_owned(),
                "its administrator is `root`",
            ),
            (|facts| facts.status = "creating".to_owned(), "it is creating"),
            (|facts| facts.encrypted = false, "it is not encrypted"),
            (|facts| facts.backup_days = Some(0), "it keeps no backups"),
            (
                |facts| {
                    facts
                        .followed_by
                        .push("arn:aws:rds:eu-central-1:1:cluster:other".to_owned())
                },
                "cluster:other follows it already",
            ),
        ];
        for (change, words) in changes {
            let mut facts = instance();
            change(&mut facts);
            let refused = refusals(&mysql, &facts);
            assert!(
                matches!(refused.as_slice(), [(what, _)] if what.contains(words)),
                "{words}: {refused:?}"
            );
        }
        // The cluster itself, when the command goes on.
        let mut followed = instance();
        followed
            .followed_by
            .push("arn:aws:rds:eu-central-1:1:cluster:shop".to_owned());
        assert_eq!(refusals(&mysql, &followed), []);
    }

    #[test]
    fn postgres_has_rules_of_its_own() {
        let postgres = spec(|plan| {
            plan.replace("aurora-mysql", "aurora-postgresql")
                .replace("8.0.mysql_aurora.3.10.0", "17.7")
        });
        let facts = OriginFacts {
            engine: "postgres".to_owned(),
            version: "17.5".to_owned(),
            ..instance()
        };
        let refused = refusals(&postgres, &facts);
        assert!(
            refused[0].0.contains("has one instance") && refused.len() == 1,
            "{refused:?}"
        );
        let snapshot = OriginFacts {
            backup_days: None,
            ..facts.clone()
        };
        assert_eq!(refusals(&postgres, &snapshot), []);
        let newer = OriginFacts {
            version: "17.9".to_owned(),
            ..snapshot
        };
        assert_eq!(refusals(&postgres, &newer).len(), 1);
    }
}
