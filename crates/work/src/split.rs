//! Which tables belong together (P6): one graph of what ties them, communities of it as purposes, and what each cut would break.

// Each imports only from those above it.
mod louvain;
mod statement;

mod input;

mod graph;

mod purposes;

mod cuts;

mod picture;

pub use cuts::{CrossingQuery, CrossingTransaction, Cut, Tie, cuts};
pub use graph::{Graph, TableUse, graph};
pub use input::{Body, Known, Query, SplitInput, Transaction, queries_of_sql};
pub use picture::picture;
pub use purposes::{Purpose, purposes};
pub use statement::{NamedTable, Touched, touched};
