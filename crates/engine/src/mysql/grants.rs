//! What `SHOW GRANTS` says an account may do, and on which databases.
//!
//! Facts from the MySQL manual: "GRANT Statement" (wildcards in database names) and "Privilege Restriction Using Partial
//! Revokes".

use super::schema::tokens::{Kind, tokens};

/// What a line of `SHOW GRANTS` is about.
#[derive(Debug, PartialEq, Eq)]
enum On {
    Everything,
    /// Databases whose names are like this.
    Database(String),
    /// All of one table.
    Table(String, String),
}

#[derive(Debug)]
struct Grant {
    revoked: bool,
    /// Whether it stands `WITH GRANT OPTION`.
    handed_on: bool,
    privileges: Vec<String>,
    on: On,
}

/// What an account holds.
#[derive(Debug)]
pub(super) struct Grants(Vec<Grant>);

impl Grants {
    /// From the lines of `SHOW GRANTS`.
    pub(super) fn read(lines: &[String]) -> Self {
        Self(lines.iter().filter_map(|line| grant(line)).collect())
    }

    /// Whether it is held on everything.
    pub(super) fn everywhere(&self, privilege: &str) -> bool {
        let given = |grant: &Grant| grant.on == On::Everything && !grant.revoked && grant.names(privilege);
        self.0.iter().any(given)
    }

    /// Whether it may be handed on, wherever it is held.
    pub(super) fn hand_on(&self) -> bool {
        self.0
            .iter()
            .any(|grant| grant.on == On::Everything && grant.handed_on)
    }

    /// Whether it is held on every object of the database.
    pub(super) fn on_all_of(&self, schema: &str, privilege: &str) -> bool {
        let about = |grant: &&Grant| {
            grant.names(privilege)
                && match &grant.on {
                    On::Everything => true,
                    On::Database(pattern) => is_like(schema, pattern),
                    On::Table(..) => false,
                }
        };
        // Only what was given on everything can be revoked from one database, and is given back by one on the database.
        let revoked = self.0.iter().filter(about).any(|grant| grant.revoked);
        let holds = |grant: &Grant| !grant.revoked && (!revoked || grant.on != On::Everything);
        self.0.iter().filter(about).any(holds)
    }

    /// Whether it is held on the database or any table of it.
    pub(super) fn on_some_of(&self, schema: &str, privilege: &str) -> bool {
        let on_a_table = |grant: &Grant| {
            !grant.revoked
                && grant.names(privilege)
                && matches!(&grant.on, On::Table(database, _) if database == schema)
        };
        self.on_all_of(schema, privilege) || self.0.iter().any(on_a_table)
    }

    /// Whether it is held on this table or its whole database, by name.
    pub(super) fn on_table(&self, schema: &str, table: &str, privilege: &str) -> bool {
        let about = |grant: &Grant| match &grant.on {
            On::Everything => false,
            On::Database(database) => database == schema,
            On::Table(database, name) => database == schema && name == table,
        };
        self.0
            .iter()
            .any(|grant| about(grant) && !grant.revoked && grant.names(privilege))
    }
}

impl Grant {
    fn names(&self, privilege: &str) -> bool {
        let named = |name: &String| name == privilege || name == "ALL PRIVILEGES" || name == "ALL";
        self.privileges.iter().any(named)
    }
}

/// A line, unless it is about a role, a proxy or a routine.
fn grant(line: &str) -> Option<Grant> {
    let all = tokens(line);
    let on = all.iter().position(|token| token.is_word("ON"))?;
    let rest = all.get(on + 1..)?;
    let name = |index: usize| {
        rest.get(index)
            .filter(|token| token.kind == Kind::Name)
            .and_then(|token| token.name())
    };
    let symbol = |index: usize, symbol: &str| rest.get(index).is_some_and(|token| token.is_symbol(symbol));
    let on = match (name(0), name(2)) {
        (None, None) if symbol(0, "*") && symbol(1, ".") && symbol(2, "*") => On::Everything,
        (Some(database), None) if symbol(1, ".") && symbol(2, "*") => On::Database(database),
        (Some(database), Some(table)) if symbol(1, ".") => On::Table(database, table),
        _ => return None,
    };
    Some(Grant {
        revoked: line.starts_with("REVOKE "),
        handed_on: line.contains(" WITH GRANT OPTION"),
        privileges: listed(line),
        on,
    })
}

/// Whether a name is like a pattern of `GRANT`: `%`, `_` and a backslash before either.
fn is_like(name: &str, pattern: &str) -> bool {
    fn like(name: &[char], pattern: &[char]) -> bool {
        match pattern {
            [] => name.is_empty(),
            ['%', rest @ ..] => (0..=name.len()).any(|skipped| like(&name[skipped..], rest)),
            ['_', rest @ ..] => !name.is_empty() && like(&name[1..], rest),
            ['\\', literal @ ('%' | '_'), rest @ ..] | [literal, rest @ ..] => {
                name.first() == Some(literal) && like(&name[1..], rest)
            }
        }
    }
    let characters = |text: &str| text.chars().collect::<Vec<char>>();
    like(&characters(name), &characters(pattern))
}

/// The privileges that a line names.
pub(super) fn listed(line: &str) -> Vec<String> {
    // A line of a partial revoke has the same form.
    let rest = line
        .strip_prefix("GRANT ")
        .or_else(|| line.strip_prefix("REVOKE "));
    let Some((list, _)) = rest.and_then(|rest| rest.split_once(" ON ")) else {
        return Vec::new();
    };
    list.split(',')
        .map(|privilege| {
            privilege
                .split('(')
                .next()
                .unwrap_or_default()
                .trim()
                .to_uppercase()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Grants;

    fn grants(lines: &[&str]) -> Grants {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        Grants::read(&lines)
    }

    #[test]
    fn database_names_may_have_wildcards() {
        for (pattern, like) in [
            ("a_b", true),
            ("a\\_b", true),
            ("a%", true),
            ("axb", false),
            ("a", false),
        ] {
            let line = format!("GRANT SELECT ON `{pattern}`.* TO `u`@`%`");
            assert_eq!(grants(&[&line]).on_all_of("a_b", "SELECT"), like, "{pattern}");
        }
        let wild = grants(&["GRANT SELECT ON `a_b`.* TO `u`@`%`"]);
        assert!(wild.on_all_of("axb", "SELECT"));
        let literal = grants(&["GRANT SELECT ON `a\\_b`.* TO `u`@`%`"]);
        assert!(!literal.on_all_of("axb", "SELECT"));
    }

    #[test]
    fn what_is_handed_on_is_held_everywhere() {
        assert!(grants(&["GRANT ALL PRIVILEGES ON *.* TO 'u'@'%' WITH GRANT OPTION"]).hand_on());
        assert!(!grants(&["GRANT ALL PRIVILEGES ON `a`.* TO 'u'@'%' WITH GRANT OPTION"]).hand_on());
        assert!(!grants(&["GRANT ALL PRIVILEGES ON *.* TO 'u'@'%'"]).hand_on());
    }
}
