//! What is done to data: engine-neutral and runbook-free.
