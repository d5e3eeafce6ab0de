//! Holes of a plan file: secrets that stand in it, files of secrets that others may read, connections that are not protected.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use daybreak_model::{Endpoint, Finding, Severity, Tls, Told};

const SECRET: &str = "plan.secret";
const READABLE: &str = "plan.readable";
const TLS_OFF: &str = "plan.tls_off";
const TLS_UNVERIFIED: &str = "plan.tls_unverified";

/// Their ids.
pub(super) const IDS: [&str; 4] = [READABLE, SECRET, TLS_OFF, TLS_UNVERIFIED];

/// Keys whose values are secrets, or name where one is.
const SECRET_KEYS: [&str; 7] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "secret_access_key",
    "token",
    "api_key",
];

/// Holes of the file's text, comments included: a secret that is commented out is one.
pub(crate) fn of_text(path: &Path, text: &str) -> Vec<Finding> {
    let place = path.display().to_string();
    let mut holes = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(what) = secret(line) {
            holes.push(hole(
                SECRET,
                Severity::Blocks,
                &place,
                format!("line {number}"),
                format!("it holds {what}"),
                "take it out, set it anew, and name its place: `{ env = \"NAME\" }` or `{ file = \"PATH\" }`",
            ));
        }
        // Of `{ file = "…" }`, and not of `profile = "…"`.
        if let Some(file) = file_named(line) {
            let file = path.parent().unwrap_or(Path::new(".")).join(file);
            if let Ok(found) = std::fs::metadata(&file)
                && found.is_file()
                && found.permissions().mode() & 0o077 != 0
            {
                holes.push(hole(
                    READABLE,
                    Severity::Blocks,
                    &place,
                    file.display().to_string(),
                    format!(
                        "others may read it (mode {:o})",
                        found.permissions().mode() & 0o777
                    ),
                    "leave it to its owner: chmod 600",
                ));
            }
        }
    }
    holes
}

/// How a connection is protected.
pub(crate) fn of_endpoint(path: &Path, endpoint: &Endpoint) -> Vec<Finding> {
    let (id, evidence, remedy) = match endpoint.tls {
        Tls::Verify { .. } => return Vec::new(),
        Tls::Off => (
            TLS_OFF,
            "tls=off: whoever is on the way reads along",
            "write tls=verify",
        ),
        Tls::Require => (
            TLS_UNVERIFIED,
            "tls=require: whoever is on the way can be the server",
            "write tls=verify, with `ca=FILE` where the authority is your own",
        ),
    };
    let place = path.display().to_string();
    let object = format!("{}.url", endpoint.label);
    vec![hole(
        id,
        Severity::Degrades,
        &place,
        object,
        evidence.to_owned(),
        remedy,
    )]
}

fn hole(
    id: &str,
    severity: Severity,
    place: &str,
    object: String,
    evidence: String,
    remedy: &str,
) -> Finding {
    Finding {
        id: id.to_owned(),
        rows: vec!["D3".to_owned()],
        severity,
        server: place.to_owned(),
        object,
        evidence,
        remedy: remedy.to_owned(),
        statement: None,
        told: Told::Found,
    }
}

/// What kind of secret a line holds. Never the secret.
fn secret(line: &str) -> Option<&'static str> {
    if line.contains("-----BEGIN ") && line.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    if access_key(line) {
        return Some("an access key of AWS");
    }
    if url_password(line) {
        return Some("a URL with a password");
    }
    let lower = line.to_lowercase();
    let named = SECRET_KEYS.iter().any(|key| {
        // `password = "…"`, and not `password = { env = "…" }`; a key that names a variable is none.
        quoted_after(&lower, key).is_some_and(|value| !value.is_empty())
    });
    named.then_some("what is named like a secret")
}

/// The file of `{ file = "…" }`.
fn file_named(line: &str) -> Option<&str> {
    let at = line.match_indices("file").find(|(at, _)| {
        let before = line[..*at].chars().next_back();
        !before.is_some_and(|before| before.is_ascii_alphanumeric() || before == '_')
    })?;
    quoted_after(&line[at.0..], "file")
}

/// The quoted value of a key whose name ends so: `key = "value"`.
fn quoted_after<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let mut rest = line;
    while let Some(at) = rest.find(key) {
        let after = rest[at + key.len()..]
            .trim_start_matches(['"', '\''])
            .trim_start();
        if let Some(value) = after.strip_prefix('=') {
            let value = value.trim_start();
            let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''));
            if let Some(quote) = quote {
                return value[1..].split(quote).next();
            }
        }
        rest = &rest[at + key.len()..];
    }
    None
}

/// `scheme://user:password@host`.
fn url_password(line: &str) -> bool {
    line.split("://").skip(1).any(|rest| {
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '/'))
            .unwrap_or(rest.len());
        let before = rest[..end].rsplit_once('@').map(|(before, _)| before);
        before
            .and_then(|before| before.split_once(':'))
            .is_some_and(|(_, password)| !password.is_empty())
    })
}

/// Identifiers of access keys (IAM user guide, "IAM identifiers"): a prefix and sixteen capitals or digits.
fn access_key(line: &str) -> bool {
    let words = line.split(|c: char| !c.is_ascii_alphanumeric());
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    words.into_iter().any(|word| {
        word.len() == 20 && (word.starts_with("AKIA") || word.starts_with("ASIA")) && word.chars().all(fits)
    })
}

#[cfg(test)]
mod tests {
    use super::{file_named, secret};

    #[test]
    fn a_file_is_told_from_a_profile() {
        assert_eq!(file_named("password = {file=\"a.txt\"}"), Some("a.txt"));
        assert_eq!(file_named("password = { file = 'a.txt' }"), Some("a.txt"));
        assert_eq!(file_named("profile = \"migration\""), None);
    }

    #[test]
    fn secrets_are_told_from_their_places() {
        for line in [
            "url = \"mysql://dba:hunter2@db1/\"",
            "# password = \"hunter2\"",
            "admin_password = 'hunter2'",
            "\"token\" = \"x\"",
            "key = \"AKIAIOSFODNN7EXAMPLE\"",
            "aws_secret_access_key = \"wJalr\"",
            "-----BEGIN RSA PRIVATE KEY-----",
        ] {
            assert!(secret(line).is_some(), "{line}");
        }
        for line in [
            "url = \"mysql://dba@db1:3306/\"",
            "password = { env = \"DAYBREAK_SOURCE_PASSWORD\" }",
            "password = { file = \"source.password\" }",
            "endpoint_url = \"http://127.0.0.1:5000\"",
            "# the password comes from a file = \"…\"",
            "ca = \"AKIA\"",
        ] {
            assert_eq!(secret(line), None, "{line}");
        }
    }
}
