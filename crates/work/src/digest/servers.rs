//! What servers have counted themselves, by the classes that their logs come to.

use daybreak_engine::StatementFigures;
use daybreak_model::Family;

use super::class::{Classes, Counts};
use super::read::Digest;
use super::slow_log::Dialect;

impl Digest {
    /// Takes in what a server has counted. Statements that it no longer tells apart, because they were too many, have no text and
    /// count as one class.
    pub fn add_figures(&mut self, family: Family, server: &str, figures: &[StatementFigures]) {
        let dialect = match family {
            Family::Mysql => Dialect::Mysql,
            Family::Postgres => Dialect::Postgres,
        };
        let mut classes = Classes::over(std::mem::take(&mut self.classes));
        for figures in figures {
            self.events += figures.count;
            classes.add_counts(&Counts {
                // A statement as it was sent has the class that it has in a log.
                text: figures
                    .sample
                    .as_deref()
                    .unwrap_or(&figures.text)
                    .trim_end()
                    .as_bytes(),
                dialect,
                server: server.as_bytes(),
                figures,
            });
        }
        self.classes = classes.into_inner();
    }
}
