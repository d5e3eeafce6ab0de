//! Accounts: what they may do, changed; and dropped.

/// What is taken, then what is given: of what is printed as one right on one server and as many on another, the sum is right.
pub(super) fn changed(account: &str, lacks: &[String], beside: &[String]) -> Vec<String> {
    // Whoever is given all of a place keeps what it has there.
    let given_all = |right: &str| {
        let place = right.rsplit_once(" ON ").map(|(_, place)| place);
        place.is_some_and(|place| lacks.contains(&format!("ALL ON {place}")))
            && !right.starts_with("GRANT OPTION ")
    };
    let taken = beside.iter().filter(|right| !given_all(right));
    taken
        .map(|right| match partial_revoke(right) {
            Some((list, account)) => format!("GRANT {list} TO {account}"),
            None => format!("REVOKE {} FROM {account}", words(right)),
        })
        .chain(lacks.iter().map(|right| match partial_revoke(right) {
            Some(_) => right.clone(),
            None => format!("GRANT {} TO {account}", words(right)),
        }))
        .collect()
}

/// What drops an account; a role of MariaDB has no host.
pub(super) fn dropped(account: &str) -> String {
    let what = if account.starts_with('`') { "ROLE" } else { "USER" };
    format!("DROP {what} {account}")
}

/// A right in the words of a statement.
fn words(right: &str) -> String {
    match right.strip_prefix("role ") {
        Some(role) => role.to_owned(),
        None => match right.strip_prefix("ALL ON ") {
            Some(place) => format!("ALL PRIVILEGES ON {place}"),
            None => right.to_owned(),
        },
    }
}

/// What a line of a partial revoke takes, and from whom.
fn partial_revoke(right: &str) -> Option<(&str, &str)> {
    right.strip_prefix("REVOKE ")?.rsplit_once(" FROM ")
}

#[cfg(test)]
mod tests {
    fn changed(lacks: &[&str], beside: &[&str]) -> Vec<String> {
        let owned = |rights: &[&str]| rights.iter().map(|right| (*right).to_owned()).collect::<Vec<_>>();
        super::changed("'u'@'%'", &owned(lacks), &owned(beside))
    }

    #[test]
    fn rights_become_statements() {
        assert_eq!(
            changed(
                &[
                    "SELECT (`a`, `b`) ON `s`.`t`",
                    "role `r`@`%`",
                    "GRANT OPTION ON `s`.*"
                ],
                &["EXECUTE ON PROCEDURE `s`.`p`"]
            ),
            [
                "REVOKE EXECUTE ON PROCEDURE `s`.`p` FROM 'u'@'%'",
                "GRANT SELECT (`a`, `b`) ON `s`.`t` TO 'u'@'%'",
                "GRANT `r`@`%` TO 'u'@'%'",
                "GRANT GRANT OPTION ON `s`.* TO 'u'@'%'",
            ]
        );
    }

    #[test]
    fn all_is_more_than_some() {
        assert_eq!(
            changed(
                &["ALL ON *.*"],
                &["FILE ON *.*", "GRANT OPTION ON *.*", "DROP ON `s`.*"]
            ),
            [
                "REVOKE GRANT OPTION ON *.* FROM 'u'@'%'",
                "REVOKE DROP ON `s`.* FROM 'u'@'%'",
                "GRANT ALL PRIVILEGES ON *.* TO 'u'@'%'",
            ]
        );
        assert_eq!(
            changed(&["SELECT ON *.*"], &["ALL ON *.*"]),
            [
                "REVOKE ALL PRIVILEGES ON *.* FROM 'u'@'%'",
                "GRANT SELECT ON *.* TO 'u'@'%'",
            ]
        );
    }

    #[test]
    fn a_partial_revoke_is_a_statement_already() {
        let line = "REVOKE SELECT ON `s`.* FROM `u`@`%`";
        assert_eq!(changed(&[line], &[]), [line]);
        assert_eq!(changed(&[], &[line]), ["GRANT SELECT ON `s`.* TO `u`@`%`"]);
    }
}
