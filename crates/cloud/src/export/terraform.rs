//! As a module of Terraform, for its providers `hashicorp/aws` and `hashicorp/random`.

use super::hcl::{Block, Value, label, quoted};
use super::{is_made, is_v6, parted, rule};
use crate::resource::{Kind, MARK, PASSWORD_LENGTH, Resource};

/// The module's text.
#[must_use]
pub fn terraform(cluster: &str, region: &str, resources: &[Resource]) -> String {
    let mut text = format!(
        "terraform {{\n  required_providers {{\n    aws = {{\n      source = \"hashicorp/aws\"\n    }}\n    random = {{\n      source = \"hashicorp/random\"\n    }}\n  }}\n}}\n\n\
         provider \"aws\" {{\n  region = {}\n}}\n",
        quoted(region)
    );
    let writer = resources.iter().find(|resource| resource.kind == Kind::Instance);
    let writer = writer.map(|writer| writer.name.as_str());
    for resource in resources {
        text.push('\n');
        text.push_str(&block(cluster, resource, resources, writer));
    }
    text
}

fn tags(block: &mut Block, cluster: &str) {
    block.set(
        "tags",
        Value::Raw(format!("{{ {} = {} }}", quoted(MARK), quoted(cluster))),
    );
}

/// With a name, for what has no other.
fn named_tags(block: &mut Block, cluster: &str, name: &str) {
    let tags = format!(
        "{{ {} = {}, Name = {} }}",
        quoted(MARK),
        quoted(cluster),
        quoted(name)
    );
    block.set("tags", Value::Raw(tags));
}

fn on(resource: &Resource, name: &str) -> Value<'static> {
    Value::Raw((resource.get(name) == "true").to_string())
}

fn raw(resource: &Resource, name: &str) -> Value<'static> {
    // Of ours: numbers, which were parsed from the plan.
    Value::Raw(resource.get(name).to_owned())
}

fn to(kind: &str, name: &str, attribute: &str) -> Value<'static> {
    Value::Raw(format!("{kind}.{}.{attribute}", label(name)))
}

fn block(cluster: &str, resource: &Resource, all: &[Resource], writer: Option<&str>) -> String {
    let get = |name: &str| resource.get(name);
    let name = resource.name.as_str();
    match resource.kind {
        Kind::Vpc => {
            let mut block = Block::resource("aws_vpc", name);
            block
                .set("cidr_block", Value::Text(get("network")))
                .set("enable_dns_support", Value::Raw("true".to_owned()))
                .set("enable_dns_hostnames", on(resource, "dns_names"));
            named_tags(&mut block, cluster, name);
            block.end()
        }
        Kind::Subnet => {
            let mut block = Block::resource("aws_subnet", name);
            block
                .set("vpc_id", to("aws_vpc", get("vpc"), "id"))
                .set("cidr_block", Value::Text(get("network")))
                .set("availability_zone", Value::Text(get("zone")));
            named_tags(&mut block, cluster, name);
            block.end()
        }
        Kind::Secret => secret(cluster, resource),
        Kind::SubnetGroup => {
            let mut block = Block::resource("aws_db_subnet_group", name);
            block
                .set("name", Value::Text(name))
                .set("subnet_ids", subnet_ids(get("subnets"), all));
            tags(&mut block, cluster);
            block.end()
        }
        Kind::SecurityGroup => security_group(cluster, resource, all),
        Kind::ClusterParameters | Kind::InstanceParameters => {
            let kind = match resource.kind {
                Kind::ClusterParameters => "aws_rds_cluster_parameter_group",
                _ => "aws_db_parameter_group",
            };
            let mut block = Block::resource(kind, name);
            block
                .set("name", Value::Text(name))
                .set("family", Value::Text(get("family")));
            for (parameter, value) in resource.all("parameter") {
                block.within("parameter", |block| {
                    block
                        .set("name", Value::Text(parameter))
                        .set("value", Value::Text(value))
                        .set("apply_method", Value::Text("pending-reboot"));
                });
            }
            tags(&mut block, cluster);
            block.end()
        }
        Kind::Cluster => of_cluster(cluster, resource),
        Kind::Instance => {
            let mut block = Block::resource("aws_rds_cluster_instance", name);
            block
                .set("identifier", Value::Text(name))
                .set("cluster_identifier", to("aws_rds_cluster", get("cluster"), "id"))
                .set("engine", Value::Text(get("engine")))
                .set("instance_class", Value::Text(get("class")))
                .set("promotion_tier", raw(resource, "promotion_tier"))
                .set("publicly_accessible", on(resource, "public"))
                .set("performance_insights_enabled", on(resource, "insights"))
                .set("auto_minor_version_upgrade", on(resource, "minor_upgrades"))
                .set_some("availability_zone", get("zone"));
            if !get("parameters").is_empty() {
                block.set(
                    "db_parameter_group_name",
                    to("aws_db_parameter_group", get("parameters"), "name"),
                );
            }
            if let Some(writer) = writer.filter(|writer| *writer != name) {
                // The first that is made becomes the writer.
                block.set(
                    "depends_on",
                    Value::Raw(format!("[aws_rds_cluster_instance.{}]", label(writer))),
                );
            }
            tags(&mut block, cluster);
            block.end()
        }
        Kind::Endpoint => {
            let mut block = Block::resource("aws_rds_cluster_endpoint", name);
            let members =
                parted(get("members")).map(|member| format!("aws_rds_cluster_instance.{}.id", label(member)));
            let members: Vec<String> = members.collect();
            block
                .set("cluster_identifier", to("aws_rds_cluster", get("cluster"), "id"))
                .set("cluster_endpoint_identifier", Value::Text(name))
                .set("custom_endpoint_type", Value::Text(get("type")))
                .set("static_members", Value::Raw(format!("[{}]", members.join(", "))));
            tags(&mut block, cluster);
            block.end()
        }
        Kind::Alarm => alarm(cluster, resource),
    }
}

fn secret(cluster: &str, resource: &Resource) -> String {
    let name = resource.name.as_str();
    let mut password = Block::resource("random_password", name);
    password
        .set("length", Value::Raw(PASSWORD_LENGTH.to_string()))
        .set("special", Value::Raw("false".to_owned()));
    let mut secret = Block::resource("aws_secretsmanager_secret", name);
    secret.set("name", Value::Text(name));
    tags(&mut secret, cluster);
    let mut version = Block::resource("aws_secretsmanager_secret_version", name);
    let text = format!(
        "jsonencode({{ username = {}, password = random_password.{}.result }})",
        quoted(resource.get("administrator")),
        label(name)
    );
    version
        .set("secret_id", to("aws_secretsmanager_secret", name, "id"))
        .set("secret_string", Value::Raw(text));
    [password.end(), secret.end(), version.end()].join("\n")
}

/// Those that are made are referred to; those that were there are named.
fn subnet_ids<'a>(list: &'a str, all: &[Resource]) -> Value<'a> {
    if parted(list).any(|name| !is_made(all, Kind::Subnet, name)) {
        return Value::Texts(parted(list).collect());
    }
    let references = parted(list).map(|name| format!("aws_subnet.{}.id", label(name)));
    Value::Raw(format!("[{}]", references.collect::<Vec<_>>().join(", ")))
}

fn security_group(cluster: &str, resource: &Resource, all: &[Resource]) -> String {
    let vpc = match resource.get("vpc") {
        made if is_made(all, Kind::Vpc, made) => to("aws_vpc", made, "id"),
        there => Value::Text(there),
    };
    let mut block = Block::resource("aws_security_group", &resource.name);
    block
        .set("name", Value::Text(&resource.name))
        .set(
            "description",
            Value::Text("who reaches the cluster, and whom it reaches"),
        )
        .set("vpc_id", vpc);
    for (word, direction) in [("in", "ingress"), ("out", "egress")] {
        for (name, purpose) in resource.all(word) {
            let Some((network, port)) = rule(name) else {
                continue;
            };
            let list = if is_v6(network) {
                "ipv6_cidr_blocks"
            } else {
                "cidr_blocks"
            };
            block.within(direction, |block| {
                block
                    .set("description", Value::Text(purpose))
                    .set("protocol", Value::Text("tcp"))
                    .set("from_port", Value::Raw(port.to_string()))
                    .set("to_port", Value::Raw(port.to_string()))
                    .set(list, Value::Texts(vec![network]));
            });
        }
    }
    tags(&mut block, cluster);
    block.end()
}

fn of_cluster(cluster: &str, resource: &Resource) -> String {
    let get = |name: &str| resource.get(name);
    let mut block = Block::resource("aws_rds_cluster", &resource.name);
    block
        .set("cluster_identifier", Value::Text(&resource.name))
        .set("engine", Value::Text(get("engine")))
        .set("engine_version", Value::Text(get("version")))
        .set("master_username", Value::Text(get("administrator")))
        .set("master_password", to("random_password", get("secret"), "result"))
        .set_some("database_name", get("database"))
        .set(
            "db_cluster_parameter_group_name",
            to("aws_rds_cluster_parameter_group", get("parameters"), "name"),
        )
        .set(
            "db_subnet_group_name",
            to("aws_db_subnet_group", get("subnet_group"), "name"),
        )
        .set(
            "vpc_security_group_ids",
            Value::Raw(format!(
                "[aws_security_group.{}.id]",
                label(get("security_group"))
            )),
        )
        .set("port", raw(resource, "port"))
        .set("storage_encrypted", Value::Raw("true".to_owned()))
        .set_some("kms_key_id", get("key"));
    if get("storage") != "aurora" {
        block.set("storage_type", Value::Text(get("storage")));
    }
    block
        .set("backup_retention_period", raw(resource, "backup_days"))
        .set_some("preferred_backup_window", get("backup_window"))
        .set_some("preferred_maintenance_window", get("maintenance_window"))
        .set("deletion_protection", on(resource, "deletion_protection"))
        .set(
            "iam_database_authentication_enabled",
            on(resource, "iam_authentication"),
        )
        .set("copy_tags_to_snapshot", Value::Raw("true".to_owned()))
        .set(
            "enabled_cloudwatch_logs_exports",
            Value::Texts(parted(get("logs")).collect()),
        )
        .set("skip_final_snapshot", Value::Raw("false".to_owned()))
        .set(
            "final_snapshot_identifier",
            Value::Text(&format!("{}-last", resource.name)),
        );
    if let Some((least, most)) = get("serverless").split_once('-') {
        block.within("serverlessv2_scaling_configuration", |block| {
            block
                .set("min_capacity", Value::Raw(least.to_owned()))
                .set("max_capacity", Value::Raw(most.to_owned()));
        });
    }
    tags(&mut block, cluster);
    block.end()
}

fn alarm(cluster: &str, resource: &Resource) -> String {
    let get = |name: &str| resource.get(name);
    let mut block = Block::resource("aws_cloudwatch_metric_alarm", &resource.name);
    block
        .set("alarm_name", Value::Text(&resource.name))
        .set("namespace", Value::Text("AWS/RDS"))
        .set("metric_name", Value::Text(get("metric")))
        .set("statistic", Value::Text(get("statistic")))
        .set("comparison_operator", Value::Text(get("comparison")))
        .set("threshold", raw(resource, "threshold"))
        .set("period", Value::Raw("60".to_owned()))
        .set("evaluation_periods", Value::Raw("3".to_owned()))
        .set(
            "dimensions",
            Value::Raw(format!(
                "{{ DBClusterIdentifier = aws_rds_cluster.{}.cluster_identifier }}",
                label(get("cluster"))
            )),
        );
    if !get("notify").is_empty() {
        block.set("alarm_actions", Value::Texts(vec![get("notify")]));
    }
    tags(&mut block, cluster);
    block.end()
}
