//! The toy runbook through the helpers that real plays use.

use std::sync::Arc;

use async_trait::async_trait;
use daybreak_runbook::conformance::{self, Stage, World};
use daybreak_runbook::{OnFailure, Runbook, Undo};
use serde_json::{Value, json};

use crate::toy::{self, Shared, Switch};

/// `counting`: every single change belongs to the look, so that doing something twice shows.
struct Toys {
    counting: bool,
    runbook: fn(&Shared) -> Runbook,
}

struct ToyWorld {
    shared: Shared,
    counting: bool,
    runbook: fn(&Shared) -> Runbook,
}

#[async_trait]
impl Stage for Toys {
    async fn fresh(&self) -> Box<dyn World> {
        Box::new(ToyWorld {
            shared: Shared::default(),
            counting: self.counting,
            runbook: self.runbook,
        })
    }
}

#[async_trait]
impl World for ToyWorld {
    fn runbook(&self) -> Runbook {
        (self.runbook)(&self.shared)
    }

    async fn look(&self) -> Value {
        let world = self.shared.lock().unwrap();
        let on = world
            .on
            .iter()
            .filter(|(_, on)| **on)
            .map(|(name, _)| name)
            .collect::<Vec<_>>();
        if self.counting {
            json!({"on": on, "log": world.log})
        } else {
            json!({ "on": on })
        }
    }
}

#[tokio::test]
async fn every_effect_happens_exactly_once_whatever_record_the_conductor_dies_at() {
    let deaths = conformance::survives_every_death(&Toys {
        counting: true,
        runbook: toy::cutover,
    })
    .await;
    // Two deaths for each of: start; prepare 2; load 3; ask, approve, 3 intents and a last outcome; open 2; end.
    assert_eq!(deaths, 2 * (1 + 2 + 3 + 6 + 2 + 1));
}

#[tokio::test]
async fn every_failure_is_survived() {
    conformance::survives_every_failure(&Toys {
        counting: false,
        runbook: toy::cutover,
    })
    .await;
}

#[tokio::test]
async fn every_step_can_be_repeated() {
    conformance::repeats_harmlessly(&Toys {
        counting: true,
        runbook: toy::cutover,
    })
    .await;
}

#[tokio::test]
async fn every_step_can_be_undone() {
    conformance::undoes_from_everywhere(&Toys {
        counting: false,
        runbook: toy::cutover,
    })
    .await;
}

#[tokio::test]
async fn an_undo_is_finished_whatever_record_the_conductor_dies_at() {
    conformance::survives_every_death_while_undoing(&Toys {
        counting: false,
        runbook: toy::cutover,
    })
    .await;
}

/// The helpers must be able to fail.
struct Careless(Switch);

#[async_trait]
impl daybreak_runbook::Step for Careless {
    fn plan(&self) -> daybreak_runbook::StepPlan {
        self.0.plan.clone()
    }

    async fn probe(
        &self,
        _: &daybreak_runbook::Context,
    ) -> Result<daybreak_runbook::Probe, daybreak_runbook::StepError> {
        Ok(daybreak_runbook::Probe::NotDone)
    }

    async fn act(
        &self,
        _: &daybreak_runbook::Context,
    ) -> Result<daybreak_runbook::Evidence, daybreak_runbook::StepError> {
        self.0.world.lock().unwrap().log.push("again".into());
        Ok(daybreak_runbook::Evidence::none())
    }

    async fn verify(
        &self,
        _: &daybreak_runbook::Context,
    ) -> Result<daybreak_runbook::Verdict, daybreak_runbook::StepError> {
        Ok(daybreak_runbook::Verdict::Holds(
            daybreak_runbook::Evidence::none(),
        ))
    }
}

fn careless(world: &Shared) -> Runbook {
    Runbook::builder("careless")
        .span(
            "all",
            OnFailure::Stop,
            vec![Arc::new(Careless(toy::switch(world, "careless")))],
        )
        .build()
        .unwrap()
}

#[tokio::test]
#[should_panic(expected = "the world")]
async fn a_step_that_cannot_be_repeated_is_found_by_repeating() {
    conformance::repeats_harmlessly(&Toys {
        counting: true,
        runbook: careless,
    })
    .await;
}

#[tokio::test]
#[should_panic(expected = "the world")]
async fn a_step_that_cannot_be_repeated_is_found_by_dying() {
    conformance::survives_every_death(&Toys {
        counting: true,
        runbook: careless,
    })
    .await;
}

#[tokio::test]
#[should_panic(expected = "the world")]
async fn a_step_that_does_not_undo_is_found() {
    let runbook = |world: &Shared| {
        let mut step = toy::switch(world, "sticky");
        step.plan.undo = Undo::Nothing;
        Runbook::builder("sticky").step(step).build().unwrap()
    };
    conformance::undoes_from_everywhere(&Toys {
        counting: false,
        runbook,
    })
    .await;
}
