//! What a replica leaves out of what it reads.
//!
//! Facts from the MySQL manual: "Evaluation of Database-Level Replication and Binary Logging Options" (rows are judged by the
//! database that they are in) and "The replication_applier_global_filters Table".

use super::connection::Server;
use crate::EngineError;

/// A server's replication filters: the name of the rule and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Filters(Vec<(String, String)>);

impl Filters {
    /// Whether no change of this database is carried out.
    pub(crate) fn leave_out(&self, schema: &str) -> bool {
        let of = |rule: &'static str| {
            self.0
                .iter()
                .filter(move |(name, _)| name == rule)
                .map(|(_, value)| value.as_str())
        };
        let all_of_it = format!("{}.%", schema.replace('_', "\\_"));
        of("REPLICATE_IGNORE_DB").any(|name| name == schema)
            || of("REPLICATE_WILD_IGNORE_TABLE")
                .any(|name| name == all_of_it || name == format!("{schema}.%"))
            || (of("REPLICATE_DO_DB").next().is_some() && !of("REPLICATE_DO_DB").any(|name| name == schema))
    }
}

impl Server {
    /// The filters that are set for every channel. MariaDB and MySQL before 8.0 are not asked: none of them is ever a target
    /// that follows.
    pub(super) async fn filters(&self) -> Result<Filters, EngineError> {
        if !self.flavor().await?.appends_gtid_purged() {
            return Ok(Filters::default());
        }
        let sql =
            "SELECT FILTER_NAME, FILTER_RULE FROM performance_schema.replication_applier_global_filters";
        Ok(Filters(
            self.rows("failed to read the replication filters", sql).await?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::Filters;

    fn filters(rules: &[(&str, &str)]) -> Filters {
        let rules = rules
            .iter()
            .map(|(name, rule)| ((*name).to_owned(), (*rule).to_owned()));
        Filters(rules.collect())
    }

    #[test]
    fn only_rules_about_the_whole_schema_leave_it_out() {
        for (rules, left_out) in [
            (&[][..], false),
            (&[("REPLICATE_IGNORE_DB", "a_b")], true),
            (&[("REPLICATE_IGNORE_DB", "other")], false),
            (&[("REPLICATE_WILD_IGNORE_TABLE", "a\\_b.%")], true),
            (&[("REPLICATE_WILD_IGNORE_TABLE", "a_b.t%")], false),
            (&[("REPLICATE_DO_DB", "other")], true),
            (&[("REPLICATE_DO_DB", "other"), ("REPLICATE_DO_DB", "a_b")], false),
        ] {
            assert_eq!(filters(rules).leave_out("a_b"), left_out, "{rules:?}");
        }
    }
}
