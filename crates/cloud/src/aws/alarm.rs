//! Alarms in CloudWatch.

use super::query::{Form, Service, element, first, within};
use super::security_group::parsed;
use super::{Aws, said};
use crate::error::CloudError;
use crate::port::Found;
use crate::resource::{Attributes, MARK, Resource};

impl Aws {
    pub(super) async fn find_alarm(&self, name: &str) -> Result<Option<Found>, CloudError> {
        let form = vec![("AlarmNames.member.1".to_owned(), name.to_owned())];
        let answer = self
            .query
            .ask(Service::CloudWatch, "DescribeAlarms", name, &form)
            .await?;
        let document = parsed(&answer, "cloudwatch:DescribeAlarms", name)?;
        let list = element(document.root_element(), "MetricAlarms");
        let Some(alarm) = list.and_then(|list| within(list, "member").next()) else {
            return Ok(None);
        };
        let own = |name: &str| {
            within(alarm, name)
                .next()
                .and_then(|node| node.text())
                .map(str::to_owned)
        };
        let threshold = own("Threshold").and_then(|text| text.parse::<f64>().ok());
        let actions = within(alarm, "AlarmActions").next();
        let topic = actions.and_then(|actions| first(actions, "member"));
        let attributes = said([
            ("comparison", own("ComparisonOperator")),
            ("metric", own("MetricName")),
            ("notify", topic),
            ("statistic", own("Statistic")),
            ("threshold", threshold.map(|threshold| threshold.to_string())),
        ]);
        let arn = own("AlarmArn").unwrap_or_default();
        let ours = self.has_alarm_mark(&arn).await?;
        Ok(Some(Found {
            id: Some(arn).filter(|arn| !arn.is_empty()),
            attributes,
            pending: Attributes::new(),
            ours,
            ready: true,
            status: own("StateValue").unwrap_or_default(),
        }))
    }

    async fn has_alarm_mark(&self, arn: &str) -> Result<bool, CloudError> {
        let form = vec![("ResourceARN".to_owned(), arn.to_owned())];
        let answer = self
            .query
            .ask(Service::CloudWatch, "ListTagsForResource", arn, &form)
            .await?;
        let document = parsed(&answer, "cloudwatch:ListTagsForResource", arn)?;
        let list = element(document.root_element(), "Tags");
        let mut tags = list.into_iter().flat_map(|list| within(list, "member"));
        Ok(tags.any(|tag| {
            first(tag, "Key").as_deref() == Some(MARK)
                && first(tag, "Value").as_deref() == Some(&self.cluster)
        }))
    }

    /// Makes an alarm, or another of it: a call for both ("PutMetricAlarm").
    pub(super) async fn put_alarm(&self, resource: &Resource) -> Result<(), CloudError> {
        let mut form: Form = [
            ("AlarmName", resource.name.as_str()),
            ("Namespace", "AWS/RDS"),
            ("MetricName", resource.get("metric")),
            ("Statistic", resource.get("statistic")),
            ("ComparisonOperator", resource.get("comparison")),
            ("Threshold", resource.get("threshold")),
            ("Period", "60"),
            ("EvaluationPeriods", "3"),
            ("TreatMissingData", "missing"),
            ("Dimensions.member.1.Name", "DBClusterIdentifier"),
            ("Dimensions.member.1.Value", resource.get("cluster")),
            ("Tags.member.1.Key", MARK),
            ("Tags.member.1.Value", &self.cluster),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if !resource.get("notify").is_empty() {
            form.push((
                "AlarmActions.member.1".to_owned(),
                resource.get("notify").to_owned(),
            ));
        }
        self.query
            .ask(Service::CloudWatch, "PutMetricAlarm", &resource.name, &form)
            .await
            .map(drop)
    }

    pub(super) async fn delete_alarm(&self, name: &str) -> Result<(), CloudError> {
        let form = vec![("AlarmNames.member.1".to_owned(), name.to_owned())];
        self.query
            .ask(Service::CloudWatch, "DeleteAlarms", name, &form)
            .await
            .map(drop)
    }
}
