//! Small tables, several of them by one statement on each server: for thousands of them the way there and back is most of what
//! a check takes. One that is not the same at this first look is compared by itself like any other.

use std::time::Instant;

use daybreak_engine::EngineError;
use daybreak_model::{ChunkDigest, RowRange, Table};
use futures_util::future::join_all;

use super::CheckError;
use super::checkpoint::Checkpoint;
use super::node::{RETRIES, is_of_a_table, pause};
use super::nodes::NodesCheck;
use super::report::TableReport;
use super::sides::Lead;

/// A table of more rows or bytes, by the source's estimate, is compared by itself.
const ROWS: u64 = 2_000;
const BYTES: u64 = 1 << 20;
/// Tables by one statement.
const AT_ONCE: usize = 32;

/// Neighbours that go together; a table that is not small is alone.
pub(super) fn groups(tables: &[Table]) -> impl Iterator<Item = &[Table]> {
    let small = |table: &Table| table.estimated_rows <= ROWS && table.estimated_bytes <= BYTES;
    tables
        .chunk_by(move |one, next| small(one) && small(next))
        .flat_map(|neighbours| neighbours.chunks(AT_ONCE))
}

impl NodesCheck<'_> {
    /// Compares tables that go together.
    pub(super) async fn group(
        &mut self,
        tables: &[Table],
        mut checkpoint: Option<&mut Checkpoint>,
    ) -> Result<(), CheckError> {
        let begun_before = |table: &&Table| {
            let known = checkpoint.as_ref().and_then(|known| known.of(&table.name));
            known.is_some()
        };
        let (before, fresh): (Vec<&Table>, Vec<&Table>) = tables.iter().partition(begun_before);
        for table in before {
            self.table(table, checkpoint.as_deref_mut()).await?;
        }
        let looked = match fresh.len() {
            0 | 1 => None,
            _ => self.look_at(&fresh).await?,
        };
        let Some((here, there)) = looked else {
            for table in fresh {
                self.table(table, checkpoint.as_deref_mut()).await?;
            }
            return Ok(());
        };
        for (place, table) in fresh.into_iter().enumerate() {
            let found = there.iter().map(|there| there.as_ref().map(|there| there[place]));
            let found: Vec<Option<ChunkDigest>> = found.collect();
            if found.iter().flatten().any(|found| *found != here[place]) {
                self.table(table, checkpoint.as_deref_mut()).await?;
                continue;
            }
            let outcomes = self.same(table, here[place].rows, &found);
            if let Some(checkpoint) = checkpoint.as_mut().filter(|_| self.all_there()) {
                checkpoint.begin(&table.name, &[RowRange::Whole])?;
                checkpoint.done(&table.name, 1, &outcomes)?;
            }
            self.progress(&outcomes);
            self.done(table, outcomes);
        }
        Ok(())
    }

    /// Each table's digest on the source and on each server that is there; nothing where a table cannot be read somewhere, or no
    /// server is there.
    async fn look_at(&mut self, tables: &[&Table]) -> Result<Option<Digests>, CheckError> {
        self.reopen().await;
        self.pass().await;
        let begun = Instant::now();
        let in_turn = self.beside_others().await;
        let (here, answers) = if in_turn {
            let here = lead_together(&mut self.lead, tables).await;
            let mut answers = Vec::with_capacity(self.nodes.len());
            for node in &mut self.nodes {
                answers.push(node.together(tables).await);
            }
            (here, answers)
        } else {
            let nodes = self.nodes.iter_mut().map(|node| node.together(tables));
            tokio::join!(lead_together(&mut self.lead, tables), join_all(nodes))
        };
        let here = match here {
            Err(error) if is_of_a_table(&error) => return Ok(None),
            here => here?,
        };
        let mut there = Vec::with_capacity(answers.len());
        for (node, answer) in self.nodes.iter_mut().zip(answers) {
            there.push(match answer {
                Some(Err(error)) if is_of_a_table(&error) => return Ok(None),
                Some(Err(error)) => {
                    node.lose(error);
                    None
                }
                Some(Ok(digests)) => Some(digests),
                None => None,
            });
        }
        self.tell_of_servers();
        self.give_way(begun.elapsed()).await;
        Ok(there.iter().any(Option::is_some).then_some((here, there)))
    }

    /// What is said of a table that is the same on every server that was asked.
    fn same(&self, table: &Table, rows: u64, found: &[Option<ChunkDigest>]) -> Vec<TableReport> {
        let outcomes = self.nodes.iter().zip(found).map(|(node, found)| {
            let mut outcome = TableReport::new(table.name.clone());
            if found.is_some() {
                outcome.chunks = 1;
                outcome.rows = rows;
            } else {
                node.passed_over(&mut outcome);
            }
            outcome
        });
        outcomes.collect()
    }
}

/// Each table's digest on the source, and on each of the other servers that is there.
type Digests = (Vec<ChunkDigest>, Vec<Option<Vec<ChunkDigest>>>);

async fn lead_together(lead: &mut Lead, tables: &[&Table]) -> Result<Vec<ChunkDigest>, EngineError> {
    let mut attempt = 0;
    loop {
        match lead.on.together(tables).await {
            Err(error) if error.is_transient() && attempt < RETRIES => {
                attempt += 1;
                tokio::time::sleep(pause(attempt)).await;
                lead.reconnect().await?;
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Table, TableName};

    use super::{AT_ONCE, groups};

    #[test]
    fn only_small_neighbours_go_together() {
        let table = |rows| Table {
            name: TableName::new("s", "t"),
            columns: Vec::new(),
            key: None,
            estimated_rows: rows,
            estimated_bytes: 0,
        };
        let tables = [1, 2, 1_000_000, 1_000_000, 3].map(table);
        let lengths: Vec<usize> = groups(&tables).map(<[Table]>::len).collect();
        assert_eq!(lengths, [2, 1, 1, 1]);
        let many: Vec<Table> = (0..AT_ONCE as u64 + 1).map(table).collect();
        let lengths: Vec<usize> = groups(&many).map(<[Table]>::len).collect();
        assert_eq!(lengths, [AT_ONCE, 1]);
    }
}
