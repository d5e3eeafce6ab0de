//! Who sends applications where.
