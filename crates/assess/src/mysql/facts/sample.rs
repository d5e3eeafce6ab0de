//! Facts of servers that cannot be had, for tests of a check's look.

use daybreak_model::TableName;

use super::indexes::Part;
use super::programs::{Kind, empty};
use super::{Column, Fact, Facts, Held, Hot, Index, Program, Settings, Table, Transaction};

fn table(name: &str, kind: &str, row_format: &str, bytes: u64) -> Table {
    Table {
        name: TableName::new("shop", name),
        kind: kind.to_owned(),
        engine: "InnoDB".to_owned(),
        row_format: row_format.to_owned(),
        options: String::new(),
        collation: "utf8mb4_bin".to_owned(),
        counter: None,
        bytes,
        rows: 1_000_000,
        comment: String::new(),
    }
}

fn column(table: &str, name: &str, full: &str, charset: &str) -> Column {
    Column {
        table: TableName::new("shop", table),
        name: name.to_owned(),
        default: None,
        nullable: true,
        base: full.split('(').next().unwrap_or_default().to_owned(),
        full: full.to_owned(),
        charset: charset.to_owned(),
        collation: format!("{charset}_bin"),
        extra: String::new(),
        expression: String::new(),
        srid: None,
    }
}

/// One table of this size.
pub(crate) fn tables(bytes: u64) -> Fact<Vec<Table>> {
    Fact::new(vec![table("orders", "BASE TABLE", "Dynamic", bytes)])
}

/// A table's counters.
pub(crate) fn counted(table: &str, inserts: u64, updates: u64, deletes: u64) -> Fact<Vec<Hot>> {
    Fact::new(vec![Hot {
        table: TableName::new("shop", table),
        writes: inserts + updates + deletes,
        inserts,
        updates,
        deletes,
    }])
}

/// So many tables.
pub(crate) fn many_tables(count: usize) -> Fact<Vec<Table>> {
    Fact::new(vec![table("orders", "BASE TABLE", "Dynamic", 0); count])
}

/// MySQL 5.7 with a table in a row format, and an index over a column of so many characters.
pub(crate) fn long_index(row_format: &str, charset: &str, characters: u64) -> Facts {
    let index = Index {
        table: TableName::new("shop", "orders"),
        name: "by_note".to_owned(),
        unique: false,
        kind: "BTREE".to_owned(),
        ignored: false,
        parts: vec![Part {
            column: Some("note".to_owned()),
            prefix: None,
        }],
    };
    Facts {
        tables: Fact::new(vec![table("orders", "BASE TABLE", row_format, 0)]),
        columns: Fact::new(vec![column(
            "orders",
            "note",
            &format!("varchar({characters})"),
            charset,
        )]),
        indexes: Fact::new(vec![index]),
        ..Facts::mysql(5, 7, 30)
    }
}

/// MySQL 5.7 with a view that has a column of this name.
pub(crate) fn view(name: &str) -> Facts {
    let program = Program {
        schema: "shop".to_owned(),
        name: "sums".to_owned(),
        ..empty(Kind::View, "VIEW")
    };
    Facts {
        tables: Fact::new(vec![table("sums", "VIEW", "", 0)]),
        views: Fact::new(vec![program]),
        columns: Fact::new(vec![column("sums", name, "int", "")]),
        ..Facts::mysql(5, 7, 30)
    }
}

/// A privilege of an account.
pub(crate) fn held(grantee: &str, privilege: &str) -> Fact<Vec<Held>> {
    Fact::new(vec![Held::new(grantee, privilege.to_owned())])
}

/// Variables or counters.
pub(crate) fn variables(pairs: &[(&str, &str)]) -> Fact<Settings> {
    Fact::new(Settings::of(pairs))
}

/// A transaction that is open for so long.
pub(crate) fn open(seconds: u64) -> Fact<Vec<Transaction>> {
    Fact::new(vec![Transaction {
        thread: 7,
        seconds,
        rows_changed: 0,
    }])
}

/// So much history.
pub(crate) fn history(length: u64) -> Fact<Vec<u64>> {
    Fact::new(vec![length])
}
