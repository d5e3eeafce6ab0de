//! One compared server while a check goes on.

use std::sync::Arc;
use std::time::Duration;

use daybreak_engine::{Database, EngineError, ErrorKind, Hashing};
use daybreak_model::{ChunkDigest, KeyBound, Product, RowHash, RowRange, Table};

use super::report::{CheckReport, TableReport};
use super::sides::{Compared, Follower};

/// How often a server that lost its connection is asked again.
pub(super) const RETRIES: u32 = 3;

/// What came of one compared server.
#[derive(Debug)]
pub struct NodeReport {
    /// Label and address.
    pub server: String,
    /// What was compared.
    pub report: CheckReport,
    /// What ended its comparison early; tables that were not compared then are "could not tell".
    pub left: Option<EngineError>,
}

/// A compared server while the check goes on.
pub(super) struct Node {
    pub(super) compared: Compared,
    hashing: Hashing,
    pub(super) follower: Option<Follower>,
    pub(super) report: CheckReport,
    pub(super) left: Option<EngineError>,
}

impl Node {
    pub(super) async fn open(compared: &Compared, source: &Arc<dyn Database>, hashing: Hashing) -> Self {
        let opened = open(compared, source, hashing).await;
        let (follower, left) = match opened {
            Ok(follower) => (Some(follower), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            compared: compared.clone(),
            hashing,
            follower,
            report: CheckReport::default(),
            left,
        }
    }

    /// Tries a server that was lost once more.
    pub(super) async fn reopen(&mut self, source: &Arc<dyn Database>) {
        match open(&self.compared, source, self.hashing).await {
            Ok(follower) => (self.follower, self.left) = (Some(follower), None),
            Err(error) => self.left = Some(error),
        }
    }

    /// A range's digest; with a new connection where the one there was broke.
    pub(super) async fn chunk(
        &mut self,
        table: &Table,
        range: &RowRange,
    ) -> Option<Result<ChunkDigest, EngineError>> {
        let mut attempt = 0;
        loop {
            let digest = self.follower.as_mut()?.on.chunk(table, range).await;
            match digest {
                Err(error) if error.is_transient() && attempt < RETRIES => {
                    attempt += 1;
                    if let Err(error) = self.again(attempt).await {
                        return Some(Err(error));
                    }
                }
                other => return Some(other),
            }
        }
    }

    /// The hashes of rows by their keys, in the same way.
    pub(super) async fn rows_by_key(
        &mut self,
        table: &Table,
        keys: &[KeyBound],
    ) -> Option<Result<Vec<Option<RowHash>>, EngineError>> {
        let mut attempt = 0;
        loop {
            let hashes = self.follower.as_mut()?.on.rows_by_key(table, keys).await;
            match hashes {
                Err(error) if error.is_transient() && attempt < RETRIES => {
                    attempt += 1;
                    if let Err(error) = self.again(attempt).await {
                        return Some(Err(error));
                    }
                }
                other => return Some(other),
            }
        }
    }

    /// The digests of small tables, in the same way.
    pub(super) async fn together(
        &mut self,
        tables: &[&Table],
    ) -> Option<Result<Vec<ChunkDigest>, EngineError>> {
        let mut attempt = 0;
        loop {
            let digests = self.follower.as_mut()?.on.together(tables).await;
            match digests {
                Err(error) if error.is_transient() && attempt < RETRIES => {
                    attempt += 1;
                    if let Err(error) = self.again(attempt).await {
                        return Some(Err(error));
                    }
                }
                other => return Some(other),
            }
        }
    }

    /// Leaves it out from now on.
    pub(super) fn lose(&mut self, error: EngineError) {
        self.follower = None;
        self.left = Some(error);
    }

    pub(super) async fn again(&mut self, attempt: u32) -> Result<(), EngineError> {
        tokio::time::sleep(pause(attempt)).await;
        self.follower = Some(Follower::open(&self.compared, self.hashing).await?);
        Ok(())
    }

    /// Notes that it was not there any more.
    pub(super) fn passed_over(&self, outcome: &mut TableReport) {
        let why = self.left.as_ref().map_or_else(String::new, in_words);
        outcome.doubt(format!("not compared: {why}"));
    }

    /// Takes an error in: a table's own is a doubt about that table, any other ends this server's comparison.
    pub(super) fn trouble(&mut self, error: EngineError, outcome: &mut TableReport) {
        outcome.doubt(in_words(&error));
        let stuck = self.follower.as_ref().is_none_or(|follower| follower.stuck);
        if stuck || !is_of_a_table(&error) {
            self.lose(error);
        }
    }
}

/// Opens a compared server. MariaDB's normal form of JSON is another than MySQL's: by meaning they cannot be compared.
async fn open(
    compared: &Compared,
    source: &Arc<dyn Database>,
    hashing: Hashing,
) -> Result<Follower, EngineError> {
    if hashing.json_by_meaning {
        let (here, there) = (source.flavor().await?, compared.server.flavor().await?);
        if (here.product == Product::MariaDb) != (there.product == Product::MariaDb) {
            return Err(EngineError {
                server: compared.server.endpoint().to_string(),
                what: format!("failed to compare JSON by its meaning: the source is {here}, this {there}"),
                kind: ErrorKind::Unsupported,
                code: None,
                hint: Some("their normal forms of JSON are not alike: compare it exactly".to_owned()),
                source: None,
            });
        }
    }
    Follower::open(compared, hashing).await
}

pub(super) fn pause(attempt: u32) -> Duration {
    Duration::from_millis(300 * u64::from(attempt))
}

/// Whether another table may be compared all the same.
pub(super) const fn is_of_a_table(error: &EngineError) -> bool {
    matches!(
        error.kind,
        ErrorKind::Privilege | ErrorKind::SchemaChanged | ErrorKind::Unsupported | ErrorKind::Other
    )
}

pub(super) fn in_words(error: &EngineError) -> String {
    let mut words = error.to_string();
    let cause = std::error::Error::source(error).map(ToString::to_string);
    for more in cause.iter().map(String::as_str).chain(error.hint()) {
        if !words.contains(more) {
            words = format!("{words}: {more}");
        }
    }
    words
}
