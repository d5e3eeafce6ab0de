//! `daybreak provision` against a stand-in for AWS: a cluster of every role is made, found unchanged, drifts and is mended, fails over,
//! and goes; killed at each call it goes on without a second of anything; what AWS refuses is said.

use std::process::{Output, Stdio};

use daybreak_sandbox::{AwsStandIn, Estate, EstateOptions, Refusal, ServerKind, Tool, available};
use serde_json::Value;
use tokio::process::Command;

use crate::looking::{Looking, list};

pub(crate) struct Ground {
    pub(crate) looking: Looking,
    pub(crate) aws: AwsStandIn,
    pub(crate) vpc: String,
    pub(crate) subnets: Vec<String>,
}

/// All texts of elements of this name.
pub(crate) fn texts(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = xml.split(&open).skip(1);
    parts
        .filter_map(|part| part.split_once(&close).map(|(text, _)| text.to_owned()))
        .collect()
}

impl Ground {
    pub(crate) async fn lay() -> Option<Self> {
        let looking = Looking::new();
        let aws = available(AwsStandIn::start(&looking.sandbox).await)?;
        let form = [("Action", "DescribeSubnets"), ("Version", "2016-11-15")];
        let answer = aws.ask("ec2", &form).await.expect("subnets");
        let vpc = texts(&answer, "vpcId").remove(0);
        let subnets = texts(&answer, "subnetId");
        assert!(subnets.len() >= 2, "{answer}");
        Some(Self {
            looking,
            aws,
            vpc,
            subnets,
        })
    }

    /// A plan of a cluster; `more` stands before its network.
    pub(crate) fn plan(&self, name: &str, more: &str, instances: &[(&str, usize)]) -> String {
        let instances: String = instances
            .iter()
            .map(|(role, count)| {
                let parameters = match *role {
                    "bi" => "parameters = { aurora_parallel_query = true, max_execution_time = 0 }\n",
                    _ => "",
                };
                format!(
                    "[[cluster.instances]]\nrole = \"{role}\"\nclass = \"db.r6g.large\"\ncount = {count}\n{parameters}"
                )
            })
            .collect();
        format!(
            r#"
[cluster]
name = "{name}"
region = "eu-central-1"
endpoint_url = "{}"
engine = "aurora-mysql"
version = "8.0.mysql_aurora.3.10.0"
backup_window = "02:00-03:00"
maintenance_window = "sun:04:00-sun:05:00"
{more}
[cluster.network]
vpc = "{}"
subnets = ["{}", "{}"]
applications = ["10.0.0.0/16", "10.1.0.0/16"]
datacenter = ["192.168.7.0/24"]
bi = ["10.9.0.0/16"]
{instances}
[cluster.parameters]
character_set_server = "utf8mb4"
[cluster.alarms]
notify = "arn:aws:sns:eu-central-1:123456789012:night"
"#,
            self.aws.url(),
            self.vpc,
            self.subnets[0],
            self.subnets[1]
        )
    }

    /// The same plan with a VPC that is made with the cluster.
    pub(crate) fn with_own_network(&self, plan: &str) -> String {
        let there = format!(
            "vpc = \"{}\"\nsubnets = [\"{}\", \"{}\"]",
            self.vpc, self.subnets[0], self.subnets[1]
        );
        assert!(plan.contains(&there), "{plan}");
        let made = "create = \"10.40.0.0/16\"\nzones = [\"eu-central-1a\", \"eu-central-1b\"]";
        plan.replace(&there, made)
    }

    pub(crate) fn command(&self, name: &str, plan: &str, arguments: &[&str]) -> Command {
        let path = self.looking.folder.path().join(format!("{name}.toml"));
        std::fs::write(&path, plan).expect("a plan");
        let mut command = Command::new(env!("CARGO_BIN_EXE_daybreak"));
        command
            .args((!arguments.contains(&"--format")).then_some("--format=json"))
            .args((arguments.first() != Some(&"audit")).then_some("provision"))
            .args(arguments)
            .arg("--plan")
            .arg(path)
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7")
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env_remove("AWS_PROFILE")
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn run(&self, name: &str, plan: &str, arguments: &[&str]) -> Output {
        let mut command = self.command(name, plan, arguments);
        command.output().await.expect("the program runs")
    }

    /// Runs it to this exit status; its JSON.
    pub(crate) async fn json(&self, name: &str, plan: &str, arguments: &[&str], status: i32) -> Value {
        let output = self.run(name, plan, arguments).await;
        let said = String::from_utf8_lossy(&output.stderr);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{arguments:?}: {said}\n{printed}"
        );
        assert!(!said.contains("wJalr") && !printed.contains("wJalr"));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error} in {printed}"))
    }

    /// Runs it to a failure; what it says.
    pub(crate) async fn refused(&self, name: &str, plan: &str, arguments: &[&str]) -> String {
        let output = self.run(name, plan, arguments).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            matches!(output.status.code(), Some(1 | 2)),
            "{arguments:?}: {said}"
        );
        said
    }

    pub(crate) async fn ask(&self, service: &str, form: &[(&str, &str)]) -> String {
        let version = match service {
            "ec2" => "2016-11-15",
            "monitoring" => "2010-08-01",
            _ => "2014-10-31",
        };
        let form = [form, &[("Version", version)]].concat();
        self.aws.ask(service, &form).await.expect("an answer")
    }

    /// Deletes the snapshots that the stand-in makes of a cluster by itself: it names them by the minute, and the same name is
    /// refused to a cluster that comes again within it.
    async fn forget_automatic_snapshots(&self) {
        let answer = self.ask("rds", &[("Action", "DescribeDBClusterSnapshots")]).await;
        for name in texts(&answer, "DBClusterSnapshotIdentifier") {
            if name.starts_with("rds:") {
                let form = [
                    ("Action", "DeleteDBClusterSnapshot"),
                    ("DBClusterSnapshotIdentifier", &*name),
                ];
                self.ask("rds", &form).await;
            }
        }
    }

    /// What there is of the cluster: instances, security groups, parameter groups, alarms.
    pub(crate) async fn census(&self, name: &str) -> [usize; 4] {
        let begins = |all: Vec<String>| {
            all.iter()
                .filter(|one| one.starts_with(&format!("{name}-")))
                .count()
        };
        let instances = self.ask("rds", &[("Action", "DescribeDBInstances")]).await;
        let groups = self.ask("ec2", &[("Action", "DescribeSecurityGroups")]).await;
        let parameters = self
            .ask("rds", &[("Action", "DescribeDBClusterParameterGroups")])
            .await;
        let alarms = self.ask("monitoring", &[("Action", "DescribeAlarms")]).await;
        [
            begins(texts(&instances, "DBInstanceIdentifier")),
            begins(texts(&groups, "groupName")),
            begins(texts(&parameters, "DBClusterParameterGroupName")),
            begins(texts(&alarms, "AlarmName")),
        ]
    }

    /// VPCs and subnets that were made for a cluster.
    pub(crate) async fn network_of(&self, name: &str) -> [usize; 2] {
        let mut counts = [0, 0];
        let asked = [("DescribeVpcs", "cidrBlock"), ("DescribeSubnets", "subnetId")];
        for (count, (action, each)) in counts.iter_mut().zip(asked) {
            let form = [
                ("Action", action),
                ("Filter.1.Name", "tag:daybreak:cluster"),
                ("Filter.1.Value.1", name),
            ];
            let mut found = texts(&self.ask("ec2", &form).await, each);
            found.dedup();
            *count = found.len();
        }
        counts
    }
}

/// The resources that are not as they are to be, each with its attributes.
pub(crate) fn changed(report: &Value) -> Vec<String> {
    let changed = list(report, "resources")
        .iter()
        .filter(|resource| resource["action"] != "keep");
    let mut all = Vec::new();
    for resource in changed {
        let name = resource["name"].as_str().expect("a name");
        match resource["differences"].as_array() {
            Some(differences) => {
                let each = differences
                    .iter()
                    .map(|difference| difference["name"].as_str().expect("a name"));
                all.extend(each.map(|attribute| format!("{name}: {attribute}")));
            }
            None => all.push(name.to_owned()),
        }
    }
    all
}

pub(crate) const ROLES: [(&str, usize); 4] = [("writer", 1), ("failover", 1), ("reader", 2), ("bi", 2)];

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_every_role_lives_and_goes() {
    let Some(ground) = Ground::lay().await else {
        return;
    };
    let plan = ground.plan("shop", "", &ROLES);
    let planned = ground.json("shop", &plan, &["plan"], 0).await;
    let all = list(&planned, "resources").len();
    assert_eq!(changed(&planned).len(), all, "nothing is there");
    assert!(ground.aws.changes().is_empty(), "and nothing was made");
    ground.json("shop", &plan, &["drift"], 3).await;

    let made = ground.json("shop", &plan, &["apply"], 0).await;
    assert_eq!(list(&made, "created").len(), all);
    assert_eq!(ground.census("shop").await, [6, 1, 1, 5]);
    let done = ground.aws.changes().len();
    let again = ground.json("shop", &plan, &["apply"], 0).await;
    assert!(
        list(&again, "created").is_empty() && list(&again, "updated").is_empty(),
        "{again}"
    );
    assert_eq!(
        ground.aws.changes().len(),
        done,
        "the second time changes nothing"
    );
    assert_eq!(ground.json("shop", &plan, &["drift"], 0).await["changes"], 0);

    // Who may come is exactly who was planned.
    let groups = ground
        .ask(
            "ec2",
            &[
                ("Action", "DescribeSecurityGroups"),
                ("Filter.1.Name", "group-name"),
                ("Filter.1.Value.1", "shop-db"),
            ],
        )
        .await;
    let mut networks = texts(&groups, "cidrIp");
    networks.sort();
    assert_eq!(
        networks,
        [
            "10.0.0.0/16",
            "10.1.0.0/16",
            "10.9.0.0/16",
            "192.168.7.0/24",
            "192.168.7.0/24"
        ]
    );
    let id = texts(&groups, "groupId").remove(0);

    // Somebody changes things by hand.
    let open = [
        ("Action", "AuthorizeSecurityGroupIngress"),
        ("GroupId", &*id),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "3306"),
        ("IpPermissions.1.ToPort", "3306"),
        ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
    ];
    ground.ask("ec2", &open).await;
    ground
        .ask(
            "rds",
            &[
                ("Action", "ModifyDBInstance"),
                ("DBInstanceIdentifier", "shop-reader-2"),
                ("DBInstanceClass", "db.r6g.xlarge"),
                ("PromotionTier", "0"),
                ("ApplyImmediately", "true"),
            ],
        )
        .await;
    ground
        .ask(
            "rds",
            &[
                ("Action", "ModifyDBClusterParameterGroup"),
                ("DBClusterParameterGroupName", "shop-cluster"),
                ("Parameters.Parameter.1.ParameterName", "binlog_format"),
                ("Parameters.Parameter.1.ParameterValue", "STATEMENT"),
                ("Parameters.Parameter.1.ApplyMethod", "pending-reboot"),
            ],
        )
        .await;
    ground
        .ask(
            "rds",
            &[
                ("Action", "DeleteDBInstance"),
                ("DBInstanceIdentifier", "shop-bi-2"),
                ("SkipFinalSnapshot", "true"),
            ],
        )
        .await;
    ground
        .ask(
            "monitoring",
            &[("Action", "DeleteAlarms"), ("AlarmNames.member.1", "shop-cpu")],
        )
        .await;
    ground
        .ask(
            "rds",
            &[
                ("Action", "ModifyDBCluster"),
                ("DBClusterIdentifier", "shop"),
                ("BackupRetentionPeriod", "1"),
            ],
        )
        .await;
    let drifted = ground.json("shop", &plan, &["drift"], 3).await;
    assert_eq!(
        changed(&drifted),
        [
            "shop-db: in 0.0.0.0/0 3306",
            "shop-cluster: parameter binlog_format",
            "shop: backup_days",
            "shop-reader-2: class",
            "shop-reader-2: promotion_tier",
            "shop-bi-2",
            "shop-cpu",
        ]
    );
    ground.json("shop", &plan, &["apply"], 0).await;
    assert_eq!(ground.json("shop", &plan, &["drift"], 0).await["changes"], 0);

    // Static parameters count after a restart, which is said, and done when it is asked for: the writer last.
    for instance in ["shop-writer", "shop-reader-1"] {
        ground.aws.let_parameters_wait(instance);
    }
    let told = ground.json("shop", &plan, &["apply"], 0).await;
    assert_eq!(
        told["waiting_for_restart"],
        serde_json::json!(["shop-reader-1", "shop-writer"])
    );
    assert!(!ground.aws.changes().contains(&"RebootDBInstance".to_owned()));
    let told = ground.json("shop", &plan, &["apply", "--restart"], 0).await;
    assert_eq!(told["restarted"], 2);
    assert_eq!(told["waiting_for_restart"], serde_json::json!([]));

    // What was set and started again is read once more: neither an instance that kept the old ones nor a value that was not taken passes.
    ground.aws.keep_parameters_waiting("shop-bi-1");
    let said = ground.refused("shop", &plan, &["apply", "--restart"]).await;
    assert!(
        said.contains("parameters still wait for a start in shop-bi-1") && said.contains("hint:"),
        "{said}"
    );
    ground.aws.take_parameters_over();
    let told = ground.json("shop", &plan, &["apply", "--restart"], 0).await;
    assert_eq!(told["restarted"], 1);
    let other = plan.replace("utf8mb4", "latin1");
    ground.aws.swallow("ModifyDBClusterParameterGroup");
    let said = ground.refused("shop", &other, &["apply"]).await;
    assert!(
        said.contains(
            "cluster parameter group shop-cluster is not as it was set: parameter character_set_server is utf8mb4 and was to be latin1"
        ),
        "{said}"
    );

    let shown = ground
        .run("shop", &plan, &["failover", "--to", "shop-failover"])
        .await;
    assert!(shown.status.success() && !ground.aws.changes().contains(&"FailoverDBCluster".to_owned()));
    let moved = ground
        .json(
            "shop",
            &plan,
            &["failover", "--to", "shop-failover", "--execute"],
            0,
        )
        .await;
    assert_eq!(moved["writer"], "shop-failover");
    // Killed in the call, before and after AWS has it, it goes on with the one that it began; a second one of that name is none.
    for (name, done) in [("early", false), ("before", true)] {
        let held = ground.aws.hold(1, done);
        let mut command = ground.command("shop", &plan, &["snapshot", name]);
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = quiet.spawn().expect("it starts");
        assert_eq!(held.come().await.as_deref(), Some("CreateDBClusterSnapshot"));
        child.kill().await.expect("killed");
        let told = ground.json("shop", &plan, &["snapshot", name], 0).await;
        let taken = told["taken"].as_str().expect("when it was taken");
        assert!(told["begun_before"] == done && taken.starts_with('2'), "{told}");
        let begun = ground.aws.changes().len();
        let said = ground.refused("shop", &plan, &["snapshot", name]).await;
        assert!(
            said.contains(&format!(
                "snapshot {name} is there already: it is of cluster shop, taken at 2"
            )) && said.contains("choose another name"),
            "{said}"
        );
        assert_eq!(ground.aws.changes().len(), begun);
    }
    let calls = ground.aws.changes();
    let calls = calls.iter().filter(|call| *call == "CreateDBClusterSnapshot");
    assert_eq!(calls.count(), 3, "one for each, and the one that AWS never saw");

    // It goes only by its name, unprotected, and with a word on the data.
    let destroy = ["destroy", "--name", "shop", "--last-snapshot", "after"];
    assert!(
        ground
            .refused("shop", &plan, &destroy)
            .await
            .contains("protected from deletion")
    );
    let unprotected = ground.plan("shop", "deletion_protection = false", &ROLES);
    assert!(
        ground
            .refused(
                "shop",
                &unprotected,
                &["destroy", "--name", "shops", "--without-snapshot"]
            )
            .await
            .contains("and not shops")
    );
    assert!(
        ground
            .refused("shop", &unprotected, &["destroy", "--name", "shop"])
            .await
            .contains("--without-snapshot")
    );
    ground.json("shop", &unprotected, &["apply"], 0).await;
    // A last snapshot whose name is taken is refused while the instances still stand.
    let said = ground
        .refused(
            "shop",
            &unprotected,
            &["destroy", "--name", "shop", "--last-snapshot", "before"],
        )
        .await;
    assert!(said.contains("snapshot before is there already"), "{said}");
    assert_eq!(ground.census("shop").await, [6, 1, 1, 5]);
    let gone = ground.json("shop", &unprotected, &destroy, 0).await;
    assert_eq!(list(&gone, "deleted").len(), all);
    assert_eq!(ground.census("shop").await, [0, 0, 0, 0]);
    let snapshots = ground
        .ask("rds", &[("Action", "DescribeDBClusterSnapshots")])
        .await;
    let snapshots = texts(&snapshots, "DBClusterSnapshotIdentifier");
    assert!(
        snapshots.contains(&"before".to_owned()) && snapshots.contains(&"after".to_owned()),
        "{snapshots:?}"
    );
    ground.forget_automatic_snapshots().await;
    // And comes again, with the secret's name, which is kept for some days.
    ground.json("shop", &unprotected, &["apply"], 0).await;
    assert_eq!(
        ground.json("shop", &unprotected, &["drift"], 0).await["changes"],
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_call_it_goes_on() {
    let Some(ground) = Ground::lay().await else {
        return;
    };
    let roles = [("writer", 1), ("reader", 1), ("bi", 1)];
    let plan =
        |name: &str| ground.with_own_network(&ground.plan(name, "deletion_protection = false", &roles));
    let destroy = |name: &'static str| ["destroy", "--name", name, "--without-snapshot"];
    ground.json("first", &plan("first"), &["apply"], 0).await;
    let making = ground.aws.changes().len();
    ground.json("first", &plan("first"), &destroy("first"), 0).await;
    let deleting = ground.aws.changes().len() - making;
    assert!(making > 15 && deleting > 10, "{making} {deleting}");
    for nth in 1..=making.max(deleting) {
        for done in [false, true] {
            let plan = plan("shop");
            for (arguments, calls) in [(&["apply"] as &[&str], making), (&destroy("shop"), deleting)] {
                if nth <= calls {
                    let held = ground.aws.hold(nth, done);
                    let mut command = ground.command("shop", &plan, arguments);
                    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
                    let mut child = quiet.spawn().expect("it starts");
                    let action = held.come().await.expect("a call");
                    child.kill().await.expect("killed");
                    let output = ground.run("shop", &plan, arguments).await;
                    let said = String::from_utf8_lossy(&output.stderr);
                    assert!(
                        output.status.success(),
                        "{arguments:?} at {nth} {action}, done: {done}: {said}"
                    );
                } else {
                    ground.json("shop", &plan, arguments, 0).await;
                }
                let census = ground.census("shop").await;
                ground.forget_automatic_snapshots().await;
                if arguments == ["apply"] {
                    assert_eq!(census, [3, 1, 1, 5], "at {nth}, done: {done}");
                    assert_eq!(ground.network_of("shop").await, [1, 2], "at {nth}, done: {done}");
                    assert_eq!(ground.json("shop", &plan, &["drift"], 0).await["changes"], 0);
                } else {
                    assert_eq!(census, [0, 0, 0, 0], "at {nth}, done: {done}");
                    assert_eq!(ground.network_of("shop").await, [0, 0], "at {nth}, done: {done}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_aws_refuses_is_said_and_nothing_is_forgotten() {
    let Some(ground) = Ground::lay().await else {
        return;
    };
    let roles = [("writer", 1), ("reader", 1)];
    let plan = ground.plan("shop", "deletion_protection = false", &roles);
    let refuse = |action: &str, code: &str, times: usize| {
        let status = if code == "Throttling" { 400 } else { 403 };
        let refusal = Refusal {
            code: code.to_owned(),
            message: "as AWS says it".to_owned(),
            status,
            times,
        };
        ground.aws.refuse(action, refusal);
    };
    // Before anything is made.
    ground.aws.withhold_version("8.0.mysql_aurora.3.99.0");
    let other = plan.replace("3.10.0", "3.99.0");
    let said = ground.refused("shop", &other, &["apply"]).await;
    assert!(
        said.contains("aurora-mysql 8.0.mysql_aurora.3.99.0") && said.contains("does not offer it"),
        "{said}"
    );
    ground.aws.withhold_class("db.x9.large", "eu-central-1b");
    let other = plan.replace("db.r6g.large", "db.x9.large");
    let said = ground.refused("shop", &other, &["apply"]).await;
    assert!(
        said.contains("db.x9.large") && said.contains("not offered in eu-central-1b"),
        "{said}"
    );
    refuse("DescribeSubnets", "RequestExpired", 1);
    let said = ground.refused("shop", &plan, &["apply"]).await;
    assert!(
        said.contains("ec2:DescribeSubnets") && said.contains("aws sso login"),
        "{said}"
    );
    let beside = [
        ("Action", "CreateSubnet"),
        ("VpcId", &*ground.vpc),
        ("CidrBlock", "172.31.128.0/20"),
        ("AvailabilityZone", "eu-central-1a"),
    ];
    let beside = texts(&ground.ask("ec2", &beside).await, "subnetId").remove(0);
    let one = plan.replace(&ground.subnets[1], &beside);
    let said = ground.refused("shop", &one, &["apply"]).await;
    assert!(said.contains("two availability zones"), "{said}");
    let public = plan.replace("[cluster.network]", "[cluster.network]\npublic = true");
    let said = ground.refused("shop", &public, &["apply"]).await;
    assert!(said.contains("a second time with `--public`"), "{said}");
    let foreign: [(&str, &str); 4] = [
        ("Action", "CreateDBClusterParameterGroup"),
        ("DBClusterParameterGroupName", "shop-cluster"),
        ("DBParameterGroupFamily", "aurora-mysql8.0"),
        ("Description", "x"),
    ];
    ground.ask("rds", &foreign).await;
    let said = ground.refused("shop", &plan, &["apply"]).await;
    assert!(
        said.contains("cluster parameter group shop-cluster is there and is none that this plan made"),
        "{said}"
    );
    assert!(ground.aws.changes().is_empty(), "{:?}", ground.aws.changes());
    ground
        .ask(
            "rds",
            &[
                ("Action", "DeleteDBClusterParameterGroup"),
                ("DBClusterParameterGroupName", "shop-cluster"),
            ],
        )
        .await;

    // In the middle: what was made is found again.
    for (action, code, words) in [
        (
            "CreateSecret",
            "AccessDeniedException",
            "allow secretsmanager:CreateSecret",
        ),
        (
            "CreateSecurityGroup",
            "SecurityGroupLimitExceeded",
            "higher quota",
        ),
        (
            "AuthorizeSecurityGroupEgress",
            "UnauthorizedOperation",
            "allow ec2:AuthorizeSecurityGroupEgress",
        ),
        ("CreateDBCluster", "ExpiredToken", "aws sso login"),
        ("CreateDBCluster", "DBClusterQuotaExceededFault", "higher quota"),
        (
            "CreateDBInstance",
            "InsufficientDBInstanceCapacity",
            "that the region offers",
        ),
        (
            "PutMetricAlarm",
            "AccessDenied",
            "allow cloudwatch:PutMetricAlarm",
        ),
    ] {
        refuse(action, code, 1);
        let said = ground.refused("shop", &plan, &["apply"]).await;
        assert!(said.contains(code) && said.contains(words), "{action}: {said}");
    }
    // An intent that was refused makes nobody's resource ours.
    refuse("CreateDBClusterParameterGroup", "AccessDenied", 1);
    let other = ground.plan("other", "deletion_protection = false", &roles);
    ground.refused("other", &other, &["apply"]).await;
    let theirs = foreign.map(|(key, value)| {
        (
            key,
            if value == "shop-cluster" {
                "other-cluster"
            } else {
                value
            },
        )
    });
    ground.ask("rds", &theirs).await;
    let done = ground.aws.changes();
    let said = ground.refused("other", &other, &["apply"]).await;
    assert!(
        said.contains("other-cluster is there and is none that this plan made"),
        "{said}"
    );
    assert_eq!(ground.aws.changes(), done, "and it is left as it is");
    // Asked to ask less, it waits and goes on by itself; when that does not help, it says so.
    refuse("PutMetricAlarm", "Throttling", 2);
    refuse("CreateDBClusterEndpoint", "Throttling", 2);
    ground.json("shop", &plan, &["apply"], 0).await;
    assert_eq!(ground.census("shop").await, [2, 1, 1, 5]);
    refuse("DescribeSecurityGroups", "RequestLimitExceeded", 5);
    let said = ground.refused("shop", &plan, &["drift"]).await;
    assert!(said.contains("again in a minute"), "{said}");
    assert_eq!(ground.json("shop", &plan, &["drift"], 0).await["changes"], 0);
    // What cannot be changed is refused before what stands before it in the plan is.
    let other = plan.replace("[cluster.network]", "administrator = \"boss\"\n[cluster.network]");
    let other = other.replace("10.1.0.0/16", "10.2.0.0/16");
    let done = ground.aws.changes();
    let said = ground.refused("shop", &other, &["apply"]).await;
    assert!(
        said.contains("cluster shop: administrator cannot be changed once it is made"),
        "{said}"
    );
    assert_eq!(ground.aws.changes(), done, "the security group, too");
}

/// The same names are in every account and region, and a name may be given to another: what goes is what was made, or nothing does.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_made_here_is_not_destroyed() {
    let Some(ground) = Ground::lay().await else {
        return;
    };
    let plan = ground.plan("shop", "deletion_protection = false", &[("writer", 1)]);
    let destroy = ["destroy", "--name", "shop", "--without-snapshot"];
    let made = ground.json("shop", &plan, &["apply"], 0).await;
    let all = list(&made, "created").len();
    let before = ground.aws.changes().len();

    // The plan's region is another by now, where nothing of it is.
    let elsewhere = plan.replacen("region = \"eu-central-1\"", "region = \"eu-west-1\"", 1);
    let failover: &[&str] = &["failover", "--execute"];
    let promote: &[&str] = &["promote", "--execute"];
    for arguments in [&destroy as &[&str], &["apply"], &["drift"], failover] {
        let said = ground.refused("shop", &elsewhere, arguments).await;
        assert!(
            said.contains("account 123456789012 in eu-central-1") && said.contains("in eu-west-1"),
            "{arguments:?}: {said}"
        );
        assert!(said.contains("hint: nothing was changed"), "{said}");
    }
    // The credentials are of another account.
    let role = [
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", "arn:aws:iam::111122223333:role/other"),
        ("RoleSessionName", "night"),
    ];
    let other = ground.aws.ask("sts", &role).await.expect("another account");
    let mut command = ground.command("shop", &plan, &destroy);
    for (variable, element) in [
        ("AWS_ACCESS_KEY_ID", "AccessKeyId"),
        ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
        ("AWS_SESSION_TOKEN", "SessionToken"),
    ] {
        command.env(variable, texts(&other, element).remove(0));
    }
    let output = command.output().await.expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() == Some(1) && said.contains("this would be account 111122223333"),
        "{said}"
    );

    // Somebody deletes the cluster, and makes another under its name, with our mark.
    let writer = [
        ("Action", "DeleteDBInstance"),
        ("DBInstanceIdentifier", "shop-writer"),
        ("SkipFinalSnapshot", "true"),
    ];
    ground.ask("rds", &writer).await;
    let cluster = [
        ("Action", "DeleteDBCluster"),
        ("DBClusterIdentifier", "shop"),
        ("SkipFinalSnapshot", "true"),
    ];
    ground.ask("rds", &cluster).await;
    let another = [
        ("Action", "CreateDBCluster"),
        ("DBClusterIdentifier", "shop"),
        ("Engine", "aurora-mysql"),
        ("MasterUsername", "admin"),
        ("MasterUserPassword", "not-ours-at-all"),
        ("Tags.Tag.1.Key", "daybreak:cluster"),
        ("Tags.Tag.1.Value", "shop"),
    ];
    ground.forget_automatic_snapshots().await;
    let answer = ground.ask("rds", &another).await;
    let theirs = texts(&answer, "DbClusterResourceId");
    let theirs = theirs.first().unwrap_or_else(|| panic!("{answer}"));
    let snapshot: &[&str] = &["snapshot", "before"];
    for arguments in [&destroy as &[&str], &["apply"], failover, promote, snapshot] {
        let said = ground.refused("shop", &plan, arguments).await;
        assert!(
            said.contains("cluster shop is there and is not the one that this plan made")
                && said.contains(theirs),
            "{arguments:?}: {said}"
        );
    }
    assert_eq!(ground.aws.changes().len(), before, "{:?}", ground.aws.changes());
    assert_eq!(ground.census("shop").await, [0, 1, 1, 5]);
    // Once that is gone, so is the rest; and nothing of it stands in the way of another region's.
    ground.ask("rds", &cluster).await;
    let gone = ground.json("shop", &plan, &destroy, 0).await;
    assert_eq!(list(&gone, "deleted").len(), all - 2, "{gone}");
    assert_eq!(ground.census("shop").await, [0, 0, 0, 0]);
    let said = ground.refused("shop", &elsewhere, &["apply"]).await;
    assert!(!said.contains("was made in"), "{said}");
}

/// Reads the first argument with a program of Python's; what it printed, or nothing when it found fault.
const LINT: &str = "import sys\nfrom cfnlint.runner import main\nsys.argv = ['cfn-lint', sys.argv[1], '-r', 'eu-central-1']\nmain()";
const PARSE: &str = "import sys, json, hcl2\nprint(json.dumps(hcl2.load(open(sys.argv[1]))))";

#[tokio::test(flavor = "multi_thread")]
async fn the_same_cluster_as_code() {
    let Some(ground) = Ground::lay().await else {
        return;
    };
    let Some(python) = available(ground.looking.sandbox.tool(Tool::Templates).await) else {
        return;
    };
    let read = async |script: &str, text: &str, name: &str| {
        let file = ground.looking.folder.path().join(name);
        std::fs::write(&file, text).expect("written");
        let mut command = Command::new(python.program("python3"));
        command.args(["-c", script]).arg(file);
        command.envs(python.environment.iter().map(|(name, value)| (*name, value)));
        let output = command.output().await.expect("python runs");
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), said)
    };
    let hostile = "init_connect = \"SET @a = '${x} %{y} \\\"z\\\" \\\\'\"\n[cluster.alarms]";
    let plan = ground.plan("shop", "serverless = [0.5, 16]", &ROLES);
    let plan = plan.replacen("[cluster.alarms]", hostile, 1);
    let export = async |plan: &str, format: &str| {
        let mut command = ground.command("shop", plan, &["export", "--format", format]);
        let output = command.output().await.expect("the program runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let template = export(&plan, "cloudformation").await;
    let (good, said) = read(LINT, &template, "template.json").await;
    assert!(good && said.is_empty(), "{said}");
    let (good, said) = read(
        LINT,
        &template.replacen("\"Engine\"", "\"Enginge\"", 1),
        "broken.json",
    )
    .await;
    assert!(!good && said.contains("Enginge"), "it can find fault");
    let template: Value = serde_json::from_str(&template).expect("JSON");
    let made = template["Resources"].as_object().expect("resources");
    let count = |kind: &str| made.values().filter(|resource| resource["Type"] == kind).count();
    assert_eq!(count("AWS::RDS::DBInstance"), 6);
    assert_eq!(count("AWS::CloudWatch::Alarm"), 5);
    assert_eq!(list(&template["Metadata"], "ToBeMadeBeside").len(), 2);

    let module = export(&plan, "terraform").await;
    let (good, said) = read(PARSE, &module, "main.tf").await;
    assert!(good, "{said}");
    let parsed: Value = serde_json::from_str(&said).expect("JSON");
    let kinds: Vec<String> = list(&parsed, "resource")
        .iter()
        .flat_map(|resource| resource.as_object().expect("a block").keys())
        .map(|kind| kind.trim_matches('"').to_owned())
        .collect();
    let count = |kind: &str| kinds.iter().filter(|found| *found == kind).count();
    assert_eq!(count("aws_rds_cluster_instance"), 6);
    assert_eq!(count("aws_rds_cluster_endpoint"), 2);
    assert_eq!(count("aws_cloudwatch_metric_alarm"), 5);
    assert!(module.contains("$${x} %%{y}"), "text is no expression");

    // With a network of its own, what is made is referred to.
    let own = ground.with_own_network(&plan);
    let template = export(&own, "cloudformation").await;
    // W3010 is against zones by name: the plan names them, because its instances take turns in them.
    let lint = LINT.replace("'-r'", "'-i', 'W3010', '-r'");
    let (good, said) = read(&lint, &template, "own.json").await;
    assert!(good && said.is_empty(), "{said}");
    let template: Value = serde_json::from_str(&template).expect("JSON");
    let made = template["Resources"].as_object().expect("resources");
    let of = |kind: &'static str| made.iter().filter(move |(_, resource)| resource["Type"] == kind);
    let subnets: Vec<Value> = of("AWS::EC2::Subnet")
        .map(|(name, _)| serde_json::json!({ "Ref": name }))
        .collect();
    assert_eq!(subnets.len(), 2);
    let (_, group) = of("AWS::RDS::DBSubnetGroup").next().expect("a group");
    assert_eq!(*list(&group["Properties"], "SubnetIds"), subnets);
    let module = export(&own, "terraform").await;
    let (good, said) = read(PARSE, &module, "own.tf").await;
    assert!(good, "{said}");
    let vpc = "vpc_id = aws_vpc.shop.id";
    assert_eq!(
        module.matches(vpc).count(),
        3,
        "two subnets and the group: {module}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_a_server_become_parameters() {
    let looking = Looking::new();
    let of_mysql: &[(&str, &str, &str)] = &[
        ("max_allowed_packet", "33554432", "instance_parameter"),
        ("group_concat_max_len", "4096", "instance_parameter"),
        ("event_scheduler", "ON", "cluster_parameter"),
        ("sync_binlog", "7", "other"),
        ("innodb_io_capacity", "333", "nothing"),
    ];
    let of_postgres: &[(&str, &str, &str)] = &[
        ("work_mem", "6144", "cluster_parameter"),
        ("statement_timeout", "70000", "cluster_parameter"),
        ("track_io_timing", "on", "cluster_parameter"),
        ("wal_compression", "pglz", "nothing"),
        ("listen_addresses", "", "nothing"),
    ];
    for (kind, settings) in [
        (ServerKind::Mysql97, of_mysql),
        (ServerKind::Mysql56, &of_mysql[..3]),
        (ServerKind::MariaDb1011, of_mysql),
        (ServerKind::Postgres(17), of_postgres),
    ] {
        let set = settings.iter().filter(|(name, ..)| *name != "listen_addresses");
        let options = set.fold(EstateOptions::new(kind), |options, (name, value, _)| {
            options.setting(name, value)
        });
        let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
            continue;
        };
        let told = looking
            .json(&estate.primary, &estate.admin, &["provision", "parameters"], 0)
            .await;
        for (name, value, becomes) in settings {
            let one = told
                .as_array()
                .expect("a list")
                .iter()
                .find(|one| one["name"] == *name);
            let one = one.unwrap_or_else(|| panic!("{kind}: {name} in {told:#}"));
            assert_eq!(one["becomes"], *becomes, "{kind}: {one}");
            assert!(value.is_empty() || one["value"] == *value, "{kind}: {one}");
        }
        // What goes over can be pasted into a plan.
        let output = looking
            .run(&estate.primary, &estate.admin, &["provision", "parameters"])
            .await;
        let text = String::from_utf8_lossy(&output.stdout);
        let pasted: toml::Table = text
            .parse()
            .unwrap_or_else(|error| panic!("{kind}: {error}: {text}"));
        assert!(!pasted.is_empty(), "{text}");
    }
}
