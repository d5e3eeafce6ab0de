use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::{Finding, Severity, Told};
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};
use daybreak_work::{
    Consequence, SchemaCheckSettings, SchemaDifference, SchemaReport, SchemaUntold, schema_check,
};
use serde_json::json;

use super::EVERY;
use super::refuse::{past, refusal};
use crate::assessment::{day_of, judge};
use crate::config::SCHEMA_CHECK;
use crate::estate::{Estate, not_compared, schema_node};
use crate::plays::failure::{OrFail, evidence};
use crate::plays::{World, kept};

/// Compares the schema of every server of the source's estate (P2), and goes no further where a difference breaks replication: what is
/// copied would not be what the replicas have. The target is compared by the load itself, object by object.
pub(super) struct SchemaCheck(pub(super) Arc<World>);

#[async_trait]
impl Step for SchemaCheck {
    fn plan(&self) -> StepPlan {
        let settings = &self.0.settings;
        StepPlan {
            servers: vec![settings.source.endpoint.to_string(), EVERY.to_owned()],
            statements: vec![format!(
                "definitions of every object of {}, accounts and grants, from the catalogs, read-only",
                settings.scope.words()
            )],
            undo: Undo::Nothing,
            deadline: Duration::from_secs(1800),
            ..StepPlan::new(
                "schema.check",
                "P2",
                "compare the schema of every server of the estate",
            )
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(Probe::NotDone)
    }

    async fn act(&self, cx: &Context) -> Result<Evidence, StepError> {
        let settings = &self.0.settings;
        let estate = Estate::of(settings).await.or_fail()?;
        // Where the primary cannot be asked, it is among those that were not compared.
        let reference = estate.primary().unwrap_or(estate.first());
        let mut nodes = vec![schema_node(reference)];
        nodes.extend(estate.beside(reference).into_iter().map(schema_node));
        if nodes.len() == 1 && estate.unreached().is_empty() {
            return Ok(Evidence::none().with("servers", vec![reference.endpoint.address()]));
        }
        let asked = SchemaCheckSettings {
            nodes,
            schemas: settings.scope.schemas.clone(),
            part: settings.scope.part.clone(),
            execute: false,
            even_primary: false,
        };
        let mut report = schema_check(&asked).await.or_fail()?;
        not_compared(estate.unreached(), &asked.nodes, &mut report);
        let SchemaReport {
            verdict,
            reference,
            schemas,
            nodes,
            mut differences,
            could_not_tell,
            repaired: _,
        } = report;
        differences.sort_by_key(|difference| std::cmp::Reverse(difference.class));
        let findings: Vec<Finding> = differences
            .iter()
            .map(|difference| finding(difference, &reference))
            .collect();
        let judged = judge(&findings, &settings.waivers, day_of(cx.clock().now()));
        let pairs: Vec<(&SchemaDifference, &Finding)> = differences.iter().zip(&findings).collect();
        let untold: Vec<String> = could_not_tell.iter().map(in_words).collect();
        let kept = kept::differences(&pairs, &judged)
            .with("verdict", json!(verdict))
            .with("reference", reference)
            .with("schemas", schemas)
            .with(
                "servers",
                nodes.iter().map(|node| json!(evidence(node))).collect::<Vec<_>>(),
            )
            .with("notes", kept::some(&untold))
            .with("waivers_past", past(&judged));
        if judged.blocking.is_empty() {
            return Ok(kept);
        }
        let what = "the estate's servers do not have the same schema";
        let hint = format!(
            "`daybreak schema-check` prints the repairs, and with `--execute` runs those that lose nothing; or accept a difference in the \
             plan: `[[waivers]]` with `check = \"{SCHEMA_CHECK}\"`, `object`, `reason` and `expires`"
        );
        Err(refusal(what, &judged.blocking, &hint, &judged, kept))
    }

    /// Nothing was changed that could be otherwise now.
    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        Ok(Verdict::Holds(Evidence::none()))
    }
}

/// A difference as a finding, so that a waiver can accept it. Only what breaks replication blocks.
fn finding(difference: &SchemaDifference, reference: &str) -> Finding {
    let own = difference.nodes.get(reference);
    let deviating: Vec<&str> = difference
        .nodes
        .iter()
        .filter(|(server, definition)| *server != reference && Some(*definition) != own)
        .map(|(server, _)| server.as_str())
        .collect();
    Finding {
        id: SCHEMA_CHECK.to_owned(),
        rows: vec!["P2".to_owned()],
        severity: match difference.class {
            Consequence::BreaksReplication => Severity::Blocks,
            Consequence::BreaksTheApplication | Consequence::BreaksTheWayBack => Severity::Degrades,
            Consequence::Harmless => Severity::Note,
        },
        server: match deviating.as_slice() {
            [] => reference.to_owned(),
            servers => servers.join(", "),
        },
        object: difference.object.clone(),
        evidence: format!("{}; it {}", difference.difference, difference.class),
        remedy: String::new(),
        statement: None,
        told: Told::Found,
    }
}

fn in_words(untold: &SchemaUntold) -> String {
    let grant = untold.grant.as_ref();
    let grant = grant.map_or_else(String::new, |grant| format!("; {grant}"));
    format!(
        "could not tell: {} of {}: {}{grant}",
        untold.what, untold.server, untold.why
    )
}
