//! Aurora restores files of 5.7 into version 2 and of 8.0 into version 3, never into an older minor version, and of 8.0.11, 8.0.13
//! and 8.0.15 into nothing from 3.05 on (Aurora User Guide, "Physical migration from MySQL by using Percona XtraBackup and Amazon S3").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::ways::files_refused;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.physical.version",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::Physical,
        title: "data files of a version that this line of Aurora does not restore",
        remedy: "upgrade the server, or choose a line of its own major version that is no older than it is",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    // That MariaDB's are not is no fault of its version: see `mysql.physical.product`.
    let why = match facts.is_maria_db() {
        true => None,
        false => files_refused(facts.flavor.version, facts.target),
    };
    Ok(why.map(|why| Hit::new("server", why)).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use daybreak_model::AuroraLine;

    use super::CHECK;
    use crate::mysql::facts::Facts;

    #[test]
    fn versions_meet_as_the_guide_says() {
        let words = |(major, minor, patch), line: &str| {
            let mut facts = Facts::mysql(major, minor, patch);
            facts.target = AuroraLine::named(&format!("aurora-mysql {line}")).expect("a line");
            let hits = (CHECK.look)(&facts).expect("facts are known");
            hits.into_iter().map(|hit| hit.evidence).next()
        };
        for good in [
            ((8, 0, 28), "3.04"),
            ((8, 0, 36), "3.10"),
            ((8, 0, 42), "3.10"),
            ((8, 0, 13), "3.04"),
        ] {
            assert_eq!(words(good.0, good.1), None, "{good:?}");
        }
        for (from, line, says) in [
            ((5, 5, 62), "3.10", "by no line"),
            ((5, 6, 51), "3.10", "by no line"),
            ((8, 4, 3), "8.4", "by no line"),
            ((9, 7, 0), "8.4", "by no line"),
            ((5, 7, 44), "3.10", "not restored as 8.0.42"),
            ((8, 0, 32), "3.04", "8.0.32 is newer than the 8.0.28 of 3.04"),
            ((8, 0, 11), "3.10", "upgrade to 8.0.28 first"),
            ((8, 0, 13), "3.08", "upgrade to 8.0.28 first"),
            ((8, 0, 15), "3.13", "upgrade to 8.0.28 first"),
        ] {
            let told = words(from, line).unwrap_or_default();
            assert!(told.contains(says), "{from:?} to {line}: {told}");
        }
    }
}
