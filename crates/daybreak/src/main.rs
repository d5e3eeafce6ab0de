//! `daybreak`: takes a company's own MySQL, MariaDB or PostgreSQL servers to Amazon Aurora, along a DBA's runbook.

mod assessment;
mod auditing;
mod bench;
mod captures;
mod cli;
mod conduct;
mod config;
mod demo;
mod estate;
mod exit;
mod loading;
mod output;
mod plays;
mod private;
mod report;
mod slow_limits;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // Which cryptography TLS uses is said once, here.
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        return exit::Exit::Failed.into();
    }
    let cli = cli::Cli::parse();
    output::log_to_stderr(cli.verbose);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::error(&anyhow::Error::new(error).context("failed to start"), None);
            return exit::Exit::Failed.into();
        }
    };
    match runtime.block_on(cli.run()) {
        Ok(exit) => exit.into(),
        Err(trouble) => {
            output::error(&trouble.error, trouble.hint.as_deref());
            trouble.exit.into()
        }
    }
}
