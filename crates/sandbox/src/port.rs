//! Ports of the loopback interface that no other run takes at the same time.

use std::fs::File;
use std::net::TcpListener;

use rand::Rng as _;

use crate::SandboxError;
use crate::cache::Cache;

/// A port that is ours for as long as this value lives, so that a server may stop and come back on it.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    _lock: File,
}

impl Port {
    /// Takes a free port below the range that the kernel hands out to outgoing connections.
    pub(crate) fn take(cache: &Cache) -> Result<Self, SandboxError> {
        for _ in 0..1000 {
            let number = rand::rng().random_range(20_000..32_000);
            let Some(lock) = cache.try_lock(&format!("port-{number}"))? else {
                continue;
            };
            if TcpListener::bind(("127.0.0.1", number)).is_ok() {
                return Ok(Self { number, _lock: lock });
            }
        }
        Err(SandboxError::NotPossible(
            "no free port between 20000 and 32000 on 127.0.0.1".into(),
        ))
    }

    /// The number.
    pub(crate) fn number(&self) -> u16 {
        self.number
    }
}
