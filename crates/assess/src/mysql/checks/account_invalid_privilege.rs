//! 8.2 parted SET_USER_ID in two and removed it (MySQL Shell and Aurora precheck, `invalidPrivileges`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.invalid_privilege",
        engines: Engine::MYSQL,
        rows: &["P1", "D3"],
        severity: Severity::Note,
        crossing: Crossing::into(8, 4, 0),
        title: "accounts with privileges that 8.4 has not",
        remedy: "grant SET_ANY_DEFINER and ALLOW_NONEXISTENT_DEFINER on Aurora where the account needs them",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let gone = facts
        .privileges
        .known()?
        .iter()
        .filter(|held| held.privilege == "SET_USER_ID" && !held.stays());
    Ok(gone
        .map(|held| Hit::new(held.grantee(), "it holds SET_USER_ID").mended_by(held.revoke()))
        .collect())
}

#[cfg(test)]
mod tests {
    use crate::mysql::facts::{Facts, sample};

    // Only 8.0 and 8.1 have the privilege, and no such server can be had here.
    #[test]
    fn the_privilege_of_old_is_found() {
        for (privilege, found) in [("SET_USER_ID", 1), ("SET_ANY_DEFINER", 0)] {
            let facts = Facts {
                privileges: sample::held("'app'@'%'", privilege),
                ..Facts::mysql(8, 0, 40)
            };
            assert_eq!(super::look(&facts).unwrap().len(), found, "{privilege}");
        }
    }
}
