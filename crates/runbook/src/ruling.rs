//! What the conductor says to a message: a pure decision.

use jiff::Timestamp;

use crate::context::Stop;
use crate::history::Run;
use crate::inbox::{Ask, Command};
use crate::status::{RunStatus, StepStatus};

/// What follows from a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    Approve { step: String },
    Decline { step: String, why: String },
    Stop { stop: Stop, why: String },
    Resume,
}

/// What is said, and done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ruling {
    /// What is done; nothing when the message is refused.
    pub(crate) effect: Option<Effect>,
    /// What is said.
    pub(crate) reason: String,
}

/// Judges a message that asks something of `run`. `stop` is what was asked before and has not happened yet; `span` the span
/// that is running.
pub(crate) fn judge(command: &Command, now: Timestamp, run: &Run, stop: Stop, span: Option<&str>) -> Ruling {
    if command.expires_at <= now {
        return refuse(format!("it expired at {}", command.expires_at));
    }
    match &command.ask {
        Ask::Approve { step } => match gate(run, step.as_deref()) {
            Ok(step) => accept(
                format!("step `{step}` may start once, until {}", command.expires_at),
                Effect::Approve { step },
            ),
            Err(reason) => refuse(reason),
        },
        Ask::Decline { step, why } => match gate(run, step.as_deref()) {
            Ok(step) if matches!(&run.status.run, RunStatus::AwaitingApproval { step: awaited } if *awaited == step) => {
                accept(
                    format!("step `{step}` is not started, the run pauses"),
                    Effect::Decline {
                        step,
                        why: why.clone(),
                    },
                )
            }
            Ok(step) => refuse(format!(
                "step `{step}` does not wait for approval; pause the run instead"
            )),
            Err(reason) => refuse(reason),
        },
        Ask::Pause { .. } if matches!(run.status.run, RunStatus::Undoing { .. }) => {
            refuse("the run is being undone; that is never left half-way".into())
        }
        Ask::Pause { .. } if matches!(run.status.run, RunStatus::Paused { .. }) => {
            refuse("the run is paused already".into())
        }
        Ask::Pause { .. } if stop == Stop::Abort => refuse("the run is being aborted".into()),
        Ask::Pause { why } => {
            let when = match span {
                Some(span) => format!("the run pauses after span `{span}`, which is never left half-way"),
                None => "the run pauses before the next step".to_owned(),
            };
            accept(
                when,
                Effect::Stop {
                    stop: Stop::Pause,
                    why: why.clone(),
                },
            )
        }
        Ask::Resume if stop == Stop::Abort => refuse("the run is being aborted".into()),
        Ask::Resume if stop == Stop::Pause => accept("the pause is called off".into(), Effect::Resume),
        Ask::Resume if matches!(run.status.run, RunStatus::Paused { .. }) => {
            accept("the run goes on".into(), Effect::Resume)
        }
        Ask::Resume => refuse("the run is not paused".into()),
        Ask::Abort { .. } if matches!(run.status.run, RunStatus::Undoing { .. }) => {
            refuse("the run is being undone already".into())
        }
        Ask::Abort { why } => match &run.status.crossed {
            Some(step) => refuse(past_the_point(step)),
            None => accept(
                "what the run started is undone, last step first".into(),
                Effect::Stop {
                    stop: Stop::Abort,
                    why: why.clone(),
                },
            ),
        },
    }
}

/// Why an abort comes too late, and what to do instead.
pub(crate) fn past_the_point(step: &str) -> String {
    format!(
        "the point of no return, step `{step}`, is passed: applications may already have written to the target, and undoing \
         would lose that. Let the run finish, then fail back"
    )
}

/// The gate a message means.
fn gate(run: &Run, named: Option<&str>) -> Result<String, String> {
    let step = match (named, &run.status.run) {
        (Some(step), _) => step,
        (None, RunStatus::AwaitingApproval { step }) => step,
        (None, _) => return Err("no step waits for approval".into()),
    };
    let (Some(plan), Some(standing)) = (run.step(step), run.status.step(step)) else {
        return Err(format!("this run has no step `{step}`"));
    };
    if !plan.planned.plan.needs_approval {
        return Err(format!("step `{step}` needs no approval"));
    }
    if standing.status.is_closed() {
        return Err(format!("step `{step}` is done"));
    }
    if standing.status == StepStatus::Intended {
        return Err(format!("step `{step}` is under way"));
    }
    if matches!(run.status.run, RunStatus::Undoing { .. }) {
        return Err("the run is being undone".into());
    }
    Ok(step.to_owned())
}

fn accept(reason: String, effect: Effect) -> Ruling {
    Ruling {
        effect: Some(effect),
        reason,
    }
}

fn refuse(reason: String) -> Ruling {
    Ruling { effect: None, reason }
}
