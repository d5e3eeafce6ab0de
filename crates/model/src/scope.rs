use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::TableName;

/// Which part of a server is migrated: MySQL databases, or schemas of one PostgreSQL database, or tables of them that serve one
/// purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Names of MySQL databases or PostgreSQL schemas. Never system ones.
    pub schemas: Vec<String>,
    /// The tables that move alone; `None` where all of the schemas does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

/// Tables that move while the others of their server stay, and go on being written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The migration's name, unlike that of every other part of the server: 1 to 20 lower-case letters, digits and `_`.
    pub name: String,
    /// The tables; a partitioned one stands for its partitions.
    pub tables: BTreeSet<TableName>,
}

impl Part {
    /// Its tables as one text, separated by commas.
    #[must_use]
    pub fn listed(&self) -> String {
        let tables: Vec<String> = self.tables.iter().map(TableName::to_string).collect();
        tables.join(",")
    }
}

impl Scope {
    /// All of these schemas.
    #[must_use]
    pub fn of(schemas: Vec<String>) -> Self {
        Self { schemas, part: None }
    }

    /// In words, for people: the schemas, or the part's name and tables.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.part {
            None => self.schemas.join(", "),
            Some(part) => {
                let tables: Vec<String> = part.tables.iter().map(TableName::to_string).collect();
                format!("{} ({})", part.name, tables.join(", "))
            }
        }
    }

    /// Whether a table of one of the schemas belongs to it.
    #[must_use]
    pub fn holds(&self, table: &TableName) -> bool {
        self.part.as_ref().is_none_or(|part| part.tables.contains(table))
    }
}
