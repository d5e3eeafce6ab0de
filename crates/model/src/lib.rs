//! The vocabulary of a migration: pure values, no I/O, no clock.
