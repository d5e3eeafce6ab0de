//! Load by files: a consistent snapshot as files of rows, each with the digest that the source's server gave its range, in a
//! directory or in S3; and from there into the target.
//!
//! What was broken off goes on. A dump begun again takes a new snapshot and keeps the files whose ranges have the same digest in
//! it; a load begun again compares each range on the target with its file's digest. The manifest comes last: a dump without
//! one is no dump.

// Each imports only from those above it.
mod error;
mod limits;

mod layout;

mod file;
mod script;

mod reader;
mod take;

mod bring;

pub use bring::load_dump;
pub use error::DumpError;
pub use layout::Manifest;
pub use layout::Packing;
pub use limits::DumpLimits;
pub use take::{DumpReport, DumpSettings, dump, reopen_dump};
