//! pg_hba.conf says who may connect by which proof (manual, "Client Authentication"); on Aurora every account has a
//! password, a token of IAM, or Kerberos.

use daybreak_model::Severity;

use crate::postgres::{Check, Need};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.connection.trust",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "lines of pg_hba.conf that let anybody in",
        remedy: "give the account a password and the application that password: Aurora lets nobody in without",
    },
    include_str!("connection_trust.sql"),
)
.needing(&[Need::AccessFile]);
