//! What must never be written down.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// The secrets of a migration, held so that the journal can keep them out of itself.
#[derive(Default)]
pub struct Secrets {
    needles: Vec<SecretString>,
}

/// A secret too short to look for: taking out every occurrence would take out everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a secret of {length} characters is too short to be kept out of the journal; it takes {}",
    Secrets::SHORTEST
)]
pub struct SecretTooShort {
    /// How long it is.
    pub length: usize,
}

impl SecretTooShort {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        "give the account a longer password for the time of the migration"
    }
}

/// What stands in a secret's place.
const PLACEHOLDER: &str = "[secret]";

impl Secrets {
    /// The shortest secret that can be told from ordinary text, in characters.
    pub const SHORTEST: usize = 4;

    /// Keeps `secrets` out of everything written. Empty ones (an account without a password) are no secrets.
    ///
    /// # Errors
    /// When one is shorter than [`Secrets::SHORTEST`].
    pub fn new(secrets: impl IntoIterator<Item = SecretString>) -> Result<Self, SecretTooShort> {
        let mut needles = Vec::new();
        for secret in secrets {
            let text = secret.expose_secret();
            let length = text.chars().count();
            if length == 0 {
                continue;
            }
            if length < Self::SHORTEST {
                return Err(SecretTooShort { length });
            }
            // The forms in which a URL, a JSON text or a debug print would show it.
            for form in [
                percent_encoded(text),
                text.escape_debug().to_string(),
                text.to_owned(),
            ] {
                needles.push(SecretString::from(form));
            }
        }
        // Longer first: a secret that contains another must go as a whole.
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.expose_secret().len()));
        Ok(Self { needles })
    }

    /// Whether a secret stands in `text`.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        self.needles
            .iter()
            .any(|needle| text.contains(needle.expose_secret()))
    }

    /// Replaces every secret in every text of `value`, names of fields included.
    pub(crate) fn redact(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.redact_text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact(item)),
            Value::Object(fields) => {
                if fields.keys().any(|name| self.are_in(name)) {
                    *fields = std::mem::take(fields)
                        .into_iter()
                        .map(|(mut name, value)| {
                            self.redact_text(&mut name);
                            (name, value)
                        })
                        .collect();
                }
                fields.values_mut().for_each(|item| self.redact(item));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn redact_text(&self, text: &mut String) {
        for needle in &self.needles {
            if text.contains(needle.expose_secret()) {
                *text = text.replace(needle.expose_secret(), PLACEHOLDER);
            }
        }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secrets(text: &str) -> Secrets {
        Secrets::new([SecretString::from(text)]).unwrap()
    }

    #[test]
    fn a_secret_goes_from_every_text_in_every_form() {
        let mut value = json!({
            "url": "mysql://root:p%40ss%2Fword@db/", "p@ss/word": 1,
            "list": ["said \"p@ss/word\"", 5, null, {"deep": "p@ss/wordp@ss/word"}],
        });
        secrets("p@ss/word").redact(&mut value);
        assert_eq!(
            value,
            json!({
                "url": "mysql://root:[secret]@db/", "[secret]": 1,
                "list": ["said \"[secret]\"", 5, null, {"deep": "[secret][secret]"}],
            })
        );
        let mut debug = json!(format!("{:?}", "x quo\"ted y"));
        secrets("quo\"ted").redact(&mut debug);
        assert_eq!(debug, json!("\"x [secret] y\""));
    }

    #[test]
    fn a_short_secret_is_refused_and_an_empty_one_ignored() {
        assert_eq!(
            Secrets::new([SecretString::from("abc")]).unwrap_err(),
            SecretTooShort { length: 3 }
        );
        assert!(!secrets("").are_in("anything"));
        assert_eq!(format!("{:?}", secrets("password")), "Secrets(..)");
    }
}
