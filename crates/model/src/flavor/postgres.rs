//! Dialect questions about PostgreSQL, each answered from its own manual.

use super::{Flavor, Product, Version};

impl Flavor {
    /// Whether a subscription can leave out changes that came from elsewhere (`origin = none`, PostgreSQL 16).
    #[must_use]
    pub fn filters_by_origin(&self) -> bool {
        self.product == Product::Postgres && self.version >= Version::new(16, 0, 0)
    }
}
