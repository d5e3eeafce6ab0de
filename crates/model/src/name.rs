use serde::{Deserialize, Serialize};

/// A table's full name. `schema` is what MySQL calls a database and PostgreSQL a schema.
///
/// Names are kept exactly as the server spells them; quoting is the engine's business.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableName {
    /// MySQL database or PostgreSQL schema.
    pub schema: String,
    /// The table itself.
    pub name: String,
}

impl TableName {
    /// A name from its two parts, unquoted.
    #[must_use]
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            schema: schema.into(),
            name: name.into(),
        }
    }
}

impl std::fmt::Display for TableName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.schema, self.name)
    }
}
