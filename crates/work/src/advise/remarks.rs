//! Indexes that cost writes and give nothing: those that another begins with, and those that nobody has used.

use daybreak_engine::TableIndex;
use daybreak_model::TableName;
use serde::Serialize;

use super::catalog::Catalog;

/// An index that may not be needed. The names of these fields are public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndexRemark {
    /// `slow.redundant_index` or `slow.unused_index`.
    pub id: &'static str,
    /// The table.
    pub table: TableName,
    /// The index.
    pub index: String,
    /// What was seen.
    pub evidence: String,
    /// Its size, where that is told.
    pub bytes: Option<u64>,
}

/// What can be said of the indexes of tables, by what so many servers have counted.
pub(super) fn remarks(catalog: &Catalog, tables: &[TableName], servers: usize) -> Vec<IndexRemark> {
    let mut found = Vec::new();
    for table in tables {
        for index in catalog.indexes_of(table).filter(|index| !index.needed) {
            let remark = |id, evidence| IndexRemark {
                id,
                table: table.clone(),
                index: index.name.clone(),
                evidence,
                bytes: index.bytes,
            };
            if let Some(other) = catalog.indexes_of(table).find(|other| stands_in(other, index)) {
                let evidence = format!("index {} begins with the same columns", other.name);
                found.push(remark("slow.redundant_index", evidence));
            } else if index.reads == Some(0) && !serves_foreign_key(catalog, index) {
                let evidence = format!("not used on any of {servers} servers since each began to count");
                found.push(remark("slow.unused_index", evidence));
            }
        }
    }
    found
}

/// Whether one index does all that another does. Of two that are the same, the one whose name comes first stays.
fn stands_in(one: &TableIndex, other: &TableIndex) -> bool {
    one.name != other.name
        && one.plain
        && other.plain
        && one.columns.starts_with(&other.columns)
        && (one.columns.len() > other.columns.len() || one.unique || one.name < other.name)
}

/// The MySQL family keeps an index on the columns of every foreign key; elsewhere deletes of referred rows need one.
fn serves_foreign_key(catalog: &Catalog, index: &TableIndex) -> bool {
    catalog.foreign_keys.iter().any(|key| {
        key.child == index.table
            && index.columns.len() >= key.child_columns.len()
            && key
                .child_columns
                .iter()
                .zip(&index.columns)
                .all(|(own, indexed)| indexed.as_ref() == Some(own))
    })
}

#[cfg(test)]
mod tests {
    use daybreak_engine::TableIndex;
    use daybreak_model::{Family, ForeignKey, TableName};

    use super::super::catalog::tests::shop;
    use super::remarks;

    #[test]
    fn an_index_that_another_stands_in_for_is_redundant_and_one_that_nobody_used_unused() {
        let mut catalog = shop(Family::Mysql);
        let table = TableName::new("shop", "orders");
        let index = |name: &str, columns: &[&str], reads| TableIndex {
            table: table.clone(),
            name: name.to_owned(),
            columns: columns.iter().map(|column| Some((*column).to_owned())).collect(),
            plain: true,
            unique: false,
            needed: false,
            bytes: Some(7),
            reads: Some(reads),
        };
        catalog.indexes.extend([
            index("a", &["customer"], 9),
            index("b", &["customer", "placed"], 9),
            index("c", &["state"], 0),
            index("d", &["placed"], 3),
            index("e", &["placed"], 3),
            TableIndex {
                plain: false,
                ..index("f", &["placed"], 3)
            },
            TableIndex {
                needed: true,
                ..index("g", &["note"], 0)
            },
        ]);
        let found = |catalog: &_| -> Vec<(&'static str, String)> {
            let found = remarks(catalog, std::slice::from_ref(&table), 1).into_iter();
            found.map(|remark| (remark.id, remark.index)).collect()
        };
        let named = |id, name: &str| (id, name.to_owned());
        assert_eq!(
            found(&catalog),
            [
                named("slow.redundant_index", "a"),
                named("slow.unused_index", "c"),
                named("slow.redundant_index", "e")
            ]
        );
        catalog.foreign_keys.push(ForeignKey {
            name: "f".to_owned(),
            child: table.clone(),
            parent: TableName::new("shop", "lines"),
            child_columns: vec!["state".to_owned()],
            parent_columns: vec!["id".to_owned()],
            on_delete: "RESTRICT".to_owned(),
        });
        assert!(!found(&catalog).contains(&named("slow.unused_index", "c")));
    }
}
