//! `[cluster]`: the cluster that is to be, which a plan may have alone, before there is anything to migrate to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use daybreak_cloud::{
    Alarms, AwsSettings, Engine, Flow, InstanceGroup, Network, Place, Role, Spec, SpecError,
};
use daybreak_model::AuroraLine;
use serde::Deserialize;

use super::prices::{Cost, Prices};
use super::{PlanError, Waiver, purposes, raw, waiver};

/// Where a plan's journal is that names no other folder.
const STATE_DIR: &str = ".daybreak";

/// How long binary logs are kept where the plan does not say it: a week.
const RETENTION_HOURS: u16 = 168;
/// The longest that Aurora keeps them ("mysql.rds_set_configuration", Aurora User Guide).
const MOST_RETENTION_HOURS: u16 = 2160;

/// A cluster and where it is to be.
#[derive(Debug)]
pub(crate) struct ClusterSettings {
    pub(crate) spec: Spec,
    /// Whether somebody else makes it: it is looked at, and not changed.
    pub(crate) existing: bool,
    pub(crate) aws: AwsSettings,
    /// Whether the plan says that instances have public addresses; the command line has to say it, too.
    pub(crate) public: bool,
    /// What we made is written down here.
    pub(crate) ledger: PathBuf,
    /// What its instances cost, where the plan names a table of prices.
    pub(crate) cost: Option<Cost>,
    /// Findings that are accepted.
    pub(crate) waivers: Vec<Waiver>,
    /// How long it keeps its binary logs; none of PostgreSQL, which has slots for that.
    pub(crate) binlog_retention_hours: Option<u16>,
    /// The line of Aurora that it is to run; none where no rule is known for its version.
    pub(crate) line: Option<&'static AuroraLine>,
    /// Where the plan's journal and its newest assessment are.
    pub(crate) state_dir: PathBuf,
}

/// What a load has to know of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClusterOutline {
    /// The line of Aurora that it is to run; none where no rule is known for its version.
    pub(crate) line: Option<&'static AuroraLine>,
    /// The classes of its instances.
    pub(crate) classes: Vec<String>,
    /// Where it is to be.
    pub(crate) region: String,
}

pub(super) fn outline(raw: &RawCluster) -> ClusterOutline {
    ClusterOutline {
        line: match raw.engine {
            RawEngine::Mysql => api_line(&raw.version),
            RawEngine::Postgres => line_of("aurora-postgresql", &raw.version),
        },
        classes: raw.instances.iter().map(|group| group.class.clone()).collect(),
        region: raw.region.clone(),
    }
}

/// The line that a version of the API is of: `8.0.mysql_aurora.3.10.0` is of 3.10.
pub(crate) fn api_line(version: &str) -> Option<&'static AuroraLine> {
    let own = version
        .rsplit_once("mysql_aurora.")
        .map_or(version, |(_, own)| own);
    line_of("aurora-mysql", own)
}

/// The line of a version, or of what it begins with.
fn line_of(engine: &str, version: &str) -> Option<&'static AuroraLine> {
    let mut name = version;
    loop {
        if let Ok(line) = AuroraLine::named(&format!("{engine} {name}")) {
            return Some(line);
        }
        name = name.rsplit_once('.')?.0;
    }
}

/// A plan file with a cluster. What else it has is not looked at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWithCluster {
    cluster: RawCluster,
    migration: Option<RawPurpose>,
    #[serde(rename = "source")]
    _source: Option<toml::Value>,
    #[serde(rename = "target")]
    _target: Option<toml::Value>,
    #[serde(rename = "replication")]
    _replication: Option<toml::Value>,
    #[serde(rename = "load")]
    _load: Option<toml::Value>,
    #[serde(rename = "check")]
    _check: Option<toml::Value>,
    #[serde(rename = "cut_over")]
    _cut_over: Option<toml::Value>,
    #[serde(rename = "gate")]
    _gate: Option<toml::Value>,
    #[serde(default)]
    waivers: Vec<raw::RawWaiver>,
    #[serde(rename = "slow")]
    _slow: Option<toml::Value>,
    #[serde(rename = "trim")]
    _trim: Option<toml::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCluster {
    name: String,
    #[serde(default)]
    provider: RawProvider,
    region: String,
    prices: Option<PathBuf>,
    profile: Option<String>,
    endpoint_url: Option<String>,
    engine: RawEngine,
    version: String,
    administrator: Option<String>,
    database: Option<String>,
    port: Option<u16>,
    storage: Option<String>,
    encryption_key: Option<String>,
    backup_days: Option<i32>,
    backup_window: Option<String>,
    maintenance_window: Option<String>,
    binlog_retention_hours: Option<u16>,
    deletion_protection: Option<bool>,
    iam_authentication: Option<bool>,
    logs: Option<Vec<String>>,
    insights: Option<bool>,
    minor_upgrades: Option<bool>,
    serverless: Option<(f64, f64)>,
    network: RawNetwork,
    instances: Vec<RawInstances>,
    #[serde(default)]
    parameters: BTreeMap<String, RawValue>,
    alarms: Option<RawAlarms>,
}

/// Of a plan's `[migration]` what a cluster has to know.
#[derive(Debug, Deserialize)]
struct RawPurpose {
    #[serde(default)]
    schemas: Vec<String>,
    purposes: Option<PathBuf>,
    purpose: Option<String>,
    state_dir: Option<PathBuf>,
}

impl RawPurpose {
    /// Where its journal is.
    fn state_dir(&self, folder: &Path) -> PathBuf {
        let own = self.state_dir.as_deref();
        let state_dir = folder.join(own.unwrap_or(Path::new(STATE_DIR)));
        match &self.purpose {
            Some(purpose) if self.purposes.is_some() => state_dir.join("purposes").join(purpose),
            _ => state_dir,
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum RawEngine {
    #[serde(rename = "aurora-mysql")]
    Mysql,
    #[serde(rename = "aurora-postgresql")]
    Postgres,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNetwork {
    vpc: Option<String>,
    #[serde(default)]
    subnets: Vec<String>,
    create: Option<String>,
    #[serde(default)]
    zones: Vec<String>,
    #[serde(default)]
    applications: Vec<String>,
    #[serde(default)]
    datacenter: Vec<String>,
    datacenter_port: Option<u16>,
    #[serde(default)]
    conductor: Vec<String>,
    #[serde(default)]
    bi: Vec<String>,
    #[serde(default)]
    public: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInstances {
    role: RawRole,
    class: String,
    count: Option<usize>,
    #[serde(default)]
    parameters: BTreeMap<String, RawValue>,
}

/// Who makes the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawProvider {
    /// We do, at AWS.
    #[default]
    Aws,
    /// Somebody else.
    Existing,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawRole {
    Writer,
    Failover,
    Reader,
    Bi,
}

/// A parameter's value: text, or what TOML has of its own.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum RawValue {
    Text(String),
    Whole(i64),
    Switch(bool),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAlarms {
    notify: Option<String>,
    replica_lag_ms: Option<f64>,
    cpu_percent: Option<f64>,
    connections: Option<f64>,
    free_local_storage_gb: Option<f64>,
    deadlocks_per_second: Option<f64>,
}

/// Reads the cluster of a plan file.
pub(crate) fn read(path: &Path) -> Result<ClusterSettings, PlanError> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let text = std::fs::read_to_string(&path).map_err(|error| PlanError::Unreadable {
        path: path.clone(),
        reason: error.to_string(),
    })?;
    let raw: RawWithCluster = raw::parse_as(&path, &text)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let prices = raw
        .cluster
        .prices
        .as_ref()
        .map(|file| Prices::read(&folder.join(file)))
        .transpose()?;
    let unfit = |error: SpecError| PlanError::Value {
        path: path.clone(),
        key: format!("cluster.{}", error.key),
        message: error.message,
        hint: Some(error.hint),
    };
    let mut settings = resolve(raw.cluster, folder).map_err(unfit)?;
    if let Some(migration) = &raw.migration {
        settings.state_dir = migration.state_dir(folder);
    }
    if let Some(migration) = raw.migration
        && let (Some(file), Some(purpose)) = (migration.purposes, migration.purpose)
        && settings.spec.engine == Engine::Mysql
    {
        let part = purposes::part(&folder.join(file), &purpose, &migration.schemas);
        let part = part.map_err(|(key, message, hint)| PlanError::Value {
            path: path.clone(),
            key: key.to_owned(),
            message,
            hint: Some(hint),
        })?;
        // It takes the changes of what moves to it, and of nothing else.
        let parameters = &mut settings.spec.parameters;
        parameters
            .entry("replicate-do-table".to_owned())
            .or_insert_with(|| part.listed());
    }
    settings.waivers = waiver::resolve(raw.waivers, |key, message, hint| PlanError::Value {
        path: path.clone(),
        key: key.to_owned(),
        message: message.to_owned(),
        hint: Some(hint.to_owned()),
    })?;
    settings.cost = prices.map(|prices| prices.cost(&settings.spec));
    settings.spec.check().map_err(unfit)?;
    Ok(settings)
}

fn resolve(raw: RawCluster, folder: &Path) -> Result<ClusterSettings, SpecError> {
    let line = outline(&raw).line;
    let binlog_retention_hours = binlog_retention(raw.engine, raw.binlog_retention_hours)?;
    let engine = match raw.engine {
        RawEngine::Mysql => Engine::Mysql,
        RawEngine::Postgres => Engine::Postgres,
    };
    let port = raw.port.unwrap_or(engine.port());
    let logs = match engine {
        Engine::Mysql => vec!["error".to_owned(), "slowquery".to_owned()],
        Engine::Postgres => vec!["postgresql".to_owned()],
    };
    let mut network = raw.network;
    let vpc = network.vpc.clone();
    let place = place(&mut network)?;
    let existing = raw.provider == RawProvider::Existing;
    if existing && matches!(place, Place::Made { .. }) {
        return Err(SpecError {
            key: "network.create".to_owned(),
            message: "makes a VPC, and the provider `existing` makes nothing".to_owned(),
            hint: "name the `vpc` and the `subnets` that the cluster is in".to_owned(),
        });
    }
    let flow = |purpose: &str, networks: Vec<String>, to_port| Flow {
        purpose: purpose.to_owned(),
        networks,
        to_port,
    };
    let flows = vec![
        flow("applications", network.applications, None),
        // Replication goes both ways: the cluster follows the datacenter, and later the datacenter the cluster.
        flow(
            "datacenter",
            network.datacenter,
            Some(network.datacenter_port.unwrap_or(engine.port())),
        ),
        flow("conductor", network.conductor, None),
        flow("bi", network.bi, None),
    ];
    let spec = Spec {
        name: raw.name.clone(),
        engine,
        version: raw.version,
        administrator: raw.administrator.unwrap_or_else(|| "admin".to_owned()),
        database: raw.database,
        port,
        storage: raw.storage.unwrap_or_else(|| "aurora".to_owned()),
        key: raw.encryption_key,
        backup_days: raw.backup_days.unwrap_or(7),
        backup_window: raw.backup_window,
        maintenance_window: raw.maintenance_window,
        deletion_protection: raw.deletion_protection.unwrap_or(true),
        iam_authentication: raw.iam_authentication.unwrap_or(false),
        logs: raw.logs.unwrap_or(logs),
        insights: raw.insights.unwrap_or(true),
        minor_upgrades: raw.minor_upgrades.unwrap_or(false),
        serverless: raw.serverless,
        network: Network {
            place,
            flows,
            public: network.public,
        },
        instances: raw.instances.into_iter().map(group).collect(),
        parameters: values(raw.parameters),
        alarms: raw.alarms.map(alarms),
    };
    let ledger = folder
        .join(".daybreak/provision")
        .join(format!("{}.jsonl", raw.name.replace('/', "_")));
    Ok(ClusterSettings {
        existing,
        aws: AwsSettings {
            region: raw.region,
            profile: raw.profile,
            endpoint_url: raw.endpoint_url,
            vpc,
            cluster: raw.name,
        },
        public: network.public,
        ledger,
        cost: None,
        waivers: Vec::new(),
        binlog_retention_hours,
        line,
        state_dir: folder.join(STATE_DIR),
        spec,
    })
}

/// How long binary logs are kept: as long as the way back may take, where nothing is said.
fn binlog_retention(engine: RawEngine, hours: Option<u16>) -> Result<Option<u16>, SpecError> {
    let wrong = |message: String, hint: &str| SpecError {
        key: "binlog_retention_hours".to_owned(),
        message,
        hint: hint.to_owned(),
    };
    match (engine, hours.unwrap_or(RETENTION_HOURS)) {
        (RawEngine::Postgres, _) if hours.is_some() => Err(wrong(
            "is of Aurora MySQL, and this cluster is of Aurora PostgreSQL".to_owned(),
            "leave it out: a replication slot keeps what it needs",
        )),
        (RawEngine::Postgres, _) => Ok(None),
        (RawEngine::Mysql, hours @ 1..=MOST_RETENTION_HOURS) => Ok(Some(hours)),
        (RawEngine::Mysql, hours) => Err(wrong(
            format!("is {hours}"),
            "write hours from 1 to 2160: Aurora keeps binary logs for 90 days at most",
        )),
    }
}

/// Either what is there, or what is made.
fn place(network: &mut RawNetwork) -> Result<Place, SpecError> {
    let hint = "name `vpc` and `subnets` that are there, or have them made by `create = \"10.40.0.0/16\"` and `zones`";
    let wrong = |key: &str, message: &str| SpecError {
        key: format!("network.{key}"),
        message: message.to_owned(),
        hint: hint.to_owned(),
    };
    let (subnets, zones) = (
        std::mem::take(&mut network.subnets),
        std::mem::take(&mut network.zones),
    );
    match (network.vpc.take(), network.create.take()) {
        (Some(vpc), None) if zones.is_empty() => Ok(Place::There { vpc, subnets }),
        (Some(_), None) => Err(wrong(
            "zones",
            "is of a VPC that is made, and `vpc` names one that is there",
        )),
        (None, Some(network)) if subnets.is_empty() => Ok(Place::Made { network, zones }),
        (None, Some(_)) => Err(wrong(
            "subnets",
            "is of a VPC that is there, and `create` makes one",
        )),
        (Some(_), Some(_)) => Err(wrong("create", "makes a VPC, and `vpc` names one that is there")),
        (None, None) => Err(wrong("vpc", "is missing")),
    }
}

fn group(raw: RawInstances) -> InstanceGroup {
    InstanceGroup {
        role: match raw.role {
            RawRole::Writer => Role::Writer,
            RawRole::Failover => Role::Failover,
            RawRole::Reader => Role::Reader,
            RawRole::Bi => Role::Bi,
        },
        count: raw.count.unwrap_or(1),
        class: raw.class,
        parameters: values(raw.parameters),
    }
}

fn values(raw: BTreeMap<String, RawValue>) -> BTreeMap<String, String> {
    let text = |value| match value {
        RawValue::Text(text) => text,
        RawValue::Whole(number) => number.to_string(),
        RawValue::Switch(on) => u8::from(on).to_string(),
    };
    raw.into_iter().map(|(name, value)| (name, text(value))).collect()
}

fn alarms(raw: RawAlarms) -> Alarms {
    Alarms {
        notify: raw.notify,
        replica_lag_ms: raw.replica_lag_ms.unwrap_or(2000.0),
        cpu_percent: raw.cpu_percent.unwrap_or(80.0),
        connections: raw.connections.unwrap_or(1000.0),
        free_local_storage: raw.free_local_storage_gb.unwrap_or(5.0) * 1e9,
        deadlocks: raw.deadlocks_per_second.unwrap_or(1.0),
    }
}

#[cfg(test)]
mod tests {
    use daybreak_cloud::Role;

    const PLAN: &str = r#"
[migration]
name = "shop"
[cluster]
name = "shop"
region = "eu-central-1"
engine = "aurora-mysql"
version = "8.0.mysql_aurora.3.10.0"
[cluster.network]
vpc = "vpc-1"
subnets = ["subnet-a", "subnet-b"]
applications = ["10.0.0.0/16"]
datacenter = ["192.168.7.0/24"]
[[cluster.instances]]
role = "writer"
class = "db.r6g.large"
[[cluster.instances]]
role = "bi"
class = "db.r6g.large"
count = 2
parameters = { aurora_parallel_query = true, max_execution_time = 0 }
"#;

    fn read(text: &str) -> Result<super::ClusterSettings, super::PlanError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("daybreak.toml");
        std::fs::write(&path, text).expect("written");
        super::read(&path)
    }

    #[test]
    fn a_cluster_stands_alone() {
        let settings = read(PLAN).expect("read");
        let bi = &settings.spec.instances[1];
        assert_eq!((bi.role, bi.count), (Role::Bi, 2));
        assert_eq!(bi.parameters["aurora_parallel_query"], "1");
        assert_eq!(bi.parameters["max_execution_time"], "0");
        assert!(settings.spec.deletion_protection && settings.spec.insights && !settings.public);
        assert_eq!(settings.spec.network.flows[1].to_port, Some(3306));
    }

    #[test]
    fn binary_logs_are_always_kept_for_a_time_that_is_said() {
        let hours = |more: &str| {
            let plan = PLAN.replace("[cluster.network]", &format!("{more}\n[cluster.network]"));
            read(&plan).map(|settings| settings.binlog_retention_hours)
        };
        assert_eq!(hours("").expect("read"), Some(168));
        assert_eq!(hours("binlog_retention_hours = 2160").expect("read"), Some(2160));
        for wrong in ["0", "2161"] {
            let error = hours(&format!("binlog_retention_hours = {wrong}")).expect_err("no such time");
            assert!(
                error.to_string().contains("cluster.binlog_retention_hours"),
                "{error}"
            );
        }
    }

    #[test]
    fn other_tables_of_a_plan_stand_beside_it() {
        for table in [
            "source",
            "target",
            "replication",
            "load",
            "load.backup",
            "check",
            "cut_over",
            "gate",
            "slow",
            "trim",
        ] {
            let read = read(&format!("{PLAN}\n[{table}]\n"));
            assert!(read.is_ok(), "{table}: {read:?}");
        }
    }

    #[test]
    fn what_it_costs_is_by_the_plans_own_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("daybreak.toml");
        let plan = PLAN.replace(
            "region =",
            "prices = \"prices.toml\"\nserverless = [0.5, 4]\nregion =",
        );
        let plan = plan.replacen("db.r6g.large", "db.serverless", 1);
        std::fs::write(&path, &plan).expect("written");
        let table = "date = 2026-11-01\ncurrency = \"USD\"\ncapacity_unit_hour = 0.1\n[instance_hour]\n\"db.r6g.large\" = 0.25\n";
        std::fs::write(folder.path().join("prices.toml"), table).expect("written");
        let cost = super::read(&path).expect("read").cost.expect("a cost");
        // Two BI instances and a writer of half a unit to four.
        assert_eq!(
            cost.to_string(),
            "401.50 to 657.00 USD a month for the instances, by prices of 2026-11-01; storage, requests, backups and traffic are by use"
        );
        std::fs::write(&path, plan.replace("db.r6g.large", "db.x9.large")).expect("written");
        let cost = super::read(&path).expect("read").cost.expect("a cost");
        assert_eq!(cost.without_price, ["db.x9.large"]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (from, to, message, hint) in [
            (
                "region =",
                "regoin =",
                "unknown field `regoin`",
                "did you mean `region`?",
            ),
            (
                "role = \"bi\"",
                "role = \"by\"",
                "unknown variant `by`",
                "did you mean `bi`?",
            ),
            (
                "10.0.0.0/16",
                "0.0.0.0/0",
                "which is everybody",
                "open to nobody else",
            ),
        ] {
            let error = read(&PLAN.replace(from, to)).expect_err("wrong");
            assert!(error.to_string().contains(message), "{error}");
            assert!(
                error.hint().is_some_and(|found| found.contains(hint)),
                "{:?}",
                error.hint()
            );
        }
    }
}
