use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::{BankOptions, Connection, Ledger, Pause, Transfer};

/// An application at work, until it is closed.
pub struct Bank {
    shared: Arc<Shared>,
    tellers: JoinSet<Ledger>,
    opened: Instant,
}

struct Shared {
    options: BankOptions,
    /// Sets this bank's tokens apart from those of another that wrote into the same books before.
    series: i64,
    closing: AtomicBool,
    acknowledged: AtomicU64,
    failed: AtomicU64,
    /// When each write was acknowledged, in order, and how long its transfer took.
    acknowledgements: Mutex<Vec<(Instant, Duration)>>,
}

impl Bank {
    /// Opens: every connection begins to make transfers.
    #[must_use]
    pub fn open(options: BankOptions) -> Self {
        let shared = Arc::new(Shared {
            series: i64::from(rand::random::<u32>() >> 1),
            closing: AtomicBool::new(false),
            acknowledged: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            acknowledgements: Mutex::new(Vec::new()),
            options,
        });
        let mut tellers = JoinSet::new();
        for number in 0..shared.options.connections {
            tellers.spawn(Arc::clone(&shared).serve(i64::try_from(number).unwrap_or(0)));
        }
        Self {
            shared,
            tellers,
            opened: Instant::now(),
        }
    }

    /// Writes acknowledged so far.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.shared.acknowledged.load(Ordering::Relaxed)
    }

    /// Transfers that ended in an error so far.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.shared.failed.load(Ordering::Relaxed)
    }

    /// The longest stretch without an acknowledged write that ended after `since`; up to now, if none was acknowledged.
    pub async fn longest_pause(&self, since: Instant) -> Pause {
        let acknowledgements = self.shared.acknowledgements.lock().await;
        let first = acknowledgements.partition_point(|(at, _)| *at < since);
        let mut previous = first
            .checked_sub(1)
            .map_or(self.opened, |index| acknowledgements[index].0);
        let mut longest = Pause {
            from: previous,
            length: Duration::ZERO,
        };
        for at in acknowledgements[first..]
            .iter()
            .map(|(at, _)| *at)
            .chain(std::iter::once(Instant::now()))
        {
            let length = at.saturating_duration_since(previous);
            if length > longest.length {
                longest = Pause {
                    from: previous,
                    length,
                };
            }
            previous = at;
        }
        longest
    }

    /// How long each transfer took that was acknowledged between two moments, from its beginning to its acknowledgement.
    pub async fn latencies(&self, from: Instant, to: Instant) -> Vec<Duration> {
        let acknowledgements = self.shared.acknowledgements.lock().await;
        let between = acknowledgements.iter().filter(|(at, _)| (from..to).contains(at));
        between.map(|(_, took)| *took).collect()
    }

    /// Closes: transfers under way are ended, and everything that was acknowledged is handed over.
    pub async fn close(mut self) -> Ledger {
        self.shared.closing.store(true, Ordering::Relaxed);
        let mut ledger = Ledger::default();
        while let Some(teller) = self.tellers.join_next().await {
            let teller = teller.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
            ledger.acknowledged.extend(teller.acknowledged);
            ledger.failed += teller.failed;
        }
        ledger
    }
}

impl Shared {
    /// One connection's life: transfers, and a new connection after every error.
    async fn serve(self: Arc<Self>, number: i64) -> Ledger {
        let mut ledger = Ledger::default();
        let mut connection = None;
        let mut sequence: i64 = 0;
        while !self.closing.load(Ordering::Relaxed) {
            let mut open = match connection.take() {
                Some(open) => open,
                None => match Connection::open(&self.options.url, self.options.authority.as_deref()).await {
                    Ok(open) => open,
                    Err(_) => {
                        // Nobody listens yet, or the server is starting: a pool would wait a moment, too.
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        continue;
                    }
                },
            };
            sequence += 1;
            let transfer = self.next(number, sequence);
            let begun = Instant::now();
            match open.transfer(&transfer).await {
                Ok(()) => {
                    let mut acknowledgements = self.acknowledgements.lock().await;
                    acknowledgements.push((Instant::now(), begun.elapsed()));
                    drop(acknowledgements);
                    self.acknowledged.fetch_add(1, Ordering::Relaxed);
                    ledger.acknowledged.insert(transfer.token);
                    connection = Some(open);
                }
                Err(error) => {
                    tracing::debug!(%error, "a transfer failed");
                    self.failed.fetch_add(1, Ordering::Relaxed);
                    ledger.failed += 1;
                }
            }
            tokio::time::sleep(self.options.rest).await;
        }
        ledger
    }

    /// Which transfer comes next: spread over the accounts by a multiplicative walk, the same in every run.
    fn next(&self, number: i64, sequence: i64) -> Transfer {
        let accounts = self.options.accounts;
        let from = (number * 7_919 + sequence * 104_729).rem_euclid(accounts);
        let to = (from + 1 + (sequence * 31).rem_euclid(accounts - 1)).rem_euclid(accounts);
        Transfer {
            token: (self.series << 32) | (number << 24) | sequence,
            from: from + 1,
            to: to + 1,
            amount: 1 + sequence % 9,
        }
    }
}
