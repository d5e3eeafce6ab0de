//! Dialect questions about the MySQL family, each answered from the server's own manual.

use super::{Flavor, Product, Version};

impl Flavor {
    /// Whether `SHOW REPLICA STATUS`, `START REPLICA` and `STOP REPLICA` exist (MySQL 8.0.22; the older words are
    /// gone in 8.4). MariaDB is spoken to with the older words, which it keeps.
    #[must_use]
    pub fn says_replica(&self) -> bool {
        self.product != Product::MariaDb && self.version >= Version::new(8, 0, 22)
    }
}
