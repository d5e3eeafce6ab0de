use serde::{Deserialize, Serialize};

use crate::Refusal;

/// Something that objects of a scope need from the server they are on, beside themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// MySQL family: the account in whose name views, routines, triggers and events run (their `DEFINER`).
    Definer {
        /// Its user name; empty for the anonymous account.
        user: String,
        /// Its host pattern.
        host: String,
        /// The objects, each with its kind.
        objects: Vec<String>,
    },
    /// MySQL family: a trigger or stored function, which a server with a binary log does not let everybody make.
    LoggedProgram {
        /// The object, with its kind.
        object: String,
        /// Whether it says of itself that a binary log of statements would do: `DETERMINISTIC`, `NO SQL` or `READS SQL DATA`.
        /// Triggers are never asked.
        harmless: bool,
    },
    /// MySQL family: `lower_case_table_names`, where a name has capitals.
    NameCase {
        /// Its value, 0 to 2.
        setting: u8,
        /// One of the names.
        example: String,
    },
    /// MySQL family: events run only while `event_scheduler` is on.
    EventScheduler {
        /// The enabled events.
        events: Vec<String>,
    },
    /// MySQL family: schemas outside the scope. A binary log holds the changes of all, and a replica stops at the first of
    /// a table that it has not.
    LeftOut {
        /// Their names.
        schemas: Vec<String>,
    },
    /// MySQL family: tables without a primary key, which some servers do not take, or give one.
    NoPrimaryKey {
        /// The tables.
        tables: Vec<String>,
    },
    /// MySQL family: the size up to which rows can be.
    PacketSize {
        /// `max_allowed_packet`, in bytes.
        bytes: u64,
    },
    /// PostgreSQL: a role that owns objects, was granted something, or is named in a policy.
    Role {
        /// Its name.
        name: String,
        /// Whether it may log in.
        login: bool,
        /// The objects.
        objects: Vec<String>,
    },
    /// PostgreSQL: an extension.
    Extension {
        /// Its name.
        name: String,
        /// The version in use.
        version: String,
    },
    /// PostgreSQL: an account that row security does not bind, for tables that force it on their owner, too.
    ForcedRowSecurity {
        /// The tables.
        tables: Vec<String>,
    },
    /// PostgreSQL: a setting that sessions begin with in this database, or as a role.
    SessionDefault {
        /// Whose sessions; nobody's in particular for the database's own.
        role: Option<String>,
        /// Whether only in this database.
        in_database: bool,
        /// `NAME TO VALUE`, as `ALTER DATABASE … SET` wants it.
        setting: String,
    },
    /// PostgreSQL: a right that objects made later are given by themselves (`ALTER DEFAULT PRIVILEGES`).
    DefaultRight {
        /// The statement.
        statement: String,
    },
}

/// What a server lacks of what is required.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unmet {
    /// What would fail, or would silently be left out.
    pub refusals: Vec<Refusal>,
    /// What works and should be known.
    pub notes: Vec<Refusal>,
}

/// The first few of a list, in words: `a, b, c and 4 more`.
#[must_use]
pub fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::some_of;

    #[test]
    fn long_lists_are_cut_and_counted() {
        let names: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
        assert_eq!(some_of(&names[..2]), "a, b");
        assert_eq!(some_of(&names), "a, b, c and 2 more");
    }
}
