//! An audit of one server: who is let in, how, and whether anybody would notice (D3).

use std::sync::Arc;

use daybreak_engine::{Database, EngineError};
use daybreak_model::{AuroraLine, Family, Severity};

use crate::verdict::weighed;
use crate::{About, Crossing, Verdict};

/// Checks of an assessment that an audit asks for, too, and how much they matter to it: there, whether a move fails, here, who gets in.
const SHARED: [(&str, Severity); 16] = [
    ("mysql.account.anonymous", Severity::Blocks),
    ("mysql.account.any_host", Severity::Degrades),
    ("mysql.account.empty_password", Severity::Blocks),
    ("mysql.account.file", Severity::Degrades),
    ("mysql.account.old_password", Severity::Blocks),
    ("mysql.account.super", Severity::Degrades),
    ("mysql.setting.tls_off", Severity::Blocks),
    ("mysql.setting.tls_version", Severity::Degrades),
    ("postgresql.connection.md5", Severity::Degrades),
    ("postgresql.connection.tls_off", Severity::Blocks),
    ("postgresql.connection.trust", Severity::Blocks),
    ("postgresql.parameter.password_encryption", Severity::Degrades),
    ("postgresql.role.md5_password", Severity::Degrades),
    ("postgresql.role.server_files", Severity::Degrades),
    ("postgresql.role.superuser", Severity::Degrades),
    ("postgresql.schema.public_create", Severity::Degrades),
];

/// How much a check matters to an audit; none where it is none of its checks.
fn weight(about: &About) -> Option<Severity> {
    if about.crossing == Crossing::Audit {
        return Some(about.severity);
    }
    let shared = SHARED.iter().find(|(id, _)| *id == about.id);
    shared.map(|(_, severity)| *severity)
}

/// Looks at one server with every check of an audit. Read-only.
///
/// # Errors
/// When the server cannot be asked at all. What one check cannot see is a finding that says so.
pub async fn audit(server: &Arc<dyn Database>) -> Result<Verdict, EngineError> {
    let flavor = server.flavor().await?;
    // None of the checks depends on where a server goes; what they look at is gathered with a line in hand.
    let line = match flavor.family() {
        Family::Mysql => AuroraLine::named("aurora-mysql 8.4"),
        Family::Postgres => AuroraLine::named("aurora-postgresql 17"),
    };
    let line = line.expect("both lines are known");
    weighed(server, line, weight).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{SHARED, weight};
    use crate::all_checks;

    #[test]
    fn every_check_that_is_shared_is_one() {
        let ids: BTreeSet<&str> = all_checks().iter().map(|about| about.id).collect();
        for (id, _) in SHARED {
            assert!(ids.contains(id), "{id}");
        }
        assert!(
            all_checks()
                .iter()
                .filter(|about| weight(about).is_some())
                .count()
                > 20
        );
    }
}
