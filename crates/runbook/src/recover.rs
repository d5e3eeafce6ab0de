//! What to do with a step, given what a probe found: the pure decision behind every start and restart.

use crate::evidence::Evidence;
use crate::step::Probe;

/// The next thing to do with a step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Next {
    /// It was so before us: record that, and leave it alone also when undoing.
    AlreadySo(Evidence),
    /// We did it and were interrupted before we could say so: verify and record it.
    Verify(Evidence),
    /// Write the intent and act.
    Act,
    /// It cannot be done.
    Fail(String),
}

/// `started`: the step was intended and not undone since, so whatever is there may be our doing.
pub(crate) fn decide(started: bool, probe: Probe) -> Next {
    match (probe, started) {
        (Probe::Done(evidence), false) => Next::AlreadySo(evidence),
        (Probe::Done(evidence), true) => Next::Verify(evidence),
        (Probe::NotDone | Probe::Partly(_), _) => Next::Act,
        (Probe::Impossible(why), _) => Next::Fail(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_so_before_us_is_not_ours_and_what_we_started_is() {
        let seen = Evidence::none().with("lag", 0);
        let table = [
            (false, Probe::Done(seen.clone()), Next::AlreadySo(seen.clone())),
            (true, Probe::Done(seen.clone()), Next::Verify(seen)),
            (false, Probe::NotDone, Next::Act),
            (true, Probe::NotDone, Next::Act),
            (false, Probe::Partly("half".into()), Next::Act),
            (true, Probe::Partly("half".into()), Next::Act),
            (
                true,
                Probe::Impossible("no binlog".into()),
                Next::Fail("no binlog".into()),
            ),
        ];
        for (started, probe, next) in table {
            assert_eq!(decide(started, probe), next);
        }
    }
}
