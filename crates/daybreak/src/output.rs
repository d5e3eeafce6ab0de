//! The two ways out: data to standard output, talk to standard error.

use std::io::{IsTerminal, Write};

use serde::Serialize;
use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: one JSON value, or one per line while something goes on.
    Json,
}

/// Prints a line of data. A reader that went away (`| head`) is no error.
pub(crate) fn line(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) {
    line(serde_json::to_string(value).expect("results are structures with text keys"));
}

/// Tells the person at the terminal something.
pub(crate) fn say(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Whether standard error is a terminal that can show progress.
pub(crate) fn is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Says what went wrong, what caused it, and what to do.
pub(crate) fn error(error: &anyhow::Error, hint: Option<&str>) {
    say(format!("error: {error}"));
    let mut last = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !last.ends_with(&cause) {
            say(format!("  caused by: {cause}"));
        }
        last = cause;
    }
    if let Some(hint) = hint {
        say(format!("\nhint: {hint}"));
    }
}

/// Sends the program's own log to standard error. `RUST_LOG` chooses what; without it, warnings, or all with `-v`.
pub(crate) fn log_to_stderr(verbose: bool) {
    let default = if verbose { "info,daybreak=debug" } else { "warn" };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr))
        .with(filter)
        .with(filter_fn(|of| {
            *of.level() <= Level::INFO || !tells_statements(of.target())
        }))
        .init();
}

/// Whether somebody's debug output holds statements as they are sent, and in them passwords.
fn tells_statements(target: &str) -> bool {
    target.starts_with("tokio_postgres")
}

/// A status as its JSON name, in words.
pub(crate) fn words(status: &impl Serialize) -> String {
    let value = serde_json::to_value(status).unwrap_or_default();
    let name = value
        .get("status")
        .unwrap_or(&value)
        .as_str()
        .unwrap_or("?")
        .replace('_', " ");
    match value.get("why").and_then(serde_json::Value::as_str) {
        Some(why) => format!("{name}: {why}"),
        None => name,
    }
}
