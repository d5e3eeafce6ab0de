use daybreak_sandbox::Engine;
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
        let what = match self.random.random_range(0..6) {
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
            3 => {
                ground.estate.primary.kill_hard().await?;
                ground.estate.primary.start().await?;
                "the source's primary was killed, and started again"
            }
            4 => {
                let writer = ground.cluster.writer();
                writer.kill_hard().await?;
                writer.start().await?;
                "the target's writer was killed, and started again"
            }
            _ => {
                let ended = end_sessions(ground).await?;
                return Ok(Some(format!(
                    "{ended} of the application's connections were ended"
                )));
            }
        };
        Ok(Some(what.to_owned()))
    }
}

/// Ends the application's sessions on the source; on the target where it is connected there.
async fn end_sessions(ground: &Ground) -> Result<usize, Trouble> {
    let application = ground.estate.app.name();
    let mut ended = 0;
    for server in [&ground.estate.primary, ground.cluster.writer()] {
        let (list, end) = match server.kind().engine() {
            Engine::Mysql => (
                format!("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = '{application}'"),
                "KILL ",
            ),
            Engine::Postgres => (
                format!("SELECT pid FROM pg_stat_activity WHERE usename = '{application}'"),
                "SELECT pg_terminate_backend",
            ),
        };
        for row in server.rows(&list).await? {
            let Some(Some(id)) = row.first() else { continue };
            // One that has ended by itself is no error.
            if server.rows(&format!("{end}({id})")).await.is_ok() {
                ended += 1;
            }
        }
    }
    Ok(ended)
}
