//! The whole program on real servers: one binary, so that it is linked once.

mod accounts;
mod assess;
mod clean;
mod data_check;
mod estates;
mod every_type;
mod faults;
mod ground;
mod init;
mod kill_matrix;
mod looking;
mod migration;
mod planted_rows;
mod planted_schema;
mod readiness;
mod refusals;
mod schema_check;
mod topology;
mod trouble;
