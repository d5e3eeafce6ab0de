//! A password that is guessed at the first try keeps nobody out. The server compares hashes; none is read.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.weak_password",
        engines: Engine::MYSQL_FAMILY,
        rows: &["D3"],
        severity: Severity::Blocks,
        crossing: Crossing::Audit,
        title: "accounts whose password is their name or a common word",
        remedy: "set a password that nobody guesses; those kept by other plugins than mysql_native_password are not looked at",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let weak = facts
        .accounts
        .known()?
        .iter()
        .filter(|account| account.weak && !account.locked);
    Ok(weak
        .map(|account| {
            Hit::new(
                account.quoted(),
                "its password is its name, or one that is tried first",
            )
        })
        .collect())
}
