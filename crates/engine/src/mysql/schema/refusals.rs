//! What cannot be carried, by name, with what mends it.

use daybreak_model::{Flavor, Hosting, Product, Refusal, Version};

use super::super::quote;
use super::catalog::Listed;
use super::create_table::{CreateTable, ItemKind};
use super::tokens::{Token, tokens};

/// Refusals that the catalog alone shows.
pub(super) fn catalog(source: &Flavor, target: &Flavor, listed: &[Listed]) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let leaves_mariadb = source.product == Product::MariaDb && target.product != Product::MariaDb;
    for table in listed {
        let name = &table.table.name;
        let refuse = |reason: String, hint: String| Refusal {
            object: format!("table {name}"),
            reason,
            hint,
        };
        match table.table_type.as_str() {
            "SEQUENCE" if leaves_mariadb => refusals.push(Refusal {
                object: format!("sequence {name}"),
                reason: "MySQL has no sequences".to_owned(),
                hint: "replace it with an AUTO_INCREMENT column or a counter table, then drop it".to_owned(),
            }),
            "SYSTEM VERSIONED" if leaves_mariadb => refusals.push(refuse(
                "MySQL has no system-versioned tables".to_owned(),
                format!("ALTER TABLE {} DROP SYSTEM VERSIONING", quote::table(name)),
            )),
            _ => {}
        }
        if table.is_table() {
            let aria = table.engine == "Aria" && leaves_mariadb;
            if table.engine != "InnoDB" {
                refusals.push(refuse(
                    if aria {
                        "it is stored by Aria, which has no transactions and does not exist on MySQL"
                            .to_owned()
                    } else {
                        format!(
                            "it is stored by {}, which has no consistent snapshot",
                            table.engine
                        )
                    },
                    format!("ALTER TABLE {} ENGINE = InnoDB", quote::table(name)),
                ));
            }
            if matches!(target.hosting, Hosting::Aurora { .. }) && compressed(table) {
                refusals.push(refuse(
                    "Aurora has no compressed row format".to_owned(),
                    format!(
                        "ALTER TABLE {} ROW_FORMAT = DYNAMIC, KEY_BLOCK_SIZE = 0",
                        quote::table(name)
                    ),
                ));
            }
        }
    }
    refusals
}

fn compressed(table: &Listed) -> bool {
    let options = table.options.to_lowercase();
    table.row_format == "Compressed" || options.contains("row_format=compressed")
}

/// Refusals within one table.
pub(super) fn table(
    listed: &Listed,
    statement: &CreateTable<'_>,
    target: &Flavor,
    left_out: &[String],
) -> Vec<Refusal> {
    let name = &listed.table.name;
    let mut refusals = Vec::new();
    let mut refuse = |object: String, reason: &str, hint: &str| {
        refusals.push(Refusal {
            object,
            reason: reason.to_owned(),
            hint: hint.to_owned(),
        });
    };
    if target.product != Product::MariaDb {
        for (column, collation) in listed.table.columns.iter().zip(&listed.collations) {
            let object = format!("column {name}.{}", column.name);
            let counts = listed.auto_increment.as_ref() == Some(&column.name);
            if counts
                && matches!(column.base_type.as_str(), "float" | "double")
                && target.version >= Version::new(8, 4, 0)
            {
                refuse(
                    object,
                    "MySQL 8.4 and later has AUTO_INCREMENT for whole numbers only",
                    "change it to BIGINT",
                );
            } else if matches!(column.base_type.as_str(), "inet4" | "inet6" | "uuid") {
                refuse(
                    object,
                    "MySQL has no such type",
                    "change it to BINARY(16) or CHAR(36)",
                );
            } else if let Some(collation) = collation
                && is_mariadbs(collation)
            {
                refuse(
                    object,
                    &format!("MySQL has no collation {collation}"),
                    "convert it to a collation both have, such as utf8mb4_unicode_520_ci",
                );
            }
        }
        if is_mariadbs(&listed.collation) {
            refuse(
                format!("table {name}"),
                &format!("MySQL has no collation {}", listed.collation),
                "convert it to a collation both have, such as utf8mb4_unicode_520_ci",
            );
        }
        if statement.items.iter().any(|item| item.kind == ItemKind::Other) {
            refuse(
                format!("table {name}"),
                "it has a period or another part that only MariaDB has",
                "drop that part",
            );
        }
    }
    for key in statement
        .items
        .iter()
        .filter(|item| item.kind == ItemKind::ForeignKey)
    {
        if let Some(schema) = schema_among(&key.tokens, left_out) {
            refuse(
                format!("foreign key {name}.{}", key.name),
                &format!("it refers to schema {schema}, which the plan leaves out"),
                &format!("add `{schema}` to `migration.schemas`, or drop the foreign key"),
            );
        }
    }
    if listed.table.columns.iter().all(|column| column.generated) {
        refuse(
            format!("table {name}"),
            "it has no column that holds a value: all are generated",
            "give it a column that holds one, or drop it",
        );
    }
    let places = |word: &str| tokens(statement.tail).iter().any(|token| token.is_word(word));
    if target.is_managed() && (places("DIRECTORY") || places("TABLESPACE")) {
        refuse(
            format!("table {name}"),
            "it lies in a directory or tablespace of its own, which managed servers do not have",
            "rebuild it in a file of its own: ALTER TABLE … TABLESPACE = innodb_file_per_table",
        );
    }
    refusals
}

/// The first of these schemas that a statement names: a name in full, as servers print names of other schemas.
fn schema_among<'a>(statement: &[Token<'_>], schemas: &'a [String]) -> Option<&'a String> {
    statement.windows(2).find_map(|two| {
        let name = two[0].name().filter(|_| two[1].is_symbol("."))?;
        schemas.iter().find(|schema| **schema == name)
    })
}

/// Collations that only MariaDB has.
fn is_mariadbs(collation: &str) -> bool {
    collation.contains("uca1400") || collation.contains("_nopad_")
}
