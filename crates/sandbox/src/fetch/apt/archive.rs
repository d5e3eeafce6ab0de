//! The Debian archive this machine uses, turned to another suite.

use std::fs;
use std::path::{Path, PathBuf};

use crate::SandboxError;

/// A source entry for `suite`, in deb822 form, at the archive and with the signing key of the machine's own entries.
pub(super) fn source_of(suite: &str) -> Result<String, SandboxError> {
    let folder = Path::new("/etc/apt/sources.list.d");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files.push("/etc/apt/sources.list".into());
    for file in &files {
        let Ok(text) = fs::read_to_string(file) else {
            continue;
        };
        let entry = match file.extension().and_then(|e| e.to_str()) {
            Some("sources") => from_deb822(&text),
            Some("list") => from_one_line(&text),
            _ => None,
        };
        if let Some(entry) = entry {
            return Ok(entry.turned_to(suite));
        }
    }
    Err(SandboxError::Unavailable {
        what: "Debian archive".into(),
        why: "no entry for it in /etc/apt".into(),
        hint: "this machine is not a Debian: install the servers and set DAYBREAK_SERVERS=path".into(),
    })
}

#[derive(Debug, PartialEq)]
struct Entry {
    uris: String,
    /// The field's text as it stands, which may be a whole key over many lines.
    signed_by: Option<String>,
}

impl Entry {
    fn turned_to(&self, suite: &str) -> String {
        let key = self
            .signed_by
            .as_ref()
            .map(|k| format!("Signed-By:{k}\n"))
            .unwrap_or_default();
        format!(
            "Types: deb\nURIs: {}\nSuites: {suite}\nComponents: main\n{key}",
            self.uris
        )
    }
}

/// Whether an address is that of Debian's own archive and not of its security updates or of somebody else.
fn is_main_archive(uri: &str) -> bool {
    uri.trim_end_matches('/').ends_with("/debian")
}

fn from_deb822(text: &str) -> Option<Entry> {
    text.split("\n\n").find_map(|stanza| {
        let field = |name: &str| field(stanza, name);
        let uris = field("URIs")?.trim().to_owned();
        let types = field("Types")?;
        let enabled = field("Enabled").is_none_or(|v| v.trim() != "no");
        (enabled
            && types.split_whitespace().any(|t| t == "deb")
            && uris.split_whitespace().all(is_main_archive))
        .then(|| Entry {
            uris,
            signed_by: field("Signed-By"),
        })
    })
}

/// The text of a field with its continuation lines.
fn field(stanza: &str, name: &str) -> Option<String> {
    let mut lines = stanza
        .lines()
        .filter(|line| !line.starts_with('#'))
        .skip_while(|line| {
            !line
                .split_once(':')
                .is_some_and(|(key, _)| key.eq_ignore_ascii_case(name))
        });
    let first = lines.next()?.split_once(':')?.1.to_owned();
    let rest: String = lines
        .take_while(|l| l.starts_with([' ', '\t']))
        .map(|l| format!("\n{l}"))
        .collect();
    Some(first + &rest)
}

fn from_one_line(text: &str) -> Option<Entry> {
    text.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("deb ")?.trim_start();
        let (options, rest) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => ("", rest),
        };
        let uri = rest.split_whitespace().next()?;
        let signed_by = options
            .split_whitespace()
            .find_map(|option| option.strip_prefix("signed-by="))
            .map(|key| format!(" {key}"));
        is_main_archive(uri).then(|| Entry {
            uris: uri.to_owned(),
            signed_by,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{Entry, from_deb822, from_one_line};

    #[test]
    fn a_stanza_is_turned_to_another_suite_with_its_key() {
        let text = "Types: deb\n# a comment\nURIs: https://mirror.example/debian-security\nSuites: x\n\n\
                    Types: deb deb-src\nURIs: https://mirror.example/debian/\nSuites: bookworm\n\
                    Signed-By:\n -----BEGIN\n .\n -----END\n";
        let entry = from_deb822(text).unwrap();
        assert_eq!(
            entry.turned_to("sid"),
            "Types: deb\nURIs: https://mirror.example/debian/\nSuites: sid\nComponents: main\n\
             Signed-By:\n -----BEGIN\n .\n -----END\n"
        );
    }

    #[test]
    fn a_one_line_entry_is_read_with_its_options() {
        let text = "# deb http://no.example/debian x main\n\
                    deb http://security.example/debian-security bookworm-security main\n\
                    deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main\n";
        assert_eq!(
            from_one_line(text),
            Some(Entry {
                uris: "http://mirror.example/debian".into(),
                signed_by: Some(" /k.gpg".into())
            })
        );
    }

    #[test]
    fn somebody_elses_entry_is_not_taken() {
        assert_eq!(from_one_line("deb http://packages.example/sdk sdk main"), None);
        assert_eq!(
            from_deb822("Types: deb\nURIs: http://mirror.example/debian\nEnabled: no\nSuites: sid"),
            None
        );
    }
}
