use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};
use daybreak_work::{DumpError, LoadError, LoadReport, same_schema};

use crate::config::{LoadMethod, Place};
use crate::loading::{Loading, LoadingError};
use crate::plays::World;
use crate::plays::failure::{OrFail, evidence};
use crate::plays::relay::shown;

/// What a load that is taken back leaves.
const STAYS: &str =
    "what was copied stays on the target, where no application sees it: drop it there to start afresh";

/// Copies everything in the scope from a consistent snapshot of the source. Its evidence is the position that
/// replication starts from.
pub(super) struct LoadCopy(pub(super) Arc<World>);

impl LoadCopy {
    /// Says on which server it is, where the decision was made from images alone.
    fn with_server(&self, error: LoadingError) -> LoadingError {
        let world = &self.0;
        let named = |error| match error {
            LoadError::TargetNotEmpty(what) => {
                LoadError::TargetNotEmpty(format!("{what}, on {}", world.target.endpoint()))
            }
            LoadError::SchemaChanged(what) => {
                LoadError::SchemaChanged(format!("{what}, on {}", world.source.endpoint()))
            }
            other => other,
        };
        match error {
            LoadingError::Load(error) | LoadingError::Dump(DumpError::Load(error)) => named(error).into(),
            other => other,
        }
    }

    /// What is done, by the plan's method.
    fn statements(&self) -> Vec<String> {
        let world = &self.0;
        let (source, target, settings) = (world.source.endpoint(), world.target.endpoint(), &world.settings);
        let schemas = settings.scope.words();
        let place = |place: &Option<Place>| place.as_ref().map(ToString::to_string).unwrap_or_default();
        let brought = |by: String| {
            vec![
                format!("{target}: every object of {schemas} is there as the source has it, {by}"),
                format!("{target}: no event runs"),
            ]
        };
        let snapshot = match settings.method {
            LoadMethod::Xtrabackup => {
                return brought(format!(
                    "restored from the backup in {}",
                    place(&settings.backup.to)
                ));
            }
            LoadMethod::Restored => {
                let at = settings.brought_at.as_ref().map(ToString::to_string);
                return brought(format!("brought there at {}", at.unwrap_or_default()));
            }
            LoadMethod::Dump => format!(
                "held while rows are written to {}; those rows are loaded",
                place(&settings.dump.to)
            ),
            LoadMethod::LogicalTools => "that the source's own program dumps into the target's".to_owned(),
            LoadMethod::Direct => "held while rows are read".to_owned(),
        };
        vec![
            format!("{source}: a consistent snapshot, {snapshot}"),
            format!("{target}: every object of {schemas} as the source defines it"),
        ]
    }

    fn loading(&self) -> Loading<'_> {
        Loading {
            settings: &self.0.settings,
            source: &self.0.source,
            target: &self.0.target,
        }
    }
}

#[async_trait]
impl Step for LoadCopy {
    fn plan(&self) -> StepPlan {
        let world = &self.0;
        StepPlan {
            servers: vec![
                world.source.endpoint().to_string(),
                world.target.endpoint().to_string(),
            ],
            statements: self.statements(),
            undo: if world.settings.native {
                Undo::By(vec![format!(
                    "{}: forget where the copy's changes begin (PostgreSQL: drop the replication slot); {STAYS}",
                    world.source.endpoint()
                )])
            } else {
                Undo::Irreversible(STAYS.to_owned())
            },
            deadline: Duration::from_secs(7 * 86_400),
            blast_radius: match world.settings.method {
                LoadMethod::Xtrabackup | LoadMethod::Restored => {
                    "none on the source: its schema alone is read".to_owned()
                }
                LoadMethod::Direct | LoadMethod::Dump | LoadMethod::LogicalTools => format!(
                    "writes on the source wait at most {:.0} s while the snapshot is taken; reading load on the source",
                    world.settings.load.snapshot_patience.as_secs_f64()
                ),
            },
            ..StepPlan::new(
                "load.copy",
                "D2",
                "copy schema and rows from a consistent snapshot",
            )
        }
    }

    /// A load that ended is in the journal; one that did not is taken up by `act`, which compares before it copies.
    async fn probe(&self, cx: &Context) -> Result<Probe, StepError> {
        Ok(if cx.attempt() > 0 {
            Probe::Partly("the load was interrupted".to_owned())
        } else {
            Probe::NotDone
        })
    }

    async fn act(&self, cx: &Context) -> Result<Evidence, StepError> {
        let world = &self.0;
        let begun = !cx.notes().await.is_empty();
        // Written down once the target was seen empty and before anything is made there, so that whoever goes on knows whose the
        // target's objects are.
        let began = async || {
            let noted = cx.note(Evidence::none().with("began", true)).await;
            noted.map_err(|error| LoadingError::Unnoted(Box::new(error)))
        };
        let report: Result<LoadReport, StepError> = shown(cx, "rows", |observer| async move {
            let loaded = self.loading().carry_out(begun, began, &observer).await;
            loaded.map_err(|error| self.with_server(error)).or_fail()
        })
        .await;
        if report.is_err() && world.settings.native && !self.loading().has_files().await {
            // The next attempt takes a snapshot of its own. A slot that nobody reads would make the source keep its log until its
            // disk is full; where it cannot be dropped now, the next attempt or the undo does.
            if let Err(error) = world.forward.forget_snapshot().await {
                tracing::warn!(%error, "a replication slot may be left on the source");
            }
        }
        let report = report?;
        if !world.settings.native {
            // No cut-over comes that would do it, and the source stands still.
            let values = world
                .source
                .identity_values(&world.settings.scope)
                .await
                .or_fail()?;
            world.target.raise_identity_values(&values).await.or_fail()?;
        }
        Ok(evidence(&report))
    }

    /// Every object of the source is there as it is here; rows are compared by the data check, once replication runs.
    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        let world = &self.0;
        let flavor = world.target.flavor().await.or_fail()?;
        let scope = &world.settings.scope;
        let (here, there) = tokio::try_join!(
            world.source.schema(scope, &flavor),
            world.target.schema(scope, &flavor)
        )
        .or_fail()?;
        let evidence = Evidence::none().with("tables_on_target", there.tables.len());
        Ok(match same_schema(&here, &there) {
            Ok(()) => Verdict::Holds(evidence),
            Err(why) => Verdict::DoesNotHold { why, evidence },
        })
    }

    /// The slot goes, if there is one; the copy stays, and so do files, which are no whole dump without it.
    async fn undo(&self, _cx: &Context) -> Result<Evidence, StepError> {
        self.0.forward.forget_snapshot().await.or_fail()?;
        if let Err(error) = self.loading().reopen().await {
            // Without its slot it is refused when replication is to start from it.
            tracing::warn!(%error, "the files are not of this plan, or cannot be reached: they are left as they are");
        }
        Ok(Evidence::none())
    }
}
