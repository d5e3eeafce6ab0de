//! Test ground: a conversation in bytes, replayed through a [`Session`] however it is split.

use super::activity::{Activity, Take};
use super::session::{Protocol, Session};

pub(super) enum Said {
    Client(Vec<u8>),
    Server(Vec<u8>),
    Then(Activity),
}

impl Said {
    fn bytes(&self) -> usize {
        match self {
            Self::Client(bytes) | Self::Server(bytes) => bytes.len(),
            Self::Then(_) => 0,
        }
    }
}

/// Replays in pieces whose lengths come from `splits`, again and again, and checks each expectation.
pub(super) fn replay(protocol: Protocol, conversation: &[Said], splits: &[usize]) -> Session {
    let mut session = Session::new(protocol);
    let mut splits = splits.iter().copied().cycle();
    for (line, said) in conversation.iter().enumerate() {
        let mut at = 0;
        while at < said.bytes() {
            let next = (at + splits.next().unwrap_or(usize::MAX).max(1)).min(said.bytes());
            match said {
                Said::Client(bytes) => {
                    assert_eq!(session.client_sent(&bytes[at..next], Take::Everything), next - at);
                }
                Said::Server(bytes) => session.server_sent(&bytes[at..next]),
                Said::Then(_) => {}
            }
            at = next;
        }
        if let Said::Then(activity) = said {
            assert_eq!(session.activity(), *activity, "after line {line}");
        }
    }
    session
}

/// Replays whole and byte by byte.
pub(super) fn check(protocol: Protocol, conversation: &[Said]) -> Session {
    replay(protocol, conversation, &[usize::MAX]);
    replay(protocol, conversation, &[1])
}
