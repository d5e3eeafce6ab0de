//! Custom endpoints of a cluster.

use super::{Aws, parted, said, sorted, trouble};
use crate::error::CloudError;
use crate::port::Found;
use crate::resource::{Attributes, Resource};

impl Aws {
    pub(super) async fn find_endpoint(&self, name: &str) -> Result<Option<Found>, CloudError> {
        let request = self.rds.describe_db_cluster_endpoints();
        let answer = request.db_cluster_endpoint_identifier(name).send().await;
        let answer = answer.map_err(trouble::of("rds:DescribeDBClusterEndpoints", name))?;
        let Some(endpoint) = answer.db_cluster_endpoints().first() else {
            return Ok(None);
        };
        let members = endpoint.static_members().iter().map(String::as_str);
        let attributes = said([
            ("cluster", endpoint.db_cluster_identifier().map(str::to_owned)),
            ("members", Some(sorted(members))),
            ("type", endpoint.custom_endpoint_type().map(str::to_owned)),
        ]);
        let status = endpoint.status().unwrap_or_default().to_owned();
        Ok(Some(Found {
            id: endpoint
                .db_cluster_endpoint_resource_identifier()
                .map(str::to_owned),
            attributes,
            pending: Attributes::new(),
            ours: self.has_mark(endpoint.db_cluster_endpoint_arn()).await?,
            // Inactive: none of its members answers yet.
            ready: matches!(status.as_str(), "available" | "inactive"),
            status,
        }))
    }

    pub(super) async fn create_endpoint(&self, resource: &Resource) -> Result<(), CloudError> {
        let request = self
            .rds
            .create_db_cluster_endpoint()
            .db_cluster_endpoint_identifier(&resource.name)
            .db_cluster_identifier(resource.get("cluster"))
            .endpoint_type(resource.get("type"))
            .set_static_members(Some(parted(resource.get("members")).collect()))
            .tags(self.mark());
        let made = request.send().await.map(drop);
        made.map_err(trouble::of("rds:CreateDBClusterEndpoint", &resource.name))
    }

    pub(super) async fn update_endpoint(&self, resource: &Resource) -> Result<(), CloudError> {
        let request = self
            .rds
            .modify_db_cluster_endpoint()
            .db_cluster_endpoint_identifier(&resource.name)
            .endpoint_type(resource.get("type"))
            .set_static_members(Some(parted(resource.get("members")).collect()));
        let changed = request.send().await.map(drop);
        changed.map_err(trouble::of("rds:ModifyDBClusterEndpoint", &resource.name))
    }

    pub(super) async fn delete_endpoint(&self, name: &str) -> Result<(), CloudError> {
        let request = self.rds.delete_db_cluster_endpoint();
        let deleted = request.db_cluster_endpoint_identifier(name).send().await;
        deleted
            .map(drop)
            .map_err(trouble::of("rds:DeleteDBClusterEndpoint", name))
    }
}
