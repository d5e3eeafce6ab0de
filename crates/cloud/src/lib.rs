//! A cluster at a cloud provider, by roles: what it is to be, what is there, and the steps between.
//!
//! [`Spec`] says what a cluster is to be; [`resources`] makes of it resources with names and attributes, in the order in which they are
//! made; a provider behind [`Cloud`] says what is there; [`plan`] compares; [`apply`] and [`destroy`] do it, with every intent in a
//! [`Ledger`] before the provider is asked.

mod error;
mod hole;
mod made_from;
mod resource;
mod spec;

mod ledger;
mod parameters;
mod port;
mod practice;

mod export;
mod plan;
mod wanted;

mod apply;

mod snapshot;

mod authorities;
mod aws;

pub use apply::{
    Applied, ApplyError, apply, destroy, is_the_one_made, obstacle, parameters_are_set, restart,
};
pub use authorities::published_authorities;
pub use aws::{
    Aws, AwsSettings, BucketSettings, Existing, HeldSecret, OriginFacts, RecoveredPosition, SecretSettings,
    SecretStore, bucket,
};
pub use error::{CloudError, Trouble};
pub use export::{cloudformation, terraform};
pub use hole::{Hole, HoleKind, Weight};
pub use ledger::{Entry, Ledger, LedgerError, What};
pub use made_from::{BackupSource, Origin};
pub use parameters::{Becomes, CarriedSetting, Setting, carried_settings};
pub use plan::{Action, Difference, Planned, changes, plan};
pub use port::{Cloud, Found, FoundSnapshot, Ground, Subnet};
pub use practice::{PRACTICES, Practice};
pub use resource::{Attributes, Home, Kind, Resource};
pub use snapshot::{Snapshot, snapshot};
pub use spec::{Alarms, Engine, Flow, InstanceGroup, Network, Place, Role, Spec, SpecError};
pub use wanted::resources;
