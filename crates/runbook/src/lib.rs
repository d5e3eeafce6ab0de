//! The runbook: steps, journal, status, executor. Knows no database.
