//! The databases behind role ports.
