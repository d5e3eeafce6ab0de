//! A server named on the command line.

use daybreak_model::{Endpoint, Secret};

use crate::exit::Trouble;

/// The server at a URL, with the password from the environment: one in the URL would stay in the shell's history.
pub(super) fn named(label: &str, url: &str, password_env: &str) -> Result<Endpoint, Trouble> {
    let mut endpoint = Endpoint::parse(label, url).map_err(|error| {
        let hint = error.hint();
        Trouble::usage(error, Some(hint))
    })?;
    if !endpoint.password.expose().is_empty() {
        let error = anyhow::anyhow!(
            "the URL of the {label} holds a password, which would stay in the shell's history"
        );
        let hint = format!("set the environment variable {password_env} instead");
        return Err(Trouble::usage(error, Some(hint)));
    }
    let password = std::env::var(password_env).map_err(|_| {
        Trouble::usage(
            anyhow::anyhow!("the environment variable {password_env} is not set"),
            Some(format!("set it to the {label} account's password")),
        )
    })?;
    endpoint.password = Secret::new(password);
    Ok(endpoint)
}
