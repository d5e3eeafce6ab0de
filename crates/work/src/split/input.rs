//! What is known of tables and of those who use them.

use std::collections::HashMap;

use daybreak_engine::TableRights;
use daybreak_model::{ForeignKey, Table, TableName};

use super::statement::NamedTable;

/// A statement, or a class of them by one of its statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// One of the statements.
    pub text: String,
    /// How often.
    pub count: u64,
    /// The database or schema in use, where that is known.
    pub database: Option<String>,
}

/// Statements of one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Their places among the queries.
    pub queries: Vec<usize>,
    /// How often.
    pub count: u64,
}

/// A view, trigger or routine, with the text that names tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// What it is and its name: `view shop.totals`.
    pub object: String,
    /// The table that it hangs on, for a trigger.
    pub table: Option<TableName>,
    /// Its definition.
    pub text: String,
    /// The schema that it is in.
    pub schema: String,
}

/// All that a split is made of.
#[derive(Debug, Clone, Default)]
pub struct SplitInput {
    /// Tables.
    pub tables: Vec<Table>,
    /// Their foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Views, triggers and routines.
    pub bodies: Vec<Body>,
    /// Statements.
    pub queries: Vec<Query>,
    /// Transactions, where the statements tell them.
    pub transactions: Vec<Transaction>,
    /// Accounts with rights on single tables.
    pub rights: Vec<TableRights>,
}

/// Tables that are known, to be found by how statements name them.
#[derive(Debug, Default)]
pub struct Known {
    by_name: HashMap<String, Vec<TableName>>,
}

impl Known {
    /// Of these.
    pub fn of<'a>(tables: impl IntoIterator<Item = &'a TableName>) -> Self {
        let mut by_name: HashMap<String, Vec<TableName>> = HashMap::new();
        for table in tables {
            by_name
                .entry(table.name.to_lowercase())
                .or_default()
                .push(table.clone());
        }
        Self { by_name }
    }

    /// The table that a statement means: of the schema that it names, else of the one in use, else the only one of this name.
    #[must_use]
    pub fn find(&self, named: &NamedTable, database: Option<&str>) -> Option<&TableName> {
        let tables = self.by_name.get(&named.table.to_lowercase())?;
        let of = |schema: &str| {
            tables
                .iter()
                .find(|table| table.schema.eq_ignore_ascii_case(schema))
        };
        if let Some(schema) = &named.schema {
            return of(schema);
        }
        database.and_then(of).or(match tables.as_slice() {
            [only] => Some(only),
            _ => of("public"),
        })
    }
}

/// The statements of a file of SQL, each ended by `;`. What stands between BEGIN and COMMIT is one transaction.
pub fn queries_of_sql(text: &str, input: &mut SplitInput) {
    let mut open: Option<Vec<usize>> = None;
    let mut database: Option<String> = None;
    for statement in statements(text) {
        let words: Vec<String> = statement
            .split_whitespace()
            .take(2)
            .map(str::to_lowercase)
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["begin", ..] | ["start", "transaction"] => open = Some(Vec::new()),
            ["commit" | "end", ..] => {
                if let Some(queries) = open.take().filter(|queries| queries.len() > 1) {
                    input.transactions.push(Transaction { queries, count: 1 });
                }
            }
            ["rollback", ..] => open = None,
            ["use", name] => database = Some(name.trim_matches('`').to_owned()),
            _ => {
                if let Some(open) = &mut open {
                    open.push(input.queries.len());
                }
                input.queries.push(Query {
                    text: statement.to_owned(),
                    count: 1,
                    database: database.clone(),
                });
            }
        }
    }
}

/// Cut at `;` outside of texts, names and comments.
fn statements(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut from, mut at) = (0, 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let skip_to = |mark: &str, after: usize| {
            text[after..]
                .find(mark)
                .map_or(bytes.len(), |end| after + end + mark.len())
        };
        at = match bytes[at] {
            quote @ (b'\'' | b'"' | b'`') => {
                let mut end = at + 1;
                while end < bytes.len() && bytes[end] != quote {
                    end += if bytes[end] == b'\\' && quote == b'\'' {
                        2
                    } else {
                        1
                    };
                }
                end + 1
            }
            b'-' if text[at..].starts_with("--") => skip_to("\n", at),
            b'/' if text[at..].starts_with("/*") => skip_to("*/", at + 2),
            b';' => {
                found.push(text[from..at].trim());
                from = at + 1;
                from
            }
            _ => at + 1,
        };
        // Within a letter of several bytes nothing begins.
        while at < bytes.len() && !text.is_char_boundary(at) {
            at += 1;
        }
    }
    found.push(text.get(from..).unwrap_or_default().trim());
    found.retain(|statement| !statement.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use daybreak_model::TableName;

    use super::super::statement::NamedTable;
    use super::{Known, SplitInput, Transaction, queries_of_sql};

    #[test]
    fn a_file_has_statements_and_transactions() {
        let text = "SELECT 'a;b' -- c;d\n; BEGIN; UPDATE t SET a = '\\';'; UPDATE u SET b = 1; COMMIT;\nuse shop; SELECT 1 /* ; */ FROM \"x;y\"";
        let mut input = SplitInput::default();
        queries_of_sql(text, &mut input);
        assert_eq!(input.queries.len(), 4);
        assert_eq!(
            input.transactions,
            [Transaction {
                queries: vec![1, 2],
                count: 1
            }]
        );
        assert_eq!(input.queries[3].database.as_deref(), Some("shop"));
        assert_eq!(input.queries[3].text, "SELECT 1 /* ; */ FROM \"x;y\"");
    }

    #[test]
    fn a_name_means_what_is_known() {
        let tables = [("a", "t"), ("b", "t"), ("a", "u")].map(|(schema, name)| TableName::new(schema, name));
        let known = Known::of(&tables);
        let named = |schema: Option<&str>, table: &str| NamedTable {
            schema: schema.map(str::to_owned),
            table: table.to_owned(),
        };
        assert_eq!(known.find(&named(Some("B"), "T"), None), Some(&tables[1]));
        assert_eq!(known.find(&named(None, "t"), Some("a")), Some(&tables[0]));
        assert_eq!(known.find(&named(None, "t"), None), None);
        assert_eq!(known.find(&named(None, "u"), Some("elsewhere")), Some(&tables[2]));
        assert_eq!(known.find(&named(None, "v"), None), None);
    }
}
