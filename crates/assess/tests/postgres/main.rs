//! The checks of PostgreSQL on real servers: each with the defect, and without.

mod audit;
mod defects;
mod ground;
mod planted;
mod privileges;
mod table;
