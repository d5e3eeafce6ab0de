use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// An account or role and what it may do, in words by which two servers can be compared. Never a password or its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its name as statements have it.
    pub name: String,
    /// What every server of the family has a word for.
    pub rights: BTreeSet<String>,
    /// Whether it has rights on databases or objects by name, as applications do, beside those it has everywhere.
    pub on_objects: bool,
    /// What only some versions have a word for: comparable between servers of one product and version alone.
    pub versioned: BTreeSet<String>,
}
