//! Connections whose bytes cannot be read, brought to rest by what the server says about them.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tracing::warn;

use super::registry::Registry;
use super::views::SessionView;
use crate::side::Side;

/// Between two questions: time for what was forwarded last to arrive in the server.
const BETWEEN: Duration = Duration::from_millis(5);

/// A session list that takes longer is as good as none.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);

/// So many answers in a row must find nothing under way.
const CLEAN_ANSWERS: u8 = 2;

/// Asks for as long as the hold lasts; the keeper ends it.
pub(super) async fn settle(registry: Arc<Registry>, view: Arc<dyn SessionView>, side: Side) {
    loop {
        let asked = registry.opaque_unsettled();
        if !asked.is_empty() {
            let ports: Vec<u16> = asked.iter().map(|asked| asked.port).collect();
            let busy = match timeout(ANSWER_LIMIT, view.in_transaction(side, &ports)).await {
                Ok(Ok(busy)) => busy,
                Ok(Err(error)) => {
                    warn!(%side, %error, "failed to read the server's session list");
                    ports.into_iter().collect::<HashSet<_>>()
                }
                Err(_) => {
                    warn!(%side, "the server's session list did not come in time");
                    ports.into_iter().collect()
                }
            };
            registry.judge(&asked, &busy, CLEAN_ANSWERS);
        }
        sleep(BETWEEN).await;
    }
}
