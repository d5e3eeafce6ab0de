use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_engine::database;
use daybreak_model::{Endpoint, Finding, Severity, Table, Told};
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};
use daybreak_work::{
    CheckError, CheckSettings, Checkpoint, Compared, Follows, NodeReport, TableReport, TableVerdict,
    check_nodes,
};
use serde_json::Value;

use super::EVERY;
use super::refuse::{past, refusal};
use crate::assessment::{Judged, day_of, judge};
use crate::config::DATA_CHECK;
use crate::estate::Estate;
use crate::plays::failure::OrFail;
use crate::plays::relay::shown;
use crate::plays::{World, kept};

/// Compares every row of the primary with all of its replicas, live, before anything is copied (P3): a migration that starts from silent
/// differences carries them along. What cannot be compared stops the run as a difference does, unless it is waived.
pub(super) struct EstateDataCheck(pub(super) Arc<World>);

/// What is compared.
struct Ground {
    primary: Endpoint,
    replicas: Vec<Endpoint>,
    tables: Vec<Table>,
}

#[async_trait]
impl Step for EstateDataCheck {
    fn plan(&self) -> StepPlan {
        let settings = &self.0.settings;
        let plan = StepPlan {
            servers: vec![settings.source.endpoint.to_string(), EVERY.to_owned()],
            undo: Undo::Nothing,
            ..StepPlan::new(
                DATA_CHECK,
                "P3",
                "compare every row of the primary with all of its replicas",
            )
        };
        if !settings.estate_check {
            return StepPlan {
                statements: vec!["nothing: the plan leaves it out (`check.estate = false`)".to_owned()],
                ..plan
            };
        }
        StepPlan {
            statements: vec![format!(
                "count and checksum of every range of every table of {}, read-only, on all of them at once; nothing where there is no \
                 replica. `check.estate = false` leaves it out",
                settings.scope.words()
            )],
            deadline: Duration::from_secs(7 * 86_400),
            blast_radius: "reading load on the primary and its replicas".to_owned(),
            ..plan
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(Probe::NotDone)
    }

    async fn act(&self, cx: &Context) -> Result<Evidence, StepError> {
        let settings = &self.0.settings;
        if !settings.estate_check {
            let note = "replicas are not compared with the primary: `check.estate = false`";
            return Ok(Evidence::none().with("left_out", true).with("notes", vec![note]));
        }
        let estate = Estate::of(settings).await.or_fail()?;
        let primary = estate.primary().map_err(|missing| {
            StepError::new(format!(
                "the primary {} could not be asked: {}",
                missing.name, missing.why
            ))
            .with_hint("see that the source's account reaches the primary")
        })?;
        let mut findings: Vec<Finding> = estate
            .unreached()
            .iter()
            .map(|server| {
                let why = format!("named by {}: {}", server.named_by, server.why);
                untold(&server.name, &server.name, &why)
            })
            .collect();
        let replicas: Vec<Endpoint> = estate
            .beside(primary)
            .into_iter()
            .map(|member| Endpoint {
                label: "replica".to_owned(),
                ..member.endpoint.clone()
            })
            .collect();
        let mut evidence = Evidence::none().with("primary", primary.endpoint.address());
        if !replicas.is_empty() {
            let ground = self.ground(primary.endpoint.clone(), replicas).await?;
            let reports = self.compare(cx, &ground).await?;
            let checks: Vec<Value> = reports.iter().map(kept::compared).collect();
            evidence = evidence.with("checks", checks);
            let compared = ground.replicas.iter().zip(&reports);
            findings.extend(compared.flat_map(|(replica, report)| found(replica, report)));
        }
        let judged = judge(&findings, &settings.waivers, day_of(cx.clock().now()));
        for (name, value) in kept::findings(&findings, &judged).iter() {
            evidence = evidence.with(name, value.clone());
        }
        gate(&judged, evidence.with("waivers_past", past(&judged)))
    }

    /// The check is itself the verification; a difference is its failure.
    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        Ok(Verdict::Holds(Evidence::none()))
    }
}

impl EstateDataCheck {
    async fn ground(&self, primary: Endpoint, replicas: Vec<Endpoint>) -> Result<Ground, StepError> {
        let server = database(primary.clone());
        Ok(Ground {
            primary,
            replicas,
            tables: server.tables(&self.0.settings.scope).await.or_fail()?,
        })
    }

    /// Goes on where an earlier attempt was killed.
    async fn compare(&self, cx: &Context, ground: &Ground) -> Result<Vec<NodeReport>, StepError> {
        let settings = &self.0.settings;
        let source = database(ground.primary.clone());
        let nodes: Vec<Compared> = ground
            .replicas
            .iter()
            .map(|replica| Compared {
                server: database(replica.clone()),
                follows: Follows::ByItself,
            })
            .collect();
        let file = settings.state_dir.join("estate-check.jsonl");
        let opened = Checkpoint::open(&file, &ground.described(&settings.check));
        let mut checkpoint = opened.map_err(CheckError::from).or_fail()?;
        let reports = shown(cx, "rows", |observer| async move {
            let check = &settings.check;
            check_nodes(
                &source,
                &nodes,
                &ground.tables,
                check,
                Some(&mut checkpoint),
                observer.as_ref(),
            )
            .await
            .or_fail()
        })
        .await?;
        std::fs::remove_file(&file).map_err(CheckError::from).or_fail()?;
        Ok(reports)
    }
}

impl Ground {
    /// What the check is of: another one does not go on with it.
    fn described(&self, settings: &CheckSettings) -> String {
        let replicas: Vec<String> = self.replicas.iter().map(Endpoint::address).collect();
        let tables: Vec<String> = self.tables.iter().map(|table| table.name.to_string()).collect();
        format!(
            "{} with {}: {} by {} rows or {} bytes, naming {}",
            self.primary.address(),
            replicas.join(", "),
            tables.join(", "),
            settings.range_rows,
            settings.range_bytes,
            settings.rows_named
        )
    }
}

/// What is the same, and what is not: goes on, or does not.
fn gate(judged: &Judged<'_>, evidence: Evidence) -> Result<Evidence, StepError> {
    let accept = format!(
        "accept it in the plan: `[[waivers]]` with `check = \"{DATA_CHECK}\"`, `object`, `reason` and `expires`"
    );
    if !judged.blocking.is_empty() {
        let what = "the estate's servers do not hold the same rows";
        let hint = format!("`daybreak data-check` names the rows and prints what repairs them; or {accept}");
        return Err(refusal(what, &judged.blocking, &hint, judged, evidence));
    }
    if !judged.untold.is_empty() {
        let what = "whether the estate's servers hold the same rows could not be told";
        let hint = format!(
            "let the source's account reach them, name standbys on ports of their own in `migration.also`; or {accept}; or leave the \
             whole comparison out: `check.estate = false`"
        );
        return Err(refusal(what, &judged.untold, &hint, judged, evidence));
    }
    Ok(evidence)
}

/// What one replica's comparison found that is not the same.
fn found(replica: &Endpoint, report: &NodeReport) -> Vec<Finding> {
    let server = &report.server;
    let of_table = |table: &TableReport| match &table.verdict {
        TableVerdict::Same => None,
        TableVerdict::Different { count, rows } => {
            let first: Vec<String> = rows.iter().take(3).map(ToString::to_string).collect();
            Some(Finding {
                evidence: match first.as_slice() {
                    [] => format!("{count} difference(s), and no key to name the rows by"),
                    first => format!("{count} difference(s): {}", first.join("; ")),
                },
                remedy: "`daybreak data-check` names the rows and prints what repairs them".to_owned(),
                told: Told::Found,
                ..untold(server, &table.table.to_string(), "")
            })
        }
        TableVerdict::CouldNotTell(_) if report.left.is_some() => None,
        TableVerdict::CouldNotTell(why) => Some(untold(server, &table.table.to_string(), why)),
    };
    let mut found: Vec<Finding> = report.report.tables.iter().filter_map(of_table).collect();
    if let Some(error) = &report.left {
        let why = match error.hint() {
            Some(hint) => format!("{}; {hint}", error.in_words()),
            None => error.in_words(),
        };
        found.push(untold(server, &replica.address(), &why));
    }
    found
}

fn untold(server: &str, object: &str, why: &str) -> Finding {
    Finding {
        id: DATA_CHECK.to_owned(),
        rows: vec!["P3".to_owned()],
        severity: Severity::Blocks,
        server: server.to_owned(),
        object: object.to_owned(),
        evidence: why.to_owned(),
        remedy: "see to it that it can be compared, then run the same command again".to_owned(),
        statement: None,
        told: Told::CouldNotTell,
    }
}
