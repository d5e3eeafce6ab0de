//! A load by the servers' own programs (`mysqldump` into `mysql`, `pg_dump` into `psql`), where a company insists: slower than ours, one
//! connection, begun anew when broken off. What arrives is seen and compared like every load's.

// Each imports only from those above it.
mod error;
mod lines;
mod pipe;

mod load;

pub use error::ToolError;
pub use load::{ToolSettings, load_by_tools, tool_commands};
