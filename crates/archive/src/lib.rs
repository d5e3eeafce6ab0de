//! Rows that leave a database, in files: Parquet with zstd, each column of the type it has, and every value read back byte by byte as
//! the server wrote it.
//!
//! A type of Parquet is used for a column only where all values of a file come back from it exactly as they were. A zero date, an
//! infinity, a number with leading zeros has no such type: then the column is text in that file. What a file keeps a column as is
//! written in its metadata.

mod text;

mod column;

mod file;

pub use file::{ArchiveError, Archived, ColumnForm, Rows, read, write};
