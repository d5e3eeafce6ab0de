//! The resources that make a cluster, in the order in which they are made.

use std::collections::BTreeMap;

use crate::parameters;
use crate::port::Ground;
use crate::resource::{Kind, Resource};
use crate::spec::{Engine, InstanceGroup, Place, Role, Spec};

/// Every resource of the cluster.
#[must_use]
pub fn resources(spec: &Spec, ground: &Ground) -> Vec<Resource> {
    let mut all = network(spec);
    all.extend([
        Resource::new(
            Kind::Secret,
            secret_name(spec),
            [("administrator", spec.administrator.clone())],
        ),
        Resource::new(
            Kind::SubnetGroup,
            spec.name.clone(),
            [("subnets", sorted(&subnets(spec)))],
        ),
        security_group(spec),
    ]);
    let mut group = Resource::new(
        Kind::ClusterParameters,
        format!("{}-cluster", spec.name),
        [("family", parameters::family(spec))],
    );
    with_parameters(&mut group, &parameters::of_cluster(spec));
    all.push(group);
    for instances in &spec.instances {
        if let Some(name) = own_parameters(spec, instances) {
            let mut group = Resource::new(
                Kind::InstanceParameters,
                name,
                [("family", parameters::family(spec))],
            );
            with_parameters(&mut group, &instances.parameters);
            all.push(group);
        }
    }
    all.push(cluster(spec));
    all.extend(instances(spec, ground));
    all.extend(endpoints(spec));
    all.extend(alarms(spec));
    all
}

/// The VPC and its subnets, where they are made.
fn network(spec: &Spec) -> Vec<Resource> {
    let Place::Made { network, .. } = &spec.network.place else {
        return Vec::new();
    };
    let attributes = [("network", network.clone()), ("dns_names", "true".to_owned())];
    let mut made = vec![Resource::new(Kind::Vpc, spec.name.clone(), attributes)];
    let subnets = spec.network.place.made_subnets().into_iter();
    made.extend(subnets.map(|(zone, network)| {
        let attributes = [
            ("network", network),
            ("zone", zone.to_owned()),
            ("vpc", spec.name.clone()),
        ];
        Resource::new(Kind::Subnet, subnet_name(spec, zone), attributes)
    }));
    made
}

fn subnet_name(spec: &Spec, zone: &str) -> String {
    format!("{}-{zone}", spec.name)
}

/// Identifiers of the subnets, or the names of those that are made.
fn subnets(spec: &Spec) -> Vec<String> {
    match &spec.network.place {
        Place::There { subnets, .. } => subnets.clone(),
        Place::Made { zones, .. } => zones.iter().map(|zone| subnet_name(spec, zone)).collect(),
    }
}

/// Where the administrator's password is kept.
fn secret_name(spec: &Spec) -> String {
    format!("daybreak/{}/administrator", spec.name)
}

fn security_group(spec: &Spec) -> Resource {
    let vpc = match &spec.network.place {
        Place::There { vpc, .. } => vpc.clone(),
        Place::Made { .. } => spec.name.clone(),
    };
    let mut group = Resource::new(Kind::SecurityGroup, format!("{}-db", spec.name), [("vpc", vpc)]);
    for flow in &spec.network.flows {
        for network in &flow.networks {
            group
                .attributes
                .insert(format!("in {network} {}", spec.port), flow.purpose.clone());
            if let Some(port) = flow.to_port {
                group
                    .attributes
                    .insert(format!("out {network} {port}"), flow.purpose.clone());
            }
        }
    }
    group
}

fn with_parameters(group: &mut Resource, parameters: &BTreeMap<String, String>) {
    for (name, value) in parameters {
        group
            .attributes
            .insert(format!("parameter {name}"), value.clone());
    }
}

/// The name of the parameter group of instances that have one of their own.
fn own_parameters(spec: &Spec, group: &InstanceGroup) -> Option<String> {
    (!group.parameters.is_empty()).then(|| format!("{}-{}", spec.name, group.role.word()))
}

fn cluster(spec: &Spec) -> Resource {
    let mut cluster = Resource::new(
        Kind::Cluster,
        spec.name.clone(),
        [
            ("administrator", spec.administrator.clone()),
            ("backup_days", spec.backup_days.to_string()),
            ("deletion_protection", spec.deletion_protection.to_string()),
            ("encrypted", "true".to_owned()),
            ("engine", spec.engine.name().to_owned()),
            ("iam_authentication", spec.iam_authentication.to_string()),
            ("logs", sorted(&spec.logs)),
            ("parameters", format!("{}-cluster", spec.name)),
            ("port", spec.port.to_string()),
            ("secret", secret_name(spec)),
            ("security_group", format!("{}-db", spec.name)),
            ("storage", spec.storage.clone()),
            ("subnet_group", spec.name.clone()),
            ("version", spec.version.clone()),
        ],
    );
    let optional = [
        ("backup_window", &spec.backup_window),
        ("maintenance_window", &spec.maintenance_window),
        ("database", &spec.database),
        ("key", &spec.key),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            cluster.attributes.insert(name.to_owned(), value.clone());
        }
    }
    if let Some((least, most)) = spec.serverless {
        cluster
            .attributes
            .insert("serverless".to_owned(), format!("{least}-{most}"));
    }
    cluster
}

/// Instances with their names: the writer first, because the first that is made becomes it. Name and zone follow from the role and the
/// number within it alone, so that a plan that grows leaves what is there as it is.
fn instances(spec: &Spec, ground: &Ground) -> Vec<Resource> {
    let mut groups: Vec<&InstanceGroup> = spec.instances.iter().collect();
    groups.sort_by_key(|group| group.role);
    let mut made = Vec::new();
    let mut numbers: BTreeMap<Role, usize> = BTreeMap::new();
    for group in groups {
        for _ in 0..group.count {
            let number = numbers.entry(group.role).or_default();
            *number += 1;
            let name = match group.role {
                // There is one of the first, and seldom more of the second.
                Role::Writer | Role::Failover if *number == 1 => {
                    format!("{}-{}", spec.name, group.role.word())
                }
                _ => format!("{}-{}-{number}", spec.name, group.role.word()),
            };
            let mut instance = Resource::new(
                Kind::Instance,
                name,
                [
                    ("class", group.class.clone()),
                    ("cluster", spec.name.clone()),
                    ("engine", spec.engine.name().to_owned()),
                    ("insights", spec.insights.to_string()),
                    ("minor_upgrades", spec.minor_upgrades.to_string()),
                    ("promotion_tier", group.role.promotion_tier().to_string()),
                    ("public", spec.network.public.to_string()),
                ],
            );
            if let Some(parameters) = own_parameters(spec, group) {
                instance.attributes.insert("parameters".to_owned(), parameters);
            }
            if !ground.zones.is_empty() {
                // Beside the writer's zone first: a lone reader is what is left when that is gone.
                let place = if group.role == Role::Writer { 0 } else { *number };
                let zone = &ground.zones[place % ground.zones.len()];
                instance.attributes.insert("zone".to_owned(), zone.clone());
            }
            made.push(instance);
        }
    }
    made
}

/// The readers and the BI instances each behind an endpoint of their own: the cluster's reader endpoint leads to all of them.
fn endpoints(spec: &Spec) -> Vec<Resource> {
    let nobody = Ground {
        subnets: Vec::new(),
        zones: Vec::new(),
    };
    let named = |role: Role| {
        let all = instances(spec, &nobody).into_iter();
        let tier = role.promotion_tier().to_string();
        let names: Vec<String> = all
            .filter(|instance| instance.get("promotion_tier") == tier)
            .map(|instance| instance.name)
            .collect();
        names
    };
    let (readers, bi) = (named(Role::Reader), named(Role::Bi));
    let mut endpoints = Vec::new();
    for (word, members) in [("readers", readers), ("bi", bi)] {
        if !members.is_empty() {
            endpoints.push(Resource::new(
                Kind::Endpoint,
                format!("{}-{word}", spec.name),
                [
                    ("cluster", spec.name.clone()),
                    ("members", sorted(&members)),
                    // Who becomes the writer leaves it ("Types of Aurora endpoints").
                    ("type", "READER".to_owned()),
                ],
            ));
        }
    }
    endpoints
}

fn alarms(spec: &Spec) -> Vec<Resource> {
    let Some(alarms) = &spec.alarms else {
        return Vec::new();
    };
    let mut all = vec![
        (
            "lag",
            "AuroraReplicaLagMaximum",
            "Maximum",
            "GreaterThanThreshold",
            alarms.replica_lag_ms,
        ),
        (
            "cpu",
            "CPUUtilization",
            "Maximum",
            "GreaterThanThreshold",
            alarms.cpu_percent,
        ),
        (
            "connections",
            "DatabaseConnections",
            "Maximum",
            "GreaterThanThreshold",
            alarms.connections,
        ),
        (
            "local-storage",
            "FreeLocalStorage",
            "Minimum",
            "LessThanThreshold",
            alarms.free_local_storage,
        ),
        (
            "deadlocks",
            "Deadlocks",
            "Maximum",
            "GreaterThanThreshold",
            alarms.deadlocks,
        ),
    ];
    if spec.engine == Engine::Postgres {
        // A billion of the two that there are: vacuum has to be looked after long before.
        all.push((
            "transaction-ids",
            "MaximumUsedTransactionIDs",
            "Maximum",
            "GreaterThanThreshold",
            1e9,
        ));
    }
    all.into_iter()
        .map(|(word, metric, statistic, comparison, threshold)| {
            let mut alarm = Resource::new(
                Kind::Alarm,
                format!("{}-{word}", spec.name),
                [
                    ("cluster", spec.name.clone()),
                    ("comparison", comparison.to_owned()),
                    ("metric", metric.to_owned()),
                    ("statistic", statistic.to_owned()),
                    ("threshold", threshold.to_string()),
                ],
            );
            if let Some(topic) = &alarms.notify {
                alarm.attributes.insert("notify".to_owned(), topic.clone());
            }
            alarm
        })
        .collect()
}

fn sorted(names: &[String]) -> String {
    let mut names = names.to_vec();
    names.sort();
    names.join(",")
}

#[cfg(test)]
mod tests {
    use super::resources;
    use crate::port::Ground;
    use crate::resource::Kind;
    use crate::spec::Role;
    use crate::spec::tests::shop;

    #[test]
    fn roles_become_instances() {
        let ground = Ground {
            subnets: Vec::new(),
            zones: vec!["a".to_owned(), "b".to_owned()],
        };
        let all = resources(&shop(), &ground);
        let kinds: Vec<Kind> = all.iter().map(|resource| resource.kind).collect();
        assert!(kinds.is_sorted(), "made in the order of kinds");
        let instances: Vec<String> = all
            .iter()
            .filter(|resource| resource.kind == Kind::Instance)
            .map(|instance| {
                let get = |name| instance.get(name);
                format!(
                    "{} {} {} {}",
                    instance.name,
                    get("promotion_tier"),
                    get("zone"),
                    get("parameters")
                )
            })
            .collect();
        assert_eq!(
            instances,
            [
                "shop-writer 1 a ",
                "shop-failover 0 b ",
                "shop-reader-1 2 b ",
                "shop-reader-2 2 a ",
                "shop-bi-1 15 b shop-bi",
                "shop-bi-2 15 a shop-bi"
            ]
        );
        let endpoints: Vec<&str> = all
            .iter()
            .filter(|resource| resource.kind == Kind::Endpoint)
            .map(|endpoint| endpoint.get("members"))
            .collect();
        assert_eq!(endpoints, ["shop-reader-1,shop-reader-2", "shop-bi-1,shop-bi-2"]);
        let names: std::collections::BTreeSet<_> = all
            .iter()
            .map(|resource| (resource.kind, &resource.name))
            .collect();
        assert_eq!(names.len(), all.len(), "each by its own name");
    }

    #[test]
    fn a_plan_that_grows_leaves_what_is_there_as_it_is() {
        let ground = Ground {
            subnets: Vec::new(),
            zones: vec!["a".to_owned(), "b".to_owned(), "c".to_owned()],
        };
        let mut spec = shop();
        spec.instances.retain(|group| group.role != Role::Failover);
        spec.instances[1].count = 1;
        let before = resources(&spec, &ground);
        let after = resources(&shop(), &ground);
        for instance in before.iter().filter(|resource| resource.kind == Kind::Instance) {
            assert!(after.contains(instance), "{instance} stays");
        }
    }
}
