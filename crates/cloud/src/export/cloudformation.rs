//! As a template of CloudFormation (user guide, "AWS resource and property types reference").

use serde_json::{Map, Value, json};

use super::{is_made, is_v6, parted, rule};
use crate::resource::{Kind, MARK, PASSWORD_LENGTH, Resource};

/// The template. Custom endpoints are no resources of CloudFormation: they are named in its metadata, to be made by hand or by `apply`.
#[must_use]
pub fn cloudformation(cluster: &str, resources: &[Resource]) -> Value {
    let mut all = Map::new();
    let mut by_hand = Vec::new();
    let writer = resources.iter().find(|resource| resource.kind == Kind::Instance);
    let writer = writer.map(|writer| logical(writer.kind, &writer.name));
    for resource in resources {
        let name = logical(resource.kind, &resource.name);
        let tags = json!([{ "Key": MARK, "Value": cluster }]);
        let get = |name: &str| resource.get(name);
        // What is made with the cluster is referred to; what was there is named.
        let made_or = |kind: Kind, name: &str| match is_made(resources, kind, name) {
            true => reference(kind, name),
            false => json!(name),
        };
        let (kind, mut properties) = match resource.kind {
            Kind::Vpc => (
                "AWS::EC2::VPC",
                json!({
                    "CidrBlock": get("network"),
                    "EnableDnsSupport": true,
                    "EnableDnsHostnames": get("dns_names") == "true"
                }),
            ),
            Kind::Subnet => (
                "AWS::EC2::Subnet",
                json!({
                    "CidrBlock": get("network"),
                    "AvailabilityZone": get("zone"),
                    "VpcId": reference(Kind::Vpc, get("vpc"))
                }),
            ),
            Kind::Secret => (
                "AWS::SecretsManager::Secret",
                json!({
                    "Name": resource.name,
                    "Description": format!("administrator of {cluster}"),
                    "GenerateSecretString": {
                        "SecretStringTemplate": json!({ "username": get("administrator") }).to_string(),
                        "GenerateStringKey": "password",
                        "PasswordLength": PASSWORD_LENGTH,
                        "ExcludePunctuation": true
                    }
                }),
            ),
            Kind::SubnetGroup => (
                "AWS::RDS::DBSubnetGroup",
                json!({
                    "DBSubnetGroupName": resource.name,
                    "DBSubnetGroupDescription": format!("subnets of {cluster}"),
                    "SubnetIds": parted(get("subnets")).map(|name| made_or(Kind::Subnet, name)).collect::<Vec<_>>()
                }),
            ),
            Kind::SecurityGroup => (
                "AWS::EC2::SecurityGroup",
                security_group(resource, made_or(Kind::Vpc, get("vpc"))),
            ),
            Kind::ClusterParameters => (
                "AWS::RDS::DBClusterParameterGroup",
                json!({
                    "DBClusterParameterGroupName": resource.name,
                    "Description": format!("parameters of {cluster}"),
                    "Family": get("family"),
                    "Parameters": parameters(resource)
                }),
            ),
            Kind::InstanceParameters => (
                "AWS::RDS::DBParameterGroup",
                json!({
                    "DBParameterGroupName": resource.name,
                    "Description": format!("parameters of instances of {cluster}"),
                    "Family": get("family"),
                    "Parameters": parameters(resource)
                }),
            ),
            Kind::Cluster => ("AWS::RDS::DBCluster", of_cluster(resource)),
            Kind::Instance => ("AWS::RDS::DBInstance", instance(resource)),
            Kind::Endpoint => {
                by_hand.push(
                    json!({ "endpoint": resource.name, "members": get("members"), "type": get("type") }),
                );
                continue;
            }
            Kind::Alarm => ("AWS::CloudWatch::Alarm", alarm(resource)),
        };
        if resource.kind != Kind::Alarm {
            properties["Tags"] = tags;
        }
        if let (Kind::Vpc | Kind::Subnet, Some(tags)) = (resource.kind, properties["Tags"].as_array_mut()) {
            tags.push(json!({ "Key": "Name", "Value": resource.name }));
        }
        let mut made = json!({ "Type": kind, "Properties": properties });
        if resource.kind == Kind::Cluster {
            // Whoever takes the stack away keeps the data.
            made["DeletionPolicy"] = json!("Snapshot");
            made["UpdateReplacePolicy"] = json!("Snapshot");
        }
        if resource.kind == Kind::Instance && writer.as_ref().is_some_and(|writer| *writer != name) {
            // The first that is made becomes the writer.
            made["DependsOn"] = json!(writer);
        }
        all.insert(name, made);
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("Aurora cluster {cluster}"),
        "Metadata": { "ToBeMadeBeside": by_hand },
        "Resources": all
    })
}

/// A logical name: letters and digits.
fn logical(kind: Kind, name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let mut logical = match kind {
        Kind::Vpc => "Vpc",
        Kind::Subnet => "Subnet",
        Kind::Secret => "Secret",
        Kind::SubnetGroup => "SubnetGroup",
        Kind::SecurityGroup => "SecurityGroup",
        Kind::ClusterParameters => "ClusterParameters",
        Kind::InstanceParameters => "InstanceParameters",
        Kind::Cluster => "Cluster",
        Kind::Instance => "Instance",
        Kind::Endpoint => "Endpoint",
        Kind::Alarm => "Alarm",
    }
    .to_owned();
    for word in words {
        let mut letters = word.chars();
        logical.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        logical.extend(letters);
    }
    logical
}

fn reference(kind: Kind, name: &str) -> Value {
    json!({ "Ref": logical(kind, name) })
}

fn security_group(resource: &Resource, vpc: Value) -> Value {
    let rules = |word: &str| -> Vec<Value> {
        let rules = resource.all(word);
        let each = rules.filter_map(|(name, purpose)| {
            let (network, port) = rule(name)?;
            let key = if is_v6(network) { "CidrIpv6" } else { "CidrIp" };
            Some(json!({ "IpProtocol": "tcp", "FromPort": port, "ToPort": port, key: network, "Description": purpose }))
        });
        each.collect()
    };
    let mut out = rules("out");
    if out.is_empty() {
        // Without any, CloudFormation opens the way out to everybody.
        out.push(json!({ "IpProtocol": "-1", "CidrIp": "127.0.0.1/32", "Description": "nowhere" }));
    }
    json!({
        "GroupName": resource.name,
        "GroupDescription": "who reaches the cluster, and whom it reaches",
        "VpcId": vpc,
        "SecurityGroupIngress": rules("in"),
        "SecurityGroupEgress": out
    })
}

fn parameters(resource: &Resource) -> Value {
    let all = resource.all("parameter");
    Value::Object(all.map(|(name, value)| (name.to_owned(), json!(value))).collect())
}

fn of_cluster(resource: &Resource) -> Value {
    let get = |name: &str| resource.get(name);
    let secret = logical(Kind::Secret, get("secret"));
    let mut cluster = json!({
        "DBClusterIdentifier": resource.name,
        "Engine": get("engine"),
        "EngineVersion": get("version"),
        "MasterUsername": get("administrator"),
        "MasterUserPassword": { "Fn::Sub": format!("{{{{resolve:secretsmanager:${{{secret}}}:SecretString:password}}}}") },
        "DBClusterParameterGroupName": reference(Kind::ClusterParameters, get("parameters")),
        "DBSubnetGroupName": reference(Kind::SubnetGroup, get("subnet_group")),
        "VpcSecurityGroupIds": [{ "Fn::GetAtt": [logical(Kind::SecurityGroup, get("security_group")), "GroupId"] }],
        "Port": number(get("port")),
        "StorageEncrypted": true,
        "StorageType": get("storage"),
        "BackupRetentionPeriod": number(get("backup_days")),
        "DeletionProtection": get("deletion_protection") == "true",
        "EnableIAMDatabaseAuthentication": get("iam_authentication") == "true",
        "CopyTagsToSnapshot": true,
        "EnableCloudwatchLogsExports": parted(get("logs")).collect::<Vec<_>>()
    });
    let optional = [
        ("DatabaseName", "database"),
        ("KmsKeyId", "key"),
        ("PreferredBackupWindow", "backup_window"),
        ("PreferredMaintenanceWindow", "maintenance_window"),
    ];
    for (property, attribute) in optional {
        if !get(attribute).is_empty() {
            cluster[property] = json!(get(attribute));
        }
    }
    if let Some((least, most)) = get("serverless").split_once('-') {
        let capacity = |text: &str| text.parse::<f64>().unwrap_or(0.5);
        cluster["ServerlessV2ScalingConfiguration"] =
            json!({ "MinCapacity": capacity(least), "MaxCapacity": capacity(most) });
    }
    cluster
}

fn instance(resource: &Resource) -> Value {
    let get = |name: &str| resource.get(name);
    let mut instance = json!({
        "DBInstanceIdentifier": resource.name,
        "DBClusterIdentifier": reference(Kind::Cluster, get("cluster")),
        "Engine": get("engine"),
        "DBInstanceClass": get("class"),
        "PromotionTier": number(get("promotion_tier")),
        "PubliclyAccessible": get("public") == "true",
        "EnablePerformanceInsights": get("insights") == "true",
        "AutoMinorVersionUpgrade": get("minor_upgrades") == "true"
    });
    if !get("parameters").is_empty() {
        instance["DBParameterGroupName"] = reference(Kind::InstanceParameters, get("parameters"));
    }
    if !get("zone").is_empty() {
        instance["AvailabilityZone"] = json!(get("zone"));
    }
    instance
}

fn alarm(resource: &Resource) -> Value {
    let get = |name: &str| resource.get(name);
    let mut alarm = json!({
        "AlarmName": resource.name,
        "Namespace": "AWS/RDS",
        "MetricName": get("metric"),
        "Statistic": get("statistic"),
        "ComparisonOperator": get("comparison"),
        "Threshold": get("threshold").parse::<f64>().unwrap_or(0.0),
        "Period": 60,
        "EvaluationPeriods": 3,
        "TreatMissingData": "missing",
        "Dimensions": [{ "Name": "DBClusterIdentifier", "Value": reference(Kind::Cluster, get("cluster")) }]
    });
    if !get("notify").is_empty() {
        alarm["AlarmActions"] = json!([get("notify")]);
    }
    alarm
}

fn number(text: &str) -> Value {
    text.parse::<i64>().map_or(Value::Null, |number| json!(number))
}
