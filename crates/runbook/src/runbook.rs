//! The ordered list of steps.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::entry::PlannedStep;
use crate::plan::StepPlan;
use crate::step::Step;

/// What happens to a part of a runbook when one of its steps fails before the point of no return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// The run stops where it is and can be resumed.
    Stop,
    /// The started steps of this part are undone in reverse; then the run stops and can be resumed from the part's start.
    Undo,
}

/// A step and its plan, asked for once.
#[derive(Clone)]
pub(crate) struct Bound {
    pub(crate) plan: StepPlan,
    pub(crate) step: Arc<dyn Step>,
}

/// A single step, or a span: steps run back-to-back.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) span: Option<String>,
    pub(crate) on_failure: OnFailure,
    pub(crate) steps: Vec<Bound>,
}

/// Why a list of steps is no runbook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRunbook {
    /// Nothing to do.
    #[error("runbook `{0}` has no steps")]
    Empty(String),
    /// Two steps share an id.
    #[error("runbook `{play}` has two steps called `{step}`")]
    Duplicate {
        /// The play.
        play: String,
        /// The id.
        step: String,
    },
    /// A gate where nobody can be asked.
    #[error("step `{step}` of span `{span}` needs approval, but only the first step of a span may")]
    GateInsideSpan {
        /// The span.
        span: String,
        /// The step.
        step: String,
    },
    /// A step without time.
    #[error("step `{0}` has a deadline of zero")]
    NoTime(String),
}

/// An ordered list of steps, some of them grouped in spans.
///
/// A span is executed without a point between its steps where it could pause or ask, and with one durable write per step:
/// it is for the cut-over, where time counts. Its steps are not probed before they are first started; put a check step in
/// front of the span.
#[derive(Clone)]
pub struct Runbook {
    play: String,
    takes_back: Option<String>,
    parts: Vec<Part>,
}

impl Runbook {
    /// Starts a runbook for `play`: "migrate", "cutover", "failback".
    pub fn builder(play: &str) -> RunbookBuilder {
        RunbookBuilder {
            book: Runbook {
                play: play.to_owned(),
                takes_back: None,
                parts: Vec::new(),
            },
        }
    }

    /// The play's name.
    pub fn play(&self) -> &str {
        &self.play
    }

    /// The play whose point of no return a completed run of this one takes back: "failback" takes back "cutover".
    pub fn takes_back(&self) -> Option<&str> {
        self.takes_back.as_deref()
    }

    /// Every step's plan, in order, with the span it belongs to.
    pub fn plan(&self) -> Vec<PlannedStep> {
        self.parts
            .iter()
            .flat_map(|part| {
                part.steps.iter().map(|bound| PlannedStep {
                    plan: bound.plan.clone(),
                    span: part.span.clone(),
                })
            })
            .collect()
    }

    /// The same runbook with each step replaced by what `wrap` makes of it; plans, spans and order stay. For decorators
    /// that inject faults or measure.
    #[must_use]
    pub fn map(&self, mut wrap: impl FnMut(&StepPlan, Arc<dyn Step>) -> Arc<dyn Step>) -> Self {
        let mut book = self.clone();
        for bound in book.parts.iter_mut().flat_map(|part| &mut part.steps) {
            bound.step = wrap(&bound.plan, Arc::clone(&bound.step));
        }
        book
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Bound> {
        self.parts
            .iter()
            .flat_map(|part| &part.steps)
            .find(|bound| bound.plan.id == id)
    }
}

/// Collects the steps of a [`Runbook`].
pub struct RunbookBuilder {
    book: Runbook,
}

impl RunbookBuilder {
    /// Adds a step on its own. A failure stops the run there.
    #[must_use]
    pub fn step(self, step: impl Step + 'static) -> Self {
        self.part(None, OnFailure::Stop, vec![Arc::new(step)])
    }

    /// Adds steps that run back-to-back under one name.
    #[must_use]
    pub fn span(self, name: &str, on_failure: OnFailure, steps: Vec<Arc<dyn Step>>) -> Self {
        self.part(Some(name.to_owned()), on_failure, steps)
    }

    /// Says that a completed run of this play takes back the point of no return of `play`.
    #[must_use]
    pub fn takes_back(mut self, play: &str) -> Self {
        self.book.takes_back = Some(play.to_owned());
        self
    }

    /// The runbook.
    ///
    /// # Errors
    /// When the steps do not make one.
    pub fn build(self) -> Result<Runbook, BadRunbook> {
        let mut seen = BTreeSet::new();
        for part in &self.book.parts {
            for (place, Bound { plan, .. }) in part.steps.iter().enumerate() {
                if !seen.insert(&plan.id) {
                    return Err(BadRunbook::Duplicate {
                        play: self.book.play.clone(),
                        step: plan.id.clone(),
                    });
                }
                if plan.deadline.is_zero() {
                    return Err(BadRunbook::NoTime(plan.id.clone()));
                }
                if place > 0 && plan.needs_approval {
                    let span = part.span.clone().unwrap_or_default();
                    return Err(BadRunbook::GateInsideSpan {
                        span,
                        step: plan.id.clone(),
                    });
                }
            }
        }
        if seen.is_empty() {
            return Err(BadRunbook::Empty(self.book.play));
        }
        Ok(self.book)
    }

    fn part(mut self, span: Option<String>, on_failure: OnFailure, steps: Vec<Arc<dyn Step>>) -> Self {
        let steps = steps
            .into_iter()
            .map(|step| Bound {
                plan: step.plan(),
                step,
            })
            .collect::<Vec<_>>();
        if !steps.is_empty() {
            self.book.parts.push(Part {
                span,
                on_failure,
                steps,
            });
        }
        self
    }
}
