//! Accounts of the servers' own.

use rand::Rng as _;
use rand::distr::Alphanumeric;
use secrecy::{ExposeSecret as _, SecretString};

/// A database account and its password.
#[derive(Debug, Clone)]
pub struct Login {
    name: String,
    password: SecretString,
}

impl Login {
    /// An account with a password given.
    #[must_use]
    pub fn new(name: &str, password: &str) -> Self {
        Self {
            name: name.to_owned(),
            password: password.into(),
        }
    }

    /// An account with a password made up for this run.
    #[must_use]
    pub fn random(name: &str) -> Self {
        let password: String = rand::rng()
            .sample_iter(Alphanumeric)
            .take(24)
            .map(char::from)
            .collect();
        Self::new(name, &password)
    }

    /// The account's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The password in the clear.
    #[must_use]
    pub fn password(&self) -> &str {
        self.password.expose_secret()
    }

    /// Cuts the password out of a text that may go to a log or an error.
    pub(crate) fn redact(&self, text: &str) -> String {
        if self.password().is_empty() {
            text.to_owned()
        } else {
            text.replace(self.password(), "***")
        }
    }
}
