//! What is known of the tables that statements name.

use std::collections::{BTreeMap, BTreeSet};

use daybreak_engine::TableIndex;
use daybreak_model::{Column, Family, ForeignKey, Table, TableName};

use super::statement::{Block, ColumnRef, Named};

/// The tables of a server, with their indexes.
#[derive(Debug, Clone)]
pub(super) struct Catalog {
    pub(super) family: Family,
    pub(super) tables: BTreeMap<TableName, Table>,
    pub(super) indexes: Vec<TableIndex>,
    pub(super) foreign_keys: Vec<ForeignKey>,
}

impl Catalog {
    /// The table that a statement means.
    pub(super) fn table(&self, named: &Named) -> Option<&Table> {
        self.tables.get(&TableName::new(&named.schema, &named.table))
    }

    /// The tables of a block that are known, each with its place among those that it names.
    pub(super) fn known<'a>(
        &'a self,
        block: &'a Block,
    ) -> impl Iterator<Item = (usize, &'a Named, &'a Table)> {
        let named = block.tables.iter().enumerate();
        named.filter_map(|(at, named)| Some((at, named, self.table(named)?)))
    }

    /// Which of a block's tables a column belongs to, and the column; none where that cannot be told.
    pub(super) fn column<'a>(&'a self, block: &Block, column: &ColumnRef) -> Option<(usize, &'a Column)> {
        let of = |table: &'a Table| {
            let columns = table.columns.iter();
            let same = |own: &&Column| match self.family {
                Family::Mysql => own.name.eq_ignore_ascii_case(&column.column),
                Family::Postgres => own.name == column.column,
            };
            columns.into_iter().find(same)
        };
        let mut found = block.tables.iter().enumerate().filter_map(|(at, named)| {
            if column.of.as_ref().is_some_and(|of| *of != named.alias) {
                return None;
            }
            Some((at, of(self.table(named)?)?))
        });
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The indexes of a table.
    pub(super) fn indexes_of<'a>(&'a self, table: &'a TableName) -> impl Iterator<Item = &'a TableIndex> {
        self.indexes.iter().filter(move |index| index.table == *table)
    }

    /// Whether some index begins with these columns.
    pub(super) fn begins_with(&self, table: &TableName, columns: &[String]) -> bool {
        self.indexes_of(table).any(|index| {
            index.plain
                && index.columns.len() >= columns.len()
                && index
                    .columns
                    .iter()
                    .zip(columns)
                    .all(|(own, wanted)| own.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(wanted)))
        })
    }

    /// Names that a new index of a table must not have: on PostgreSQL they are the schema's.
    pub(super) fn taken(&self, table: &TableName) -> BTreeSet<&str> {
        let schema = self.family == Family::Postgres;
        let near = |other: &TableName| {
            if schema {
                other.schema == table.schema
            } else {
                other == table
            }
        };
        let indexes = self.indexes.iter().filter(|index| near(&index.table));
        let tables = self.tables.keys().filter(|other| schema && near(other));
        indexes
            .map(|index| index.name.as_str())
            .chain(tables.map(|table| table.name.as_str()))
            .collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use daybreak_engine::TableIndex;
    use daybreak_model::{Column, Family, Table, TableName};

    use super::Catalog;

    /// `shop.orders` and `shop.lines`, with a primary key each.
    pub(in super::super) fn shop(family: Family) -> Catalog {
        let column = |(name, kind): (&str, &str)| Column {
            name: name.to_owned(),
            base_type: kind.split('(').next().unwrap_or_default().to_owned(),
            full_type: kind.to_owned(),
            charset: kind.contains("char").then(|| "utf8mb4".to_owned()),
            nullable: true,
            generated: false,
        };
        let table = |name: &str, columns: &[(&str, &str)]| Table {
            name: TableName::new("shop", name),
            columns: columns.iter().copied().map(column).collect(),
            key: None,
            estimated_rows: 100_000,
            estimated_bytes: 10_000_000,
        };
        let orders = [
            ("id", "bigint"),
            ("customer", "int"),
            ("state", "varchar(20)"),
            ("placed", "datetime"),
            ("note", "text"),
        ];
        let lines = [("id", "bigint"), ("order_id", "bigint"), ("sku", "varchar(2000)")];
        let tables: BTreeMap<TableName, Table> = [table("orders", &orders), table("lines", &lines)]
            .into_iter()
            .map(|table| (table.name.clone(), table))
            .collect();
        let indexes = tables.keys().map(|table| TableIndex {
            table: table.clone(),
            name: "PRIMARY".to_owned(),
            columns: vec![Some("id".to_owned())],
            plain: true,
            unique: true,
            needed: true,
            bytes: None,
            reads: Some(5),
        });
        Catalog {
            family,
            indexes: indexes.collect(),
            tables,
            foreign_keys: Vec::new(),
        }
    }
}
