//! What a difference does, from what it is, which way it goes, and on which server. A server that takes what the other refuses is
//! looser; one that refuses what the other takes is stricter.

use daybreak_model::{ObjectKind, PartKind};
use serde::Serialize;

use super::Place;

/// What a difference does; the later, the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Nothing anybody notices.
    Harmless,
    /// The target takes what the old primary would refuse, or has what it has not.
    BreaksTheWayBack,
    /// Applications would fail, or find other data, on that server.
    BreaksTheApplication,
    /// The server's replication stops, or its rows drift.
    BreaksReplication,
}

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Object(ObjectKind),
    /// A unique index, or another.
    Index {
        unique: bool,
    },
    Part(PartKind),
    ColumnOrder,
    EventAwake,
    Definer,
    Account,
    Rights,
}

/// Which way one server differs from the one it is to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Missing,
    Extra,
    /// Of a column, the facets that differ.
    Differs(Vec<String>),
}

/// What a difference does on a server.
pub(super) fn class(what: What, change: &Change, place: Place) -> Class {
    let looser = match place {
        Place::Target => Class::BreaksTheWayBack,
        Place::Primary | Place::Replica | Place::Other => Class::BreaksTheApplication,
    };
    let stricter = Class::BreaksReplication;
    match (what, change) {
        (What::Object(ObjectKind::Comment), _)
        | (
            What::Object(
                ObjectKind::View
                | ObjectKind::Routine
                | ObjectKind::Sequence
                | ObjectKind::Type
                | ObjectKind::Extension
                | ObjectKind::Schema,
            )
            | What::Index { unique: false }
            | What::Account
            | What::Part(PartKind::Options),
            Change::Extra,
        ) => Class::Harmless,
        (What::Object(ObjectKind::Table), Change::Extra) => match place {
            Place::Target => Class::BreaksTheWayBack,
            _ => Class::Harmless,
        },
        (What::Object(ObjectKind::Table | ObjectKind::Type | ObjectKind::Schema), Change::Missing)
        | (What::Object(ObjectKind::Table | ObjectKind::Type), _)
        | (What::ColumnOrder | What::EventAwake, _) => Class::BreaksReplication,
        (What::Part(PartKind::Column), Change::Extra) => match place {
            Place::Target => Class::BreaksTheWayBack,
            _ => stricter,
        },
        (What::Part(PartKind::Column), Change::Differs(facets)) => column(facets, looser),
        (What::Part(PartKind::Column), _) => stricter,
        (
            What::Index { unique: true }
            | What::Part(PartKind::PrimaryKey | PartKind::Check)
            | What::Object(ObjectKind::ForeignKey),
            Change::Missing,
        ) => looser,
        (
            What::Index { unique: true }
            | What::Part(PartKind::PrimaryKey | PartKind::Check)
            | What::Object(ObjectKind::ForeignKey),
            _,
        ) => stricter,
        // A GRANT to an account that is not there stops a replica.
        (What::Account, Change::Missing) if place == Place::Replica => Class::BreaksReplication,
        (What::Part(PartKind::Options), Change::Differs(facets))
            if !facets.contains(&"engine".to_owned()) =>
        {
            Class::Harmless
        }
        _ => Class::BreaksTheApplication,
    }
}

/// Of a column that is there on both sides.
fn column(facets: &[String], looser: Class) -> Class {
    let does = |facet: &String| match facet.as_str() {
        "comment" => Class::Harmless,
        "nullable" => looser,
        "default" | "on update" | "invisible" | "collation" => Class::BreaksTheApplication,
        _ => Class::BreaksReplication,
    };
    facets.iter().map(does).max().unwrap_or(Class::BreaksReplication)
}

#[cfg(test)]
mod tests {
    use daybreak_model::{ObjectKind, PartKind};

    use super::{Change, Class, What, class};
    use crate::schema_check::Place;

    #[test]
    fn the_same_difference_does_other_things_elsewhere() {
        let unique = What::Index { unique: true };
        for (what, change, place, does) in [
            (unique, Change::Missing, Place::Target, Class::BreaksTheWayBack),
            (
                unique,
                Change::Missing,
                Place::Replica,
                Class::BreaksTheApplication,
            ),
            (unique, Change::Extra, Place::Replica, Class::BreaksReplication),
            (
                What::Index { unique: false },
                Change::Extra,
                Place::Replica,
                Class::Harmless,
            ),
            (
                What::Part(PartKind::Column),
                Change::Missing,
                Place::Replica,
                Class::BreaksReplication,
            ),
            (
                What::Part(PartKind::Column),
                Change::Extra,
                Place::Target,
                Class::BreaksTheWayBack,
            ),
            (
                What::Object(ObjectKind::Trigger),
                Change::Missing,
                Place::Replica,
                Class::BreaksTheApplication,
            ),
            (
                What::Object(ObjectKind::Table),
                Change::Missing,
                Place::Target,
                Class::BreaksReplication,
            ),
            (
                What::EventAwake,
                Change::Extra,
                Place::Replica,
                Class::BreaksReplication,
            ),
            (What::Account, Change::Extra, Place::Replica, Class::Harmless),
        ] {
            assert_eq!(class(what, &change, place), does, "{what:?} {change:?} {place:?}");
        }
    }

    #[test]
    fn the_worst_facet_of_a_column_counts() {
        let differs =
            |facets: &[&str]| Change::Differs(facets.iter().map(|facet| (*facet).to_owned()).collect());
        let column = What::Part(PartKind::Column);
        assert_eq!(
            class(column, &differs(&["comment"]), Place::Replica),
            Class::Harmless
        );
        assert_eq!(
            class(column, &differs(&["comment", "default"]), Place::Replica),
            Class::BreaksTheApplication
        );
        assert_eq!(
            class(column, &differs(&["type", "default"]), Place::Replica),
            Class::BreaksReplication
        );
        assert_eq!(
            class(column, &differs(&["nullable"]), Place::Target),
            Class::BreaksTheWayBack
        );
    }
}
