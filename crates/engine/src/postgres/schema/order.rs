//! The order in which objects can be made.

use std::collections::{BTreeSet, HashMap, HashSet};

use daybreak_model::{ObjectKind, Phase, SchemaObject, TableName};

use crate::EngineError;
use crate::postgres::connection::Connection;

/// Catalog and entry: what `pg_depend` calls an object.
pub(super) type Address = (u32, u32);

/// An object and where it stands in the catalogs.
pub(super) struct Item {
    pub(super) address: Address,
    /// What it goes with: itself, or what it comments on.
    pub(super) about: Address,
    pub(super) object: SchemaObject,
}

/// What needs what.
pub(super) struct Links {
    needs: Vec<(Address, Address)>,
    part_of: HashMap<Address, Address>,
}

impl Links {
    pub(super) async fn read(connection: &Connection) -> Result<Self, EngineError> {
        let needs = pairs(connection, include_str!("../sql/schema/dependencies.sql")).await?;
        let part_of = pairs(connection, include_str!("../sql/schema/aliases.sql")).await?;
        Ok(Self {
            needs,
            part_of: part_of.into_iter().collect(),
        })
    }

    /// These, and all that cannot be without one of them.
    pub(super) fn all_that_needs(&self, mut these: HashSet<Address>) -> HashSet<Address> {
        loop {
            let before = these.len();
            for (one, other) in &self.needs {
                if these.contains(other) || these.contains(&self.whole(*other)) {
                    these.extend([*one, self.whole(*one)]);
                }
            }
            if these.len() == before {
                return these;
            }
        }
    }

    /// The named object an entry belongs to, a few steps up at most.
    fn whole(&self, mut address: Address) -> Address {
        for _ in 0..8 {
            match self.part_of.get(&address) {
                Some(up) => address = *up,
                None => break,
            }
        }
        address
    }
}

async fn pairs(connection: &Connection, sql: &str) -> Result<Vec<(Address, Address)>, EngineError> {
    let rows = connection.simple(sql, "failed to read dependencies").await?;
    let number = |row: &tokio_postgres::SimpleQueryRow, column| row.get(column)?.parse().ok();
    Ok(rows
        .iter()
        .filter_map(|row| {
            let one = (number(row, 0)?, number(row, 1)?);
            Some((one, (number(row, 2)?, number(row, 3)?)))
        })
        .collect())
}

/// Puts objects in an order in which each comes after what it needs, and pulls what an earlier phase needs into that phase:
/// a view whose row type a function returns is made with the function. Also gives the tables that nothing else needs before
/// the rows.
pub(super) fn sorted(items: Vec<Item>, links: &Links) -> (Vec<SchemaObject>, BTreeSet<TableName>) {
    let places: HashMap<Address, usize> = items
        .iter()
        .enumerate()
        .map(|(place, item)| (item.address, place))
        .collect();
    let mut needs = vec![BTreeSet::new(); items.len()];
    let mut needed_by = vec![BTreeSet::new(); items.len()];
    for (one, other) in &links.needs {
        let place = |address| places.get(&links.whole(address)).copied();
        if let (Some(one), Some(other)) = (place(*one), place(*other))
            && one != other
        {
            needs[one].insert(other);
            needed_by[other].insert(one);
        }
    }
    let order = topological(&needs, &needed_by);
    let mut objects: Vec<_> = items.into_iter().map(|item| item.object).collect();
    for place in order.iter().rev() {
        let earliest = needed_by[*place].iter().map(|by| objects[*by].phase).min();
        objects[*place].phase = objects[*place]
            .phase
            .min(earliest.unwrap_or(objects[*place].phase));
    }
    let apart = apart(&objects, &needs, &needed_by);
    let mut slots: Vec<_> = objects.into_iter().map(Some).collect();
    let mut sorted: Vec<_> = order
        .into_iter()
        .filter_map(|place| slots[place].take())
        .collect();
    sorted.sort_by_key(|object| object.phase);
    (sorted, apart)
}

/// Tables that need no other table, and that only their own indexes need, and what comes after all rows. (A table that
/// inherits locks whom it inherits from until its transaction ends, so that two of them would wait for each other.) What a routine reads is in no catalog, so where a
/// table or an index calls one of the scope's, every table is there before the first row.
fn apart(
    objects: &[SchemaObject],
    needs: &[BTreeSet<usize>],
    needed_by: &[BTreeSet<usize>],
) -> BTreeSet<TableName> {
    let is_routine = |place: &usize| objects[*place].kind == ObjectKind::Routine;
    let is_table = |place: &usize| objects[*place].kind == ObjectKind::Table;
    let calls = |place: usize| objects[place].phase != Phase::AfterAll && needs[place].iter().any(is_routine);
    let with_rows = |place: usize| !is_routine(&place) && calls(place);
    if (0..objects.len()).any(with_rows) {
        return BTreeSet::new();
    }
    let alone = |place: &usize| {
        let table = &objects[*place];
        let waits = |by: &usize| match objects[*by].phase {
            Phase::BeforeRows | Phase::WithTable => false,
            Phase::AfterRows => objects[*by].table == table.table,
            Phase::AfterAll => true,
        };
        table.kind == ObjectKind::Table
            && table.phase == Phase::BeforeRows
            && needed_by[*place].iter().all(waits)
            && !needs[*place].iter().any(is_table)
    };
    let places = (0..objects.len()).filter(alone);
    places.filter_map(|place| objects[place].table.clone()).collect()
}

/// Kahn's algorithm; among those that could come next, the first in the given order does. Where nothing could, objects need each
/// other in a circle, which only a routine's default arguments could make: its first comes without waiting for what it needs, so
/// that everything outside the circle keeps its place.
fn topological(needs: &[BTreeSet<usize>], needed_by: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut open: Vec<_> = needs.iter().map(BTreeSet::len).collect();
    let mut ready: BTreeSet<_> = (0..needs.len()).filter(|place| open[*place] == 0).collect();
    let mut waiting: BTreeSet<_> = (0..needs.len()).filter(|place| open[*place] > 0).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(place) = ready.pop_first().or_else(|| first_of_a_circle(needs, &waiting)) {
        waiting.remove(&place);
        order.push(place);
        for by in &needed_by[place] {
            open[*by] -= 1;
            if open[*by] == 0 && waiting.remove(by) {
                ready.insert(*by);
            }
        }
    }
    order
}

/// The first member of a circle among those that wait, each for another of them.
fn first_of_a_circle(needs: &[BTreeSet<usize>], waiting: &BTreeSet<usize>) -> Option<usize> {
    let mut place = *waiting.first()?;
    let mut path = Vec::new();
    while !path.contains(&place) {
        path.push(place);
        place = *needs[place].iter().find(|needed| waiting.contains(needed))?;
    }
    let circle = path.into_iter().skip_while(|member| *member != place);
    circle.min()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use daybreak_model::{ObjectKind, Phase, SchemaObject, TableName};

    use super::{Address, Item, Links, sorted};

    fn item(oid: u32, name: &str, phase: Phase) -> Item {
        Item {
            about: (0, 0),
            address: (1, oid),
            object: SchemaObject {
                kind: ObjectKind::View,
                name: name.to_owned(),
                table: None,
                phase,
                create: Vec::new(),
                definition: String::new(),
                enable: Vec::new(),
            },
        }
    }

    #[test]
    fn what_is_needed_comes_first_and_no_later_in_phase() {
        let items = vec![
            item(1, "function", Phase::BeforeRows),
            item(2, "view", Phase::AfterAll),
            item(3, "other view", Phase::AfterAll),
            item(4, "table", Phase::BeforeRows),
        ];
        let links = Links {
            // The function returns rows of the view: it needs the view's row type (9, 2), a part of the view.
            needs: vec![((1, 1), (9, 2)), ((1, 2), (1, 4)), ((1, 3), (1, 2))],
            part_of: HashMap::from([((9, 2), (1, 2))]),
        };
        let order: Vec<_> = sorted(items, &links)
            .0
            .into_iter()
            .map(|object| (object.name, object.phase))
            .collect();
        let expected = [
            ("table", Phase::BeforeRows),
            ("view", Phase::BeforeRows),
            ("function", Phase::BeforeRows),
            ("other view", Phase::AfterAll),
        ];
        assert_eq!(order, expected.map(|(name, phase)| (name.to_owned(), phase)));
    }

    #[test]
    fn a_circle_loses_nothing_and_keeps_the_rest_in_order() {
        let items = vec![
            item(1, "view on the view", Phase::BeforeRows),
            item(2, "view on b", Phase::BeforeRows),
            item(3, "a", Phase::BeforeRows),
            item(4, "b", Phase::BeforeRows),
        ];
        let links = Links {
            needs: vec![
                ((1, 1), (1, 2)),
                ((1, 2), (1, 4)),
                ((1, 3), (1, 4)),
                ((1, 4), (1, 3)),
            ],
            part_of: HashMap::new(),
        };
        let order: Vec<_> = sorted(items, &links)
            .0
            .into_iter()
            .map(|object| object.name)
            .collect();
        assert_eq!(order, ["a", "b", "view on b", "view on the view"]);
    }

    fn table(oid: u32, name: &str) -> Item {
        let mut item = item(oid, name, Phase::BeforeRows);
        item.object.kind = ObjectKind::Table;
        item.object.table = Some(TableName::new("s", name));
        item
    }

    fn apart(items: Vec<Item>, needs: Vec<(Address, Address)>) -> Vec<String> {
        let links = Links {
            needs,
            part_of: HashMap::new(),
        };
        let (_, apart) = sorted(items, &links);
        apart.into_iter().map(|table| table.name).collect()
    }

    #[test]
    fn tables_that_need_each_other_are_not_made_apart() {
        let mut index = item(4, "index", Phase::AfterRows);
        index.object.table = Some(TableName::new("s", "indexed"));
        let items = vec![
            table(1, "parent"),
            table(2, "child"),
            table(3, "alone"),
            index,
            item(5, "view", Phase::AfterAll),
            table(6, "indexed"),
        ];
        let needs = vec![((1, 2), (1, 1)), ((1, 4), (1, 6)), ((1, 5), (1, 3))];
        assert_eq!(apart(items, needs), ["alone", "indexed"]);
    }

    #[test]
    fn a_routine_that_rows_call_may_read_any_table() {
        let mut routine = item(3, "allowed", Phase::BeforeRows);
        routine.object.kind = ObjectKind::Routine;
        let items = vec![table(1, "checked"), table(2, "rules"), routine];
        assert_eq!(apart(items, vec![((1, 1), (1, 3))]), [""; 0]);
    }
}
