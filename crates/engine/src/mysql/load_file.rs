//! The statement that loads rows as `encode` writes them: for our own writer, and for clients and servers that do without us.

use daybreak_model::{Flavor, Table};

use super::session::{self, Purpose};
use super::{column, quote};
use crate::RowFile;

/// `LOAD DATA` of the table's stored columns.
pub(crate) fn statement(table: &Table, file: &RowFile<'_>) -> String {
    let from = match file {
        RowFile::Local(path) => format!("LOCAL INFILE {}", quote::text(path)),
        RowFile::S3 { region, bucket, key } => {
            format!(
                "FROM S3 MANIFEST {}",
                quote::text(&format!("s3-{region}://{bucket}/{key}"))
            )
        }
    };
    let columns = table.columns.iter().filter(|column| !column.generated);
    let (targets, assignments): (Vec<_>, Vec<_>) = columns
        .enumerate()
        .map(|(index, column)| column::load_target(column, index))
        .unzip();
    let assignments: Vec<_> = assignments.into_iter().flatten().collect();
    let set = if assignments.is_empty() {
        String::new()
    } else {
        format!(" SET {}", assignments.join(", "))
    };
    format!(
        "LOAD DATA {from} INTO TABLE {} CHARACTER SET binary \
         FIELDS TERMINATED BY '\\t' ENCLOSED BY '' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' ({}){set}",
        quote::table(&table.name),
        targets.join(", ")
    )
}

/// What a session is set to before such a statement: as our own writer's.
pub(crate) fn session(flavor: &Flavor) -> String {
    format!(
        "SET NAMES utf8mb4;\n{};\n",
        session::setup(Purpose::Write, flavor)
    )
}

/// Statements as `mysql` runs them from a file: each ended by a delimiter that stands in none of them.
pub(crate) fn script(statements: &[String]) -> String {
    let mut delimiter = "$$".to_owned();
    while statements.iter().any(|statement| statement.contains(&delimiter)) {
        delimiter.push('$');
    }
    let body: String = statements
        .iter()
        .map(|statement| format!("{statement}\n{delimiter}\n"))
        .collect();
    format!("DELIMITER {delimiter}\n{body}DELIMITER ;\n")
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Column, Table, TableName};

    use super::{script, statement};
    use crate::RowFile;

    fn table() -> Table {
        let column = |name: &str, base_type: &str, generated| Column {
            name: name.to_owned(),
            base_type: base_type.to_owned(),
            full_type: base_type.to_owned(),
            charset: None,
            nullable: true,
            generated,
        };
        Table {
            name: TableName::new("s`h", "t"),
            columns: vec![column("a", "int", false), column("b", "int", true)],
            key: None,
            estimated_rows: 0,
            estimated_bytes: 0,
        }
    }

    #[test]
    fn a_file_is_named_where_it_lies_and_generated_columns_are_left_out() {
        assert_eq!(
            statement(&table(), &RowFile::Local("it's/1.tsv")),
            "LOAD DATA LOCAL INFILE 'it''s/1.tsv' INTO TABLE `s``h`.`t` CHARACTER SET binary FIELDS TERMINATED BY \
             '\\t' ENCLOSED BY '' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' (`a`)"
        );
        let file = RowFile::S3 {
            region: "eu-central-1",
            bucket: "company",
            key: "night/t.manifest",
        };
        assert!(statement(&table(), &file).starts_with(
            "LOAD DATA FROM S3 MANIFEST 's3-eu-central-1://company/night/t.manifest' INTO TABLE"
        ));
    }

    #[test]
    fn a_script_ends_statements_by_what_none_of_them_holds() {
        let script = script(&["SELECT '$$'".to_owned(), "BEGIN; END".to_owned()]);
        assert_eq!(
            script,
            "DELIMITER $$$\nSELECT '$$'\n$$$\nBEGIN; END\n$$$\nDELIMITER ;\n"
        );
    }
}
