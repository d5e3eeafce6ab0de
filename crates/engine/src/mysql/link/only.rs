//! A follower that takes the changes of a part of its source alone.
//!
//! A transaction that changes nothing of the part is applied as an empty one, so that positions mean the same as without a filter
//! (manual, "CHANGE REPLICATION FILTER Statement"). The filter of a server of the company's own does not outlive a restart: what
//! then comes of a table that the follower does not have stops it, and `resume` filters again. A managed server reads it from its
//! cluster parameter group, as `replicate-do-table` (Aurora User Guide, "Configuring replication filters with Aurora MySQL").

use std::collections::BTreeSet;

use daybreak_model::{Flavor, Part, TableName};

use super::super::quote;
use super::{Link, stuck};
use crate::EngineError;

/// How long a parameter of that kind may be, in characters.
const LONGEST: usize = 2000;

const WHAT: &str = "failed to have it take the changes of its part alone";

fn filter(tables: &BTreeSet<TableName>) -> String {
    let tables: Vec<String> = tables.iter().map(quote::table).collect();
    format!(
        "CHANGE REPLICATION FILTER REPLICATE_DO_TABLE = ({}) FOR CHANNEL ''",
        tables.join(", ")
    )
}

/// What a managed follower lacks, and what to do.
fn unset(part: &Part) -> (String, String) {
    let why = "its parameter `replicate-do-table` names other tables, or none".to_owned();
    let hint = format!(
        "set `replicate-do-table` to {} in its cluster parameter group (`daybreak provision` does), then run the same command again",
        part.listed()
    );
    (why, hint)
}

/// What filters, for the plan.
pub(super) fn shown(to: &Flavor, part: &Part) -> String {
    if to.is_managed() {
        format!("cluster parameter group: replicate-do-table = {}", part.listed())
    } else {
        filter(&part.tables)
    }
}

impl Link {
    /// Whether the follower is set so; also where it is to take everything.
    pub(super) async fn takes_only_its_part(&self) -> Result<bool, EngineError> {
        let Some(part) = self.settings.taken() else {
            return Ok(true);
        };
        let ask = if self.to.flavor().await?.is_managed() {
            "SELECT FILTER_RULE FROM performance_schema.replication_applier_global_filters \
             WHERE FILTER_NAME = 'REPLICATE_DO_TABLE'"
        } else {
            "SELECT FILTER_RULE FROM performance_schema.replication_applier_filters \
                   WHERE CHANNEL_NAME = '' AND FILTER_NAME = 'REPLICATE_DO_TABLE'"
        };
        let rules: Vec<(String,)> = self.to.rows(WHAT, ask).await?;
        let set: BTreeSet<&str> = rules
            .iter()
            .flat_map(|(rule,)| rule.split(','))
            .map(str::trim)
            .collect();
        let wanted: Vec<String> = part.tables.iter().map(TableName::to_string).collect();
        Ok(set == wanted.iter().map(String::as_str).collect())
    }

    /// Takes the filter away again, where it is ours.
    pub(super) async fn take_everything(&self) -> Result<(), EngineError> {
        if self.settings.taken().is_none() || self.to.flavor().await?.is_managed() {
            return Ok(());
        }
        let none = filter(&BTreeSet::new());
        self.to
            .run("failed to have it take all changes again", &none)
            .await
    }

    /// Why a managed follower will not take the changes of its part alone, and what to do.
    pub(super) async fn cannot_filter(&self) -> Result<Option<(String, String)>, EngineError> {
        let (Some(part), to) = (self.settings.taken(), self.to.flavor().await?) else {
            return Ok(None);
        };
        if !to.is_managed() || to.rds_filters() && self.takes_only_its_part().await? {
            return Ok(None);
        }
        let long = part.listed().chars().count() > LONGEST;
        let unspeakable = part.tables.iter().any(|table| table.to_string().contains(','));
        if !to.rds_filters() || long || unspeakable {
            let why = format!("{to} cannot be told to take the changes of {} alone", part.name);
            let hint = format!(
                "`replicate-do-table` came with Aurora MySQL 3, takes {LONGEST} characters, and no name with a comma"
            );
            return Ok(Some((why, hint)));
        }
        Ok(Some(unset(part)))
    }

    /// Sets it so, with its applier stopped.
    pub(super) async fn take_only_its_part(&self) -> Result<(), EngineError> {
        let Some(part) = self.settings.taken() else {
            return Ok(());
        };
        let to = self.to.flavor().await?;
        if to.is_managed() {
            let (why, hint) = unset(part);
            return Err(stuck(&self.to, format!("{WHAT}: {why}"), Some(hint)));
        }
        self.to
            .run(
                WHAT,
                &self.on_channel(&format!("{} SQL_THREAD", to.stop_replica())),
            )
            .await?;
        self.to.run(WHAT, &filter(&part.tables)).await
    }
}
