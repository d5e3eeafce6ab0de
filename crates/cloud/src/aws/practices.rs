//! A cluster held against AWS's own advice.

use super::Aws;
use super::query::{Service, element, first, within};
use super::security_group::parsed;
use crate::error::CloudError;
use crate::port::Cloud;
use crate::practice::{ClusterFacts, InstanceFacts, PRACTICES, Practice};
use crate::resource::Kind;

impl Aws {
    /// Every rule that the cluster does not follow: the rule, the object, what was seen. None where there is no such cluster.
    ///
    /// # Errors
    /// When AWS cannot be asked.
    pub async fn practices(
        &self,
        name: &str,
    ) -> Result<Option<Vec<(&'static Practice, String, String)>>, CloudError> {
        let Some(facts) = self.facts(name).await? else {
            return Ok(None);
        };
        let broken = PRACTICES.iter().flat_map(|practice| {
            let seen = (practice.look)(&facts).into_iter();
            seen.map(move |(object, evidence)| (practice, object, evidence))
        });
        Ok(Some(broken.collect()))
    }

    async fn facts(&self, name: &str) -> Result<Option<ClusterFacts>, CloudError> {
        let Some(cluster) = self.described(name).await? else {
            return Ok(None);
        };
        let mut facts = ClusterFacts {
            name: name.to_owned(),
            engine: cluster.engine().unwrap_or_default().to_owned(),
            ..ClusterFacts::default()
        };
        for member in cluster.db_cluster_members() {
            let Some(instance) = member.db_instance_identifier() else {
                continue;
            };
            let Some(found) = self.described_instance(instance).await? else {
                continue;
            };
            facts.instances.push(InstanceFacts {
                name: instance.to_owned(),
                class: found.db_instance_class().unwrap_or_default().to_owned(),
                tier: member.promotion_tier().unwrap_or(1),
                zone: found.availability_zone().unwrap_or_default().to_owned(),
                writer: member.is_cluster_writer() == Some(true),
                insights: found.performance_insights_enabled(),
                minor_upgrades: found.auto_minor_version_upgrade(),
            });
        }
        if let Some(group) = cluster.db_cluster_parameter_group() {
            let found = self.find(Kind::ClusterParameters, group).await?;
            let attributes = found.map(|found| found.attributes).unwrap_or_default();
            let named = attributes.into_iter();
            facts.parameters = named
                .filter_map(|(name, value)| Some((name.strip_prefix("parameter ")?.to_owned(), value)))
                .collect();
        }
        facts.alarmed = self.alarmed(name).await?;
        Ok(Some(facts))
    }

    /// Metrics of a cluster that an alarm looks at.
    async fn alarmed(&self, cluster: &str) -> Result<std::collections::BTreeSet<String>, CloudError> {
        let mut metrics = std::collections::BTreeSet::new();
        let mut next: Option<String> = None;
        loop {
            let form = next
                .map(|token| vec![("NextToken".to_owned(), token)])
                .unwrap_or_default();
            let answer = self
                .query
                .ask(Service::CloudWatch, "DescribeAlarms", cluster, &form)
                .await?;
            let document = parsed(&answer, "cloudwatch:DescribeAlarms", cluster)?;
            let root = document.root_element();
            let list = element(root, "MetricAlarms");
            for alarm in list.into_iter().flat_map(|list| within(list, "member")) {
                let of_cluster = within(alarm, "Dimensions")
                    .flat_map(|list| within(list, "member"))
                    .any(|dimension| first(dimension, "Value").as_deref() == Some(cluster));
                if of_cluster {
                    metrics.extend(
                        within(alarm, "MetricName")
                            .next()
                            .and_then(|node| node.text())
                            .map(str::to_owned),
                    );
                }
            }
            next = first(root, "NextToken");
            if next.is_none() {
                return Ok(metrics);
            }
        }
    }
}
