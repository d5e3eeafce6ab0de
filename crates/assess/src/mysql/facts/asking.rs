//! Asking one server, so that what cannot be seen comes back as unknown and never as nothing.

use daybreak_engine::{Database, EngineError, ErrorKind, TextRow};
use daybreak_model::Flavor;

use super::Fact;
use super::rights::Rights;
use crate::Unknown;

/// A server, and what our account may see on it.
pub(super) struct Asking<'a> {
    pub(super) server: &'a dyn Database,
    pub(super) flavor: &'a Flavor,
    pub(super) rights: &'a Rights,
}

impl Asking<'_> {
    /// What a question answers with, one value a row. `needs` are the privileges without which the server would leave
    /// rows out without a word.
    pub(super) async fn list<T>(
        &self,
        what: &str,
        needs: &[&str],
        question: &str,
        read: impl Fn(Answer) -> T,
    ) -> Result<Fact<Vec<T>>, EngineError> {
        if let Some(unknown) = self.rights.lacking(needs) {
            return Ok(Fact::unknown(unknown));
        }
        match self.server.ask(&format!("failed to read {what}"), question).await {
            Ok(rows) => Ok(Fact::new(
                rows.into_iter().map(|row| read(Answer::new(row))).collect(),
            )),
            // A server that answers with a refusal is there: what else can be seen is worth seeing. One that does not answer in
            // time would let every further question wait as long.
            Err(error) if error.code.is_some() => Ok(Fact::unknown(self.refused(&error, needs))),
            Err(error) => Err(error),
        }
    }

    fn refused(&self, error: &EngineError, needs: &[&str]) -> Unknown {
        let reason =
            std::error::Error::source(error).map_or_else(String::new, |source| format!(": {source}"));
        Unknown {
            why: format!("{}{reason}", error.what),
            grant: (error.kind == ErrorKind::Privilege).then(|| self.rights.grant(needs)),
        }
    }
}

/// A row, read from left to right.
pub(super) struct Answer(std::vec::IntoIter<Option<String>>);

impl Answer {
    pub(super) fn new(row: TextRow) -> Self {
        Self(row.into_iter())
    }

    /// The next value, `None` for NULL.
    pub(super) fn maybe(&mut self) -> Option<String> {
        self.0.next().flatten()
    }

    /// The next value, empty for NULL.
    pub(super) fn text(&mut self) -> String {
        self.maybe().unwrap_or_default()
    }

    /// The next value as a number, 0 for NULL and for what is none.
    pub(super) fn number(&mut self) -> u64 {
        self.text().parse().unwrap_or(0)
    }

    /// Whether the next value says yes, in any of the ways these servers say it.
    pub(super) fn yes(&mut self) -> bool {
        matches!(self.text().as_str(), "1" | "Y" | "YES" | "ON")
    }

    /// Leaves out so many values.
    pub(super) fn skip(&mut self, values: usize) {
        (0..values).for_each(|_| drop(self.0.next()));
    }
}
