use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::process::Child;

use super::ground::Ground;
use crate::exit::Trouble;
use crate::output;

/// Breaks something at random steps.
pub(super) struct Chaos {
    random: StdRng,
    /// Steps left until the next strike.
    steps_left: u32,
    /// Strikes left in all, so that the demo comes to an end.
    strikes_left: u32,
}

impl Chaos {
    pub(super) fn new(seed: u64) -> Self {
        output::say(format!("chaos with seed {seed}"));
        let mut random = StdRng::seed_from_u64(seed);
        let steps_left = random.random_range(1..6);
        Self {
            random,
            steps_left,
            strikes_left: 6,
        }
    }

    /// Called when a step begins; sometimes breaks something, and says what.
    pub(super) async fn strike(
        &mut self,
        conductor: &mut Child,
        ground: &mut Ground,
    ) -> Result<Option<String>, Trouble> {
        if self.strikes_left == 0 {
            return Ok(None);
        }
        self.steps_left -= 1;
        if self.steps_left > 0 {
            return Ok(None);
        }
        self.steps_left = self.random.random_range(2..8);
        self.strikes_left -= 1;
        let what = match self.random.random_range(0..4) {
            0 | 1 => {
                conductor.start_kill()?;
                "the conductor was killed"
            }
            2 => {
                let replica = &ground.estate.replicas[0];
                replica.kill_hard().await?;
                replica.start().await?;
                "the source's replica was killed, and started again"
            }
            _ => {
                ground.estate.primary.kill_hard().await?;
                ground.estate.primary.start().await?;
                "the source's primary was killed, and started again"
            }
        };
        Ok(Some(what.to_owned()))
    }
}
