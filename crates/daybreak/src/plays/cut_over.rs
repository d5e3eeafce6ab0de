mod arm;
mod check;
mod confirm;
mod fence;
mod hold;
mod open;
mod pause;
mod reach;
mod ready;
mod retreat;
mod shift;
mod turn;

use std::sync::Arc;

use daybreak_runbook::{BadRunbook, OnFailure, Runbook, Step};

use super::{Direction, World};

pub(crate) use pause::PauseClock;

/// What every step of a cut-over works on.
#[derive(Clone)]
struct Play {
    world: Arc<World>,
    direction: Direction,
}

impl Play {
    /// A step's id: the same steps run in both directions, under the play's own name.
    fn id(&self, step: &str) -> String {
        format!("{}.{step}", self.direction.play())
    }

    fn new_name(&self) -> String {
        self.direction.new_writer(&self.world).endpoint().to_string()
    }

    fn old_name(&self) -> String {
        self.direction.old_writer(&self.world).endpoint().to_string()
    }
}

/// Moves writes to the other side: the way is armed, and every row compared while changes are followed; then, in one
/// span, it is judged whether to go, traffic is held, the old writer fenced, the new one brought to its position and
/// opened, and traffic moved there. A failure anywhere before traffic moves undoes the span in reverse.
pub(crate) fn cut_over(world: &Arc<World>, direction: Direction) -> Result<Runbook, BadRunbook> {
    let play = Play {
        world: Arc::clone(world),
        direction,
    };
    let span: Vec<Arc<dyn Step>> = vec![
        Arc::new(ready::Ready(play.clone())),
        Arc::new(hold::Hold(play.clone())),
        Arc::new(fence::Fence(play.clone())),
        Arc::new(reach::Reach(play.clone())),
        Arc::new(turn::Turn(play.clone())),
        Arc::new(open::Open(play.clone())),
        Arc::new(shift::Shift(play.clone())),
    ];
    let takes_back = match direction {
        Direction::ToTarget => Direction::ToSource.play(),
        Direction::ToSource => Direction::ToTarget.play(),
    };
    Runbook::builder(direction.play())
        .step(arm::Arm(play.clone()))
        .step(check::Check(play.clone()))
        .span("pause", OnFailure::Undo, span)
        .step(confirm::Confirm(play))
        .takes_back(takes_back)
        .build()
}
