//! Waiting for a person.

use super::{ExecuteError, Executor, Flow, RunOptions, is_closed};
use crate::approval::{ApprovalRequest, Decision};
use crate::clock::later;
use crate::context::Stop;
use crate::entry::{Entry, PlannedStep, RunId};
use crate::event::Signal;
use crate::runbook::Part;
use crate::status::RunStatus;

impl Executor {
    /// Goes on once the part's first step may start. A step that was started before and not undone needs no second approval
    /// after a crash; after a failure it does.
    pub(super) async fn pass_gate(
        &self,
        run: RunId,
        part: &Part,
        options: &RunOptions,
    ) -> Result<Flow, ExecuteError> {
        let plan = &part.steps[0].plan;
        let status = self.status(run).await;
        let interrupted = status
            .step(&plan.id)
            .is_some_and(|step| step.status == crate::status::StepStatus::Intended);
        if !plan.needs_approval || is_closed(&status, &plan.id) || interrupted {
            return Ok(Flow::Next);
        }
        let mut planned = part.steps.iter().map(|bound| PlannedStep {
            plan: bound.plan.clone(),
            span: part.span.clone(),
        });
        let request = ApprovalRequest {
            run,
            play: self.runbook.play().to_owned(),
            step: planned.next().expect("a part has at least one step"),
            followed_by: planned.collect(),
        };
        loop {
            if self.approved(run, &plan.id).await {
                return Ok(Flow::Next);
            }
            if self.status(run).await.run == RunStatus::Running {
                self.append(
                    run,
                    vec![Entry::ApprovalAsked {
                        step: plan.id.clone(),
                    }],
                )
                .await?;
            }
            let why = format!("step `{}` needs approval", plan.id);
            self.journal.signal(
                run,
                Signal::Waiting {
                    step: Some(plan.id.clone()),
                    why,
                },
            );
            self.await_approval(run, &request).await?;
            match self.status(run).await.run {
                RunStatus::Running => {}
                waiting @ RunStatus::AwaitingApproval { .. } if self.desk.stop() == Stop::No => {
                    return Ok(Flow::Over(waiting));
                }
                // Declined, or asked to stop: the point between two parts deals with it.
                _ => {
                    if let over @ Flow::Over(_) = self.between(run, options).await? {
                        return Ok(over);
                    }
                }
            }
        }
    }

    /// Returns when the gate's question is answered in the journal, somebody wants to stop, or nobody is there to wait for.
    async fn await_approval(&self, run: RunId, request: &ApprovalRequest) -> Result<(), ExecuteError> {
        let step = &request.step.plan.id;
        let mut ask = self.approver.ask(request);
        let mut nobody_here = false;
        loop {
            self.journal.beat().await?;
            self.read_inbox(run, None).await?;
            let open = matches!(self.status(run).await.run, RunStatus::AwaitingApproval { .. });
            if !open || self.desk.stop() != Stop::No || (nobody_here && !self.settings.wait) {
                return Ok(());
            }
            let decision = tokio::select! {
                biased;
                decision = &mut ask, if !nobody_here => decision,
                () = self.journal.clock().sleep(self.settings.poll) => continue,
            };
            match decision {
                Decision::Approve { by, lifetime } => {
                    let expires = later(self.journal.clock().now(), lifetime);
                    let entry = Entry::Approved {
                        step: step.clone(),
                        by: by.clone(),
                        expires,
                        command: None,
                    };
                    self.journal.append(run, &by, vec![entry]).await?;
                    return Ok(());
                }
                Decision::Decline { by, why } => {
                    let entry = Entry::Declined {
                        step: step.clone(),
                        by: by.clone(),
                        why,
                        command: None,
                    };
                    self.journal.append(run, &by, vec![entry]).await?;
                    return Ok(());
                }
                Decision::NotHere => nobody_here = true,
            }
        }
    }

    async fn approved(&self, run: RunId, step: &str) -> bool {
        let now = self.journal.clock().now();
        self.journal
            .look(|history| {
                history
                    .run(run)
                    .is_some_and(|run| run.approval(step, now).is_some())
            })
            .await
    }
}
