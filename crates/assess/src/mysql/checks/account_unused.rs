//! An account that nobody uses is a door that nobody watches. The Performance Schema counts who came since the server was started.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.unused",
        engines: Engine::MYSQL_FAMILY,
        rows: &["D3"],
        severity: Severity::Note,
        crossing: Crossing::Audit,
        title: "accounts that nobody uses",
        remedy: "lock it, and drop it when nobody misses it",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let seen = facts.seen.known()?;
    let unused = facts
        .carried_accounts()?
        .filter(|account| !account.locked && !seen.has(account));
    Ok(unused
        .map(|account| {
            let since = format!(
                "nobody came by it in the {} days since the server was started",
                seen.days
            );
            Hit::new(account.quoted(), since)
                .mended_by(format!("ALTER USER {} ACCOUNT LOCK", account.quoted()))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use crate::mysql::facts::{Account, Fact, Facts, Seen};

    #[test]
    fn who_came_is_in_use() {
        let account = |user: &str, locked| Account {
            user: user.to_owned(),
            host: "10.1.%".to_owned(),
            locked,
            ..Account::default()
        };
        let mut facts = Facts::mysql(8, 0, 40);
        facts.accounts = Fact::new(vec![
            account("app", false),
            account("idle", false),
            account("shut", true),
        ]);
        facts.seen = Fact::new(Seen::of(40, ["app"]));
        let hits = super::look(&facts).expect("looked");
        assert_eq!(hits.len(), 1);
        assert_eq!(hits[0].object, "'idle'@'10.1.%'");
        assert!(hits[0].evidence.contains("40 days"));
        facts.seen = Fact::new(Seen::of(0, []));
        assert!(super::look(&facts).expect("looked").is_empty());
    }
}
