use std::time::Duration;

use clap::Args;
use daybreak_runbook::{Ask, Clock, Inbox, SystemClock, await_answer};

use crate::conduct;
use crate::config::Settings;
use crate::exit::{Exit, Trouble};
use crate::output;

/// Lets the step that waits begin.
#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The step; without it, whichever waits now.
    step: Option<String>,
    /// Refuse instead; the run pauses. Say why.
    #[arg(long, value_name = "WHY")]
    decline: Option<String>,
    /// Who approves.
    #[arg(long, default_value_t = conduct::actor())]
    by: String,
    /// Minutes the approval holds.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1440))]
    minutes: u64,
}

/// Pauses before the next step.
#[derive(Debug, Args)]
pub(crate) struct Pause {
    /// Why.
    #[arg(long, default_value = "asked by the operator")]
    why: String,
}

/// Goes on after a pause.
#[derive(Debug, Args)]
pub(crate) struct Resume {}

/// Stops, and undoes what was done; refused after the point of no return.
#[derive(Debug, Args)]
pub(crate) struct Abort {
    /// Why.
    #[arg(long, default_value = "asked by the operator")]
    why: String,
}

impl Approve {
    pub(crate) async fn run(self, settings: Settings) -> Result<Exit, Trouble> {
        let ask = match self.decline {
            Some(why) => Ask::Decline { step: self.step, why },
            None => Ask::Approve { step: self.step },
        };
        post(&settings, ask, &self.by, Duration::from_secs(self.minutes * 60)).await
    }
}

impl Pause {
    pub(crate) async fn run(self, settings: Settings) -> Result<Exit, Trouble> {
        post(
            &settings,
            Ask::Pause { why: self.why },
            &conduct::actor(),
            LIFETIME,
        )
        .await
    }
}

impl Resume {
    pub(crate) async fn run(self, settings: Settings) -> Result<Exit, Trouble> {
        post(&settings, Ask::Resume, &conduct::actor(), LIFETIME).await
    }
}

impl Abort {
    pub(crate) async fn run(self, settings: Settings) -> Result<Exit, Trouble> {
        post(
            &settings,
            Ask::Abort { why: self.why },
            &conduct::actor(),
            LIFETIME,
        )
        .await
    }
}

/// How long a message is worth reading.
const LIFETIME: Duration = Duration::from_secs(600);

/// Puts a message into the conductor's letter box and waits a moment for the answer.
async fn post(settings: &Settings, ask: Ask, by: &str, lifetime: Duration) -> Result<Exit, Trouble> {
    let store = conduct::store(settings)?;
    let clock = SystemClock::new();
    let now = clock.now();
    let answer = async {
        let id = store.post(&ask, by, now, now + lifetime).await?;
        await_answer(store.as_ref(), &clock, id, Duration::from_secs(5)).await
    };
    let answer = answer.await.map_err(|error| {
        let hint = error.hint();
        Trouble::new(error, Some(hint))
    })?;
    match answer {
        Some(answer) if answer.accepted => {
            output::say(format!("accepted: {}", answer.reason));
            Ok(Exit::Done)
        }
        Some(answer) => {
            output::say(format!("refused: {}", answer.reason));
            Ok(Exit::Failed)
        }
        None => {
            output::say("no conductor has answered yet; the message waits for it");
            Ok(Exit::Waiting)
        }
    }
}
