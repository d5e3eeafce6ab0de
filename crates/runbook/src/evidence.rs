//! What a step measured.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Named facts a step measured, kept in the journal beside its outcome. Never secrets.
///
/// A later step reads an earlier one's evidence through [`Context::evidence_of`](crate::Context::evidence_of), also after
/// a restart: what a step must hand on belongs here and nowhere else.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Evidence(Map<String, Value>);

impl Evidence {
    /// No facts.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a fact. Replaces one of the same name.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// The fields of `value`, or, where it is no structure, one fact called `value`.
    ///
    /// # Errors
    /// When `value` has no JSON form (a map whose keys are no strings).
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(match serde_json::to_value(value)? {
            Value::Object(fields) => Self(fields),
            other => Self::none().with("value", other),
        })
    }

    /// The fact called `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All facts read back into the type they were made [`of`](Self::of).
    ///
    /// # Errors
    /// When a field is missing or has another type, as after an upgrade between two runs.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_value(Value::Object(self.0.clone()))
    }

    /// Whether there are no facts.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The facts by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}
