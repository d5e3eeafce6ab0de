//! Calls of RDS that moto 5.2 lacks, answered in the shapes of the RDS API reference: custom endpoints, versions and classes on offer,
//! restores from S3 and from snapshots of instances, replicas of instances, events.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Custom endpoints by name.
pub(super) type Endpoints = BTreeMap<String, Endpoint>;

/// A custom endpoint.
#[derive(Debug)]
pub(super) struct Endpoint {
    cluster: String,
    kind: String,
    members: Vec<String>,
    tags: Vec<(String, String)>,
}

/// What is answered.
pub(super) enum Answer {
    /// The XML.
    Good(String),
    /// A code and a message.
    Refused(&'static str, String),
}

/// Zones of the region that moto has.
const ZONES: [&str; 3] = ["a", "b", "c"];

const REGION: &str = "eu-central-1";

/// The answer, where the call is one that moto lacks.
pub(super) fn answer(
    action: &str,
    form: &BTreeMap<String, String>,
    endpoints: &mut Endpoints,
    withheld: &BTreeSet<String>,
) -> Option<Answer> {
    let get = |name: &str| form.get(name).cloned().unwrap_or_default();
    let name = get("DBClusterEndpointIdentifier");
    let missing = || {
        Answer::Refused(
            "DBClusterEndpointNotFoundFault",
            format!("there is no endpoint {name}"),
        )
    };
    Some(match action {
        "CreateDBClusterEndpoint" => {
            if endpoints.contains_key(&name) {
                return Some(Answer::Refused(
                    "DBClusterEndpointAlreadyExistsFault",
                    format!("there is an endpoint {name}"),
                ));
            }
            let tags = (1..).map_while(|number| {
                let key = form.get(&format!("Tags.Tag.{number}.Key"))?;
                Some((key.clone(), get(&format!("Tags.Tag.{number}.Value"))))
            });
            let endpoint = Endpoint {
                cluster: get("DBClusterIdentifier"),
                kind: get("EndpointType"),
                members: members(form),
                tags: tags.collect(),
            };
            let text = described(&name, &endpoint);
            endpoints.insert(name, endpoint);
            result(action, &text)
        }
        "PromoteReadReplicaDBCluster" => result(action, "<DBCluster></DBCluster>"),
        "ModifyDBClusterEndpoint" => match endpoints.get_mut(&name) {
            None => missing(),
            Some(endpoint) => {
                endpoint.members = members(form);
                result(action, &described(&name, endpoint))
            }
        },
        "DeleteDBClusterEndpoint" => match endpoints.remove(&name) {
            None => missing(),
            Some(endpoint) => result(action, &described(&name, &endpoint)),
        },
        "DescribeDBClusterEndpoints" => {
            let wanted = endpoints
                .iter()
                .filter(|(found, _)| name.is_empty() || **found == name);
            let mut list = String::new();
            for (name, endpoint) in wanted {
                let _ = write!(
                    list,
                    "<DBClusterEndpointList>{}</DBClusterEndpointList>",
                    described(name, endpoint)
                );
            }
            result(
                action,
                &format!("<DBClusterEndpoints>{list}</DBClusterEndpoints>"),
            )
        }
        "ListTagsForResource" if get("ResourceName").contains(":cluster-endpoint:") => {
            let arn = get("ResourceName");
            let name = arn.rsplit(':').next().unwrap_or_default();
            let mut list = String::new();
            for (key, value) in endpoints
                .get(name)
                .into_iter()
                .flat_map(|endpoint| &endpoint.tags)
            {
                let _ = write!(list, "<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
            }
            result(action, &format!("<TagList>{list}</TagList>"))
        }
        "DescribeDBEngineVersions" => {
            let (engine, version) = (get("Engine"), get("EngineVersion"));
            let offered = if withheld.contains(&version) {
                String::new()
            } else {
                format!(
                    "<DBEngineVersion><Engine>{engine}</Engine><EngineVersion>{version}</EngineVersion></DBEngineVersion>"
                )
            };
            result(action, &format!("<DBEngineVersions>{offered}</DBEngineVersions>"))
        }
        "DescribeOrderableDBInstanceOptions" => {
            let class = get("DBInstanceClass");
            let mut zones = String::new();
            for zone in ZONES.map(|zone| format!("{REGION}{zone}")) {
                if !withheld.contains(&format!("{class} {zone}")) {
                    let _ = write!(zones, "<AvailabilityZone><Name>{zone}</Name></AvailabilityZone>");
                }
            }
            result(
                action,
                &format!(
                    "<OrderableDBInstanceOptions><OrderableDBInstanceOption><DBInstanceClass>{class}</DBInstanceClass>\
                     <AvailabilityZones>{zones}</AvailabilityZones></OrderableDBInstanceOption></OrderableDBInstanceOptions>"
                ),
            )
        }
        "DescribeEvents" => {
            // In the words of the User Guide.
            let message = "Recovered from Binary log filename 'mysql-bin.000042', position 4711";
            let instance = get("SourceIdentifier");
            result(
                action,
                &format!(
                    "<Events><Event><SourceIdentifier>{instance}</SourceIdentifier><SourceType>db-instance</SourceType>\
                     <Message>{message}</Message></Event></Events>"
                ),
            )
        }
        _ => return None,
    })
}

/// The form of the creation of an empty cluster, of that of one that is made from something. What has its administrator from there is
/// given one called `admin`.
pub(super) fn as_creation(form: &BTreeMap<String, String>) -> String {
    let own = [
        "S3",
        "Source",
        "SnapshotIdentifier",
        "ReplicationSourceIdentifier",
    ];
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in form
        .iter()
        .filter(|(name, _)| !own.iter().any(|own| name.starts_with(own)))
    {
        let value = if name == "Action" {
            "CreateDBCluster"
        } else {
            value
        };
        body.append_pair(name, value);
    }
    // A restored cluster is encrypted as its origin is.
    body.append_pair("StorageEncrypted", "true");
    if !form.contains_key("MasterUsername") {
        body.append_pair("MasterUsername", "admin");
        body.append_pair("MasterUserPassword", "that-of-its-origin");
    }
    body.finish()
}

/// Whether the call makes a cluster from something, which moto does not.
pub(super) fn is_made_from(action: &str, form: &BTreeMap<String, String>) -> bool {
    match action {
        "RestoreDBClusterFromS3" | "RestoreDBClusterFromSnapshot" => true,
        "CreateDBCluster" => form.contains_key("ReplicationSourceIdentifier"),
        _ => false,
    }
}

fn members(form: &BTreeMap<String, String>) -> Vec<String> {
    (1..)
        .map_while(|number| form.get(&format!("StaticMembers.member.{number}")).cloned())
        .collect()
}

fn described(name: &str, endpoint: &Endpoint) -> String {
    let mut members = String::new();
    for member in &endpoint.members {
        let _ = write!(members, "<member>{member}</member>");
    }
    let Endpoint { cluster, kind, .. } = endpoint;
    format!(
        "<DBClusterEndpointIdentifier>{name}</DBClusterEndpointIdentifier><DBClusterIdentifier>{cluster}</DBClusterIdentifier>\
         <EndpointType>CUSTOM</EndpointType><CustomEndpointType>{kind}</CustomEndpointType><Status>available</Status>\
         <StaticMembers>{members}</StaticMembers>\
         <DBClusterEndpointArn>arn:aws:rds:{REGION}:123456789012:cluster-endpoint:{name}</DBClusterEndpointArn>"
    )
}

/// Clusters' endpoints, which moto gives names of the service's, are on this machine: no test asks a name server, or anybody.
pub(super) fn at_home(text: &str) -> String {
    let mut parts = text.split("<Endpoint>");
    let mut home = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.split_once("</Endpoint>").map_or(part, |(_, rest)| rest);
        let _ = write!(home, "<Endpoint>127.0.0.1</Endpoint>{rest}");
    }
    home
}

/// An answer that says nothing but that it is done.
pub(super) fn done(action: &str) -> Answer {
    result(action, "")
}

fn result(action: &str, text: &str) -> Answer {
    Answer::Good(format!(
        "<{action}Response xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><{action}Result>{text}</{action}Result>\
         <ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></{action}Response>"
    ))
}
