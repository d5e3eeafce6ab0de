//! Tables taken apart, so that a difference between two can be named.

use std::collections::BTreeMap;

use daybreak_model::{PartKind, Scope, TableName, TablePart};

use super::super::connection::Server;
use super::canonical;
use super::catalog::{self, Listed};
use super::create_table::{Item, ItemKind, parse};
use super::definitions;
use super::tokens::{Token, tokens};
use crate::EngineError;

impl Server {
    /// The parts of these tables.
    pub(crate) async fn parts(&self, tables: &[TableName]) -> Result<Vec<TablePart>, EngineError> {
        let mut schemas: Vec<String> = tables.iter().map(|table| table.schema.clone()).collect();
        schemas.sort_unstable();
        schemas.dedup();
        let mut conn = self.borrow().await?;
        let mut listed = catalog::tables(self, &mut conn, &Scope::of(schemas)).await?;
        listed.retain(|listed| listed.is_table() && tables.contains(&listed.table.name));
        let wanted: Vec<&Listed> = listed.iter().collect();
        let texts = definitions::of_tables(self, &mut conn, &wanted).await?;
        self.keep(conn);
        Ok(listed
            .iter()
            .zip(texts)
            .flat_map(|(listed, text)| of_table(listed, &text))
            .collect())
    }
}

/// The parts of one table, from its `SHOW CREATE TABLE`; none where that cannot be read back.
fn of_table(listed: &Listed, text: &str) -> Vec<TablePart> {
    let Some(statement) = parse(text) else {
        return Vec::new();
    };
    let mut parts = Vec::new();
    let mut collations = listed.collations.iter();
    for item in &statement.items {
        let part = |kind, name: &str, definition: String| TablePart {
            table: listed.table.name.clone(),
            kind,
            name: name.to_owned(),
            definition,
            text: item.text.to_owned(),
            facets: BTreeMap::new(),
        };
        match item.kind {
            ItemKind::Column => {
                parts.push(column(listed, item, collations.next().and_then(Option::as_deref)))
            }
            ItemKind::PrimaryKey => parts.push(part(PartKind::PrimaryKey, "", canonical::key(item))),
            ItemKind::Index { .. } => parts.push(part(PartKind::Index, &item.name, canonical::key(item))),
            ItemKind::Check => {
                let definition = canonical::check(item, &listed.table.name.name);
                parts.push(part(PartKind::Check, &item.name, definition));
            }
            ItemKind::ForeignKey | ItemKind::Other => {}
        }
    }
    let (mut options, partitions) = tail(statement.tail);
    if !options.contains("COLLATE=") && !listed.collation.is_empty() {
        options.push_str(&format!(" COLLATE={}", listed.collation));
    }
    let canonical = canonical::options(statement.tail, &listed.collation);
    let mut canonical = canonical.splitn(2, '\n');
    for (kind, text) in [(PartKind::Options, options), (PartKind::Partitions, partitions)] {
        if let Some(definition) = canonical.next() {
            parts.push(TablePart {
                table: listed.table.name.clone(),
                kind,
                name: String::new(),
                definition: definition.to_owned(),
                text,
                facets: BTreeMap::new(),
            });
        }
    }
    parts
}

fn column(listed: &Listed, item: &Item<'_>, collation: Option<&str>) -> TablePart {
    let words = canonical::column_words(item, collation);
    let says_collation = item.tokens.iter().any(|token| token.is_word("COLLATE"));
    let mut text = item.text.to_owned();
    // Where nothing is said, the table's default is meant, which on another server may be another.
    if let (Some(at), Some(collation), false) = (after_type(item), collation, says_collation) {
        text.insert_str(at, &format!(" COLLATE {collation}"));
    }
    TablePart {
        table: listed.table.name.clone(),
        kind: PartKind::Column,
        name: item.name.clone(),
        definition: words.join(" "),
        text,
        facets: facets(&words),
    }
}

/// Where a column's type ends in its text, its character set included.
fn after_type(item: &Item<'_>) -> Option<usize> {
    let charset = item
        .tokens
        .windows(3)
        .find_map(|three| (three[0].is_word("CHARACTER") && three[1].is_word("SET")).then(|| three[2].end()));
    let closed = || {
        let opens = item.tokens.get(2).filter(|token| token.is_symbol("("));
        let mut rest = item.tokens.iter().skip(3);
        opens
            .and_then(|_| rest.find(|token| token.is_symbol(")")))
            .map(Token::end)
    };
    let end = charset
        .or_else(closed)
        .or_else(|| item.tokens.get(1).map(Token::end))?;
    Some(end - item.tokens.first()?.start)
}

/// What a column is made of, each under its name. They say where two columns differ; that they differ, their definitions say.
fn facets(words: &[String]) -> BTreeMap<String, String> {
    let mut facets: BTreeMap<String, String> = BTreeMap::new();
    let mut say = |name: &str, word: &str| {
        let said = facets.entry(name.to_owned()).or_default();
        if !said.is_empty() {
            said.push(' ');
        }
        said.push_str(word);
    };
    let (mut at, mut depth) = ("type", 0_i32);
    let mut nullable = true;
    for (index, word) in words.iter().enumerate().skip(1) {
        let next = words.get(index + 1).map(String::as_str);
        match word.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        match word.as_str() {
            "not" if depth == 0 && next == Some("null") => {
                nullable = false;
                at = "other";
            }
            "null" if depth == 0 && at != "default" && at != "generated" => at = "other",
            "default" if depth == 0 => at = "default",
            "comment" if depth == 0 => at = "comment",
            "as" if depth == 0 => at = "generated",
            "on" if depth == 0 && next == Some("update") => at = "on update",
            "update" if at == "on update" => {}
            "auto_increment" if depth == 0 => say("auto_increment", "yes"),
            "invisible" if depth == 0 => say("invisible", "yes"),
            // What the catalog says of it is one word with its name.
            collated if collated.starts_with("collate ") => {
                say("collation", collated.trim_start_matches("collate "));
            }
            check if check.starts_with('\n') => say("check", check.trim_start()),
            other => say(at, other),
        }
    }
    facets.insert(
        "nullable".to_owned(),
        if nullable { "yes" } else { "no" }.to_owned(),
    );
    facets
}

/// The options as `ALTER TABLE` takes them, without the counter, and the partitions.
fn tail(tail: &str) -> (String, String) {
    let all = tokens(tail);
    let partition = all.iter().position(|token| token.is_word("PARTITION"));
    let start = partition.map_or(tail.len(), |at| all[at].start);
    let mut options = tail[..start].trim_end().to_owned();
    // A version comment that opens before the partitions.
    if let Some(comment) = options.rfind("/*!").filter(|at| !options[*at..].contains("*/")) {
        options.truncate(comment);
    }
    let own = tokens(&options);
    if let Some(at) = own.iter().position(|token| token.is_word("AUTO_INCREMENT"))
        && let Some(value) = own.get(at + 2)
    {
        let range = own[at].start..value.end();
        options.replace_range(range, "");
    }
    let partitions = tail[start..].trim().trim_end_matches("*/").trim_end().to_owned();
    (options.trim().to_owned(), partitions)
}

#[cfg(test)]
mod tests {
    use super::super::create_table::parse;
    use super::{canonical, facets, tail};

    #[test]
    fn a_column_is_taken_apart() {
        let statement = "CREATE TABLE `t` (`a` varchar(9) CHARACTER SET utf8 NOT NULL DEFAULT 'not null' COMMENT 'x y') ENGINE=InnoDB";
        let parsed = parse(statement).expect("a statement");
        let words = canonical::column_words(&parsed.items[0], Some("utf8_bin"));
        let facets = facets(&words);
        let facet = |name: &str| facets.get(name).map(String::as_str);
        assert_eq!(facet("type"), Some("varchar ( 9 )"));
        assert_eq!(facet("default"), Some("'not null'"));
        assert_eq!(facet("nullable"), Some("no"));
        assert_eq!(facet("comment"), Some("'x y'"));
        assert_eq!(facet("collation"), Some("utf8mb3_bin"));
    }

    #[test]
    fn a_columns_collation_is_said_where_its_table_implied_it() {
        for (column, place) in [
            ("`a` varchar(9) DEFAULT 'x)'", 14),
            ("`a` text NOT NULL", 8),
            ("`a` enum('x','(y)') COMMENT 'z'", 19),
            ("`a` varchar(9) CHARACTER SET utf8 NOT NULL", 33),
        ] {
            let statement = format!("CREATE TABLE `t` ({column}) ENGINE=InnoDB");
            let parsed = parse(&statement).expect("a statement");
            assert_eq!(super::after_type(&parsed.items[0]), Some(place), "{column}");
        }
    }

    #[test]
    fn options_and_partitions_are_parted() {
        let (options, partitions) = tail(
            "ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=latin1 COMMENT='AUTO_INCREMENT=9'\n/*!50100 PARTITION BY HASH (`id`)\nPARTITIONS 4 */",
        );
        assert_eq!(
            options,
            "ENGINE=InnoDB  DEFAULT CHARSET=latin1 COMMENT='AUTO_INCREMENT=9'"
        );
        assert_eq!(partitions, "PARTITION BY HASH (`id`)\nPARTITIONS 4");
        assert_eq!(tail("ENGINE=InnoDB"), ("ENGINE=InnoDB".to_owned(), String::new()));
    }
}
