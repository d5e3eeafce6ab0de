//! What a difference does, from what it is, which way it goes, and on which server. A server that takes what the other refuses is
//! looser; one that refuses what the other takes is stricter.

use daybreak_model::{ObjectKind, PartKind};
use serde::{Deserialize, Serialize};

use super::SchemaPlace;

/// What a difference does; the later, the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consequence {
    /// Nothing anybody notices.
    Harmless,
    /// The target takes what the old primary would refuse, or has what it has not.
    BreaksTheWayBack,
    /// Applications would fail, or find other data, on that server.
    BreaksTheApplication,
    /// The server's replication stops, or its rows drift.
    BreaksReplication,
}

impl std::fmt::Display for Consequence {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Harmless => "harmless",
            Self::BreaksTheWayBack => "breaks the way back",
            Self::BreaksTheApplication => "breaks the application",
            Self::BreaksReplication => "breaks replication",
        })
    }
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
pub(super) fn class(what: What, change: &Change, place: SchemaPlace) -> Consequence {
    let looser = match place {
        SchemaPlace::Target => Consequence::BreaksTheWayBack,
        SchemaPlace::Primary | SchemaPlace::Replica | SchemaPlace::Other => Consequence::BreaksTheApplication,
    };
    let stricter = Consequence::BreaksReplication;
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
        ) => Consequence::Harmless,
        (What::Object(ObjectKind::Table), Change::Extra) => match place {
            SchemaPlace::Target => Consequence::BreaksTheWayBack,
            _ => Consequence::Harmless,
        },
        (What::Object(ObjectKind::Table | ObjectKind::Type | ObjectKind::Schema), Change::Missing)
        | (What::Object(ObjectKind::Table | ObjectKind::Type), _)
        | (What::ColumnOrder | What::EventAwake, _) => Consequence::BreaksReplication,
        (What::Part(PartKind::Column), Change::Extra) => match place {
            SchemaPlace::Target => Consequence::BreaksTheWayBack,
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
        (What::Account, Change::Missing) if place == SchemaPlace::Replica => Consequence::BreaksReplication,
        (What::Part(PartKind::Options), Change::Differs(facets))
            if !facets.contains(&"engine".to_owned()) =>
        {
            Consequence::Harmless
        }
        _ => Consequence::BreaksTheApplication,
    }
}

/// Of a column that is there on both sides.
fn column(facets: &[String], looser: Consequence) -> Consequence {
    let does = |facet: &String| match facet.as_str() {
        "comment" => Consequence::Harmless,
        "nullable" => looser,
        "default" | "on update" | "invisible" | "collation" => Consequence::BreaksTheApplication,
        _ => Consequence::BreaksReplication,
    };
    facets
        .iter()
        .map(does)
        .max()
        .unwrap_or(Consequence::BreaksReplication)
}

#[cfg(test)]
mod tests {
    use daybreak_model::{ObjectKind, PartKind};

    use super::{Change, Consequence, What, class};
    use crate::schema_check::SchemaPlace;

    #[test]
    fn the_same_difference_does_other_things_elsewhere() {
        let unique = What::Index { unique: true };
        for (what, change, place, does) in [
            (
                unique,
                Change::Missing,
                SchemaPlace::Target,
                Consequence::BreaksTheWayBack,
            ),
            (
                unique,
                Change::Missing,
                SchemaPlace::Replica,
                Consequence::BreaksTheApplication,
            ),
            (
                unique,
                Change::Extra,
                SchemaPlace::Replica,
                Consequence::BreaksReplication,
            ),
            (
                What::Index { unique: false },
                Change::Extra,
                SchemaPlace::Replica,
                Consequence::Harmless,
            ),
            (
                What::Part(PartKind::Column),
                Change::Missing,
                SchemaPlace::Replica,
                Consequence::BreaksReplication,
            ),
            (
                What::Part(PartKind::Column),
                Change::Extra,
                SchemaPlace::Target,
                Consequence::BreaksTheWayBack,
            ),
            (
                What::Object(ObjectKind::Trigger),
                Change::Missing,
                SchemaPlace::Replica,
                Consequence::BreaksTheApplication,
            ),
            (
                What::Object(ObjectKind::Table),
                Change::Missing,
                SchemaPlace::Target,
                Consequence::BreaksReplication,
            ),
            (
                What::EventAwake,
                Change::Extra,
                SchemaPlace::Replica,
                Consequence::BreaksReplication,
            ),
            (
                What::Account,
                Change::Extra,
                SchemaPlace::Replica,
                Consequence::Harmless,
            ),
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
            class(column, &differs(&["comment"]), SchemaPlace::Replica),
            Consequence::Harmless
        );
        assert_eq!(
            class(column, &differs(&["comment", "default"]), SchemaPlace::Replica),
            Consequence::BreaksTheApplication
        );
        assert_eq!(
            class(column, &differs(&["type", "default"]), SchemaPlace::Replica),
            Consequence::BreaksReplication
        );
        assert_eq!(
            class(column, &differs(&["nullable"]), SchemaPlace::Target),
            Consequence::BreaksTheWayBack
        );
    }
}
