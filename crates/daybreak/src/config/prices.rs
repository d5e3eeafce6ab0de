//! What a cluster costs a month, by a table of prices that the plan names: prices change, and no program knows them.

use std::collections::BTreeMap;
use std::path::Path;

use daybreak_cloud::Spec;
use serde::{Deserialize, Serialize};

use super::{PlanError, raw};

/// Hours of a month, as AWS counts them.
const HOURS: f64 = 730.0;

/// A table of prices. Every key is listed here once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prices {
    /// Of which day they are.
    date: toml::value::Datetime,
    /// Of what, such as `USD`.
    currency: String,
    /// Of an instance of each class, by the hour.
    #[serde(default)]
    instance_hour: BTreeMap<String, f64>,
    /// Of a capacity unit of Serverless v2, by the hour.
    capacity_unit_hour: Option<f64>,
}

/// What the instances cost a month; storage, requests, backups and traffic are by use and not in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Cost {
    /// At least: with Serverless v2 at its least capacity.
    pub(crate) from: f64,
    /// At most.
    pub(crate) to: f64,
    /// Of what.
    pub(crate) currency: String,
    /// The day of the prices.
    pub(crate) prices_of: String,
    /// Classes the table does not have: they are not in it.
    pub(crate) without_price: Vec<String>,
}

impl Prices {
    pub(super) fn read(path: &Path) -> Result<Self, PlanError> {
        let text = std::fs::read_to_string(path).map_err(|error| PlanError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        raw::parse_as(path, &text)
    }

    /// What a cluster's instances cost.
    pub(crate) fn cost(&self, spec: &Spec) -> Cost {
        let mut cost = Cost {
            from: 0.0,
            to: 0.0,
            currency: self.currency.clone(),
            prices_of: self.date.to_string(),
            without_price: Vec::new(),
        };
        for group in &spec.instances {
            let price = match (group.class.as_str(), spec.serverless, self.capacity_unit_hour) {
                ("db.serverless", Some((least, most)), Some(unit)) => Some((least * unit, most * unit)),
                (class, ..) => self.instance_hour.get(class).map(|price| (*price, *price)),
            };
            match price {
                Some((from, to)) => {
                    #[expect(clippy::cast_precision_loss, reason = "a cluster has at most 16 instances")]
                    let hours = group.count as f64 * HOURS;
                    cost.from += from * hours;
                    cost.to += to * hours;
                }
                None if cost.without_price.contains(&group.class) => {}
                None => cost.without_price.push(group.class.clone()),
            }
        }
        cost
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            from,
            to,
            currency,
            prices_of,
            ..
        } = self;
        if (to - from).abs() < 0.005 {
            write!(f, "{from:.2} {currency} a month")?;
        } else {
            write!(f, "{from:.2} to {to:.2} {currency} a month")?;
        }
        write!(
            f,
            " for the instances, by prices of {prices_of}; storage, requests, backups and traffic are by use"
        )?;
        if !self.without_price.is_empty() {
            write!(f, "; without a price: {}", self.without_price.join(", "))?;
        }
        Ok(())
    }
}
