use std::collections::BTreeMap;

use daybreak_engine::EngineError;

use super::Fact;
use super::asking::Asking;

/// Variables by name, in lower case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Its value, where the server has such a variable.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The one of these names that the server has, with its value: variables are renamed from version to version.
    pub(crate) fn any<'a>(&self, names: &[&'a str]) -> Option<(&'a str, &str)> {
        names.iter().find_map(|name| Some((*name, self.get(name)?)))
    }

    /// Its value as a number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// Whether it is there and on.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| matches!(value.to_uppercase().as_str(), "ON" | "1" | "YES" | "TRUE"))
    }

    /// Whether it is there and off.
    pub(crate) fn is_off(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| matches!(value.to_uppercase().as_str(), "OFF" | "0" | "NO" | "FALSE"))
    }

    #[cfg(test)]
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        Self(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }
}

/// What `SHOW GLOBAL VARIABLES` says.
pub(super) async fn variables(asking: &Asking<'_>) -> Result<Fact<Settings>, EngineError> {
    gather(asking, "the server's variables", "SHOW GLOBAL VARIABLES").await
}

/// What `SHOW GLOBAL STATUS` says.
pub(super) async fn status(asking: &Asking<'_>) -> Result<Fact<Settings>, EngineError> {
    gather(asking, "the server's counters", "SHOW GLOBAL STATUS").await
}

async fn gather(asking: &Asking<'_>, what: &str, question: &str) -> Result<Fact<Settings>, EngineError> {
    let pairs = asking
        .list(what, &[], question, |mut row| {
            (row.text().to_lowercase(), row.text())
        })
        .await?;
    Ok(pairs.map(|pairs| Settings(pairs.into_iter().collect())))
}
