//! The whole program on real servers: one binary, so that it is linked once.

mod accounts;
mod assess;
mod clean;
mod data_check;
mod data_check_delta;
mod data_check_watch;
mod estates;
mod every_type;
mod faults;
mod ground;
mod group;
mod gtid;
mod init;
mod kill_matrix;
mod looking;
mod migration;
mod planted_rows;
mod planted_schema;
mod presteps;
mod readiness;
mod refusals;
mod schema_check;
mod slow;
mod topology;
mod trim;
mod trouble;
