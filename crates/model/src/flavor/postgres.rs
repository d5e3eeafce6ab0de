//! Dialect questions about PostgreSQL, each answered from its own manual (release notes of the version named).

use super::{Flavor, Product, Version};

impl Flavor {
    fn is_postgres_from(&self, major: u16) -> bool {
        self.product == Product::Postgres && self.version >= Version::new(major, 0, 0)
    }

    /// Whether a subscription can leave out changes that came from elsewhere (`origin = none`, PostgreSQL 16).
    #[must_use]
    pub fn filters_by_origin(&self) -> bool {
        self.is_postgres_from(16)
    }

    /// Whether logical replication publishes and applies changes of partitioned tables as the whole
    /// (`publish_via_partition_root`, PostgreSQL 13).
    #[must_use]
    pub fn replicates_partitioned_tables(&self) -> bool {
        self.is_postgres_from(13)
    }

    /// Whether a range of heap pages is read without reading the rest (TID range scan, PostgreSQL 14).
    #[must_use]
    pub fn scans_page_ranges(&self) -> bool {
        self.is_postgres_from(14)
    }

    /// Whether a subscription has the option `streaming` (PostgreSQL 14).
    #[must_use]
    pub fn subscription_streams(&self) -> bool {
        self.is_postgres_from(14)
    }

    /// Whether errors of subscriptions are counted (`pg_stat_subscription_stats`, PostgreSQL 15).
    #[must_use]
    pub fn counts_subscription_errors(&self) -> bool {
        self.is_postgres_from(15)
    }

    /// Whether a subscription chooses whose rights it applies changes with (`run_as_owner`, PostgreSQL 16); before, it is
    /// always its owner's.
    #[must_use]
    pub fn subscription_chooses_role(&self) -> bool {
        self.is_postgres_from(16)
    }

    /// Whether a role that is no superuser can make a subscription (`pg_create_subscription`, PostgreSQL 16; Amazon's
    /// `rds_superuser` can in every version).
    #[must_use]
    pub fn has_subscription_role(&self) -> bool {
        self.is_postgres_from(16)
    }

    /// Whether switching a subscription off wakes its worker, which then ends at once (PostgreSQL 16).
    #[must_use]
    pub fn wakes_subscription_workers(&self) -> bool {
        self.is_postgres_from(16)
    }

    /// Whether logical slots can survive the promotion of a standby (`failover`, PostgreSQL 17).
    #[must_use]
    pub fn has_failover_slots(&self) -> bool {
        self.is_postgres_from(17)
    }

    /// Whether this version of PostgreSQL is one that is carried: 12 to 18.
    #[must_use]
    pub fn is_supported_postgres(&self) -> bool {
        self.is_postgres_from(12) && self.version.major <= 18
    }
}
