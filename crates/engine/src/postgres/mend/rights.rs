//! Roles: their attributes, memberships and rights, changed.

use daybreak_model::Flavor;

/// Attributes that only a superuser gives, and a managed server nobody.
const SUPERUSERS: [&str; 3] = ["SUPERUSER", "REPLICATION", "BYPASSRLS"];

/// What is taken, then what is given: rights on one object are printed together, so that of two lists the sum is right.
pub(super) fn changed(flavor: &Flavor, role: &str, lacks: &[String], beside: &[String]) -> Vec<String> {
    let possible = |right: &&String| !(flavor.is_managed() && SUPERUSERS.contains(&right.as_str()));
    let taken = beside.iter().filter(possible);
    let taken = taken.filter_map(|right| {
        if let Some(group) = right.strip_prefix("member of ") {
            return Some(format!("REVOKE {group} FROM {role}"));
        }
        if let Some(grant) = right.strip_prefix("GRANT ") {
            let grant = grant.strip_suffix(" WITH GRANT OPTION").unwrap_or(grant);
            let (what, to) = grant.rsplit_once(" TO ")?;
            return Some(format!("REVOKE {what} FROM {to}"));
        }
        if let Some(revoke) = right.strip_prefix("REVOKE ALL ON ") {
            // What everybody has of it unless it is taken away.
            let (what, from) = revoke.rsplit_once(" FROM ")?;
            let own = if what.starts_with("ROUTINE ") {
                "EXECUTE"
            } else {
                "USAGE"
            };
            return Some(format!("GRANT {own} ON {what} TO {from}"));
        }
        Some(format!("ALTER ROLE {role} NO{right}"))
    });
    let given = lacks.iter().filter(possible);
    let given = given.map(|right| {
        if right.starts_with("GRANT ") || right.starts_with("REVOKE ") {
            return right.clone();
        }
        match right.strip_prefix("member of ") {
            Some(group) => format!("GRANT {group} TO {role}"),
            None => format!("ALTER ROLE {role} {right}"),
        }
    });
    taken.chain(given).collect()
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Hosting, Product, Version};

    #[test]
    fn rights_become_statements() {
        let flavor = |hosting| Flavor {
            product: Product::Postgres,
            version: Version::new(17, 0, 0),
            hosting,
        };
        let owned = |rights: &[&str]| rights.iter().map(|right| (*right).to_owned()).collect::<Vec<_>>();
        let lacks = owned(&[
            "LOGIN",
            "REPLICATION",
            "member of staff",
            "GRANT INSERT, SELECT ON TABLE s.t TO r",
        ]);
        let beside = owned(&[
            "CREATEDB",
            "GRANT SELECT ON TABLE s.t TO r WITH GRANT OPTION",
            "REVOKE ALL ON ROUTINE s.f() FROM PUBLIC",
        ]);
        assert_eq!(
            super::changed(&flavor(Hosting::SelfManaged), "\"r\"", &lacks, &beside),
            [
                "ALTER ROLE \"r\" NOCREATEDB",
                "REVOKE SELECT ON TABLE s.t FROM r",
                "GRANT EXECUTE ON ROUTINE s.f() TO PUBLIC",
                "ALTER ROLE \"r\" LOGIN",
                "ALTER ROLE \"r\" REPLICATION",
                "GRANT staff TO \"r\"",
                "GRANT INSERT, SELECT ON TABLE s.t TO r",
            ]
        );
        let managed = super::changed(&flavor(Hosting::Rds), "\"r\"", &lacks, &[]);
        assert!(
            !managed.iter().any(|statement| statement.contains("REPLICATION")),
            "{managed:?}"
        );
    }
}
