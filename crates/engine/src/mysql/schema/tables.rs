//! A table as objects: the table with its keys, and what is built after the rows.
//!
//! Indexes and foreign keys are objects of their own, so that images of two servers compare whatever the sizes of their
//! tables. Those of a small table are made with it: their `create` is empty. The ordinary indexes of a large table are
//! built by one statement, which stands with the first of them.

use daybreak_model::{Flavor, ObjectKind, Phase, Product, Refusal, SchemaObject};

use super::super::quote;
use super::canonical;
use super::catalog::Listed;
use super::create_table::{CreateTable, Item, ItemKind, parse};
use super::refusals;
use super::tokens::{Kind, tokens};

/// Tables above either size get their indexes after their rows.
const LARGE_ROWS: u64 = 50_000;
const LARGE_BYTES: u64 = 16 << 20;

/// What one table comes to.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) objects: Vec<SchemaObject>,
    pub(super) foreign_keys: Vec<SchemaObject>,
    pub(super) refusals: Vec<Refusal>,
}

/// The objects of one table, from its `SHOW CREATE TABLE`. `left_out` are the server's schemas outside the scope.
pub(super) fn objects(listed: &Listed, text: &str, target: &Flavor, left_out: &[String]) -> Parts {
    let name = &listed.table.name;
    let Some(statement) = parse(text) else {
        // MariaDB prints the name of a foreign key as it is, backticks and all.
        return Parts {
            refusals: vec![Refusal {
                object: format!("table {name}"),
                reason: "its definition, as the server prints it, cannot be read back".to_owned(),
                hint: format!(
                    "look at SHOW CREATE TABLE {}: rename what has a backtick in its name",
                    quote::table(name)
                ),
            }],
            ..Parts::default()
        };
    };
    let large = listed.table.estimated_rows > LARGE_ROWS || listed.table.estimated_bytes > LARGE_BYTES;
    let mut parts = Parts {
        refusals: refusals::table(listed, &statement, target, left_out),
        ..Parts::default()
    };
    let quoted = quote::table(name);
    let mut inside = Vec::new();
    let mut later: Vec<&Item<'_>> = Vec::new();
    let mut indexes = Vec::new();
    for item in &statement.items {
        let object = |kind, phase, create: Vec<String>| SchemaObject {
            kind,
            name: format!("{name}.{}", item.name),
            table: Some(name.clone()),
            phase,
            create,
            definition: canonical::key(item),
            enable: Vec::new(),
        };
        match item.kind {
            ItemKind::ForeignKey => {
                let add = format!("ALTER TABLE {quoted} ADD {}", item.text);
                parts
                    .foreign_keys
                    .push(object(ObjectKind::ForeignKey, Phase::AfterAll, vec![add]));
            }
            ItemKind::Index { full_text } if large && !is_needed_by_rows(listed, &statement, item) => {
                let create = if full_text {
                    vec![format!("ALTER TABLE {quoted} ADD {}", item.text)]
                } else {
                    later.push(item);
                    Vec::new()
                };
                indexes.push((
                    later.len() == 1 && !full_text,
                    object(ObjectKind::Index, Phase::AfterRows, create),
                ));
            }
            ItemKind::Index { .. } => {
                inside.push(column_text(item, listed, target));
                let alone = vec![format!("ALTER TABLE {quoted} ADD {}", item.text)];
                indexes.push((false, object(ObjectKind::Index, Phase::WithTable, alone)));
            }
            _ => inside.push(column_text(item, listed, target)),
        }
    }
    let together: Vec<_> = later.iter().map(|item| format!("ADD {}", item.text)).collect();
    for (first, index) in &mut indexes {
        if *first {
            index.create = vec![format!("ALTER TABLE {quoted} {}", together.join(", "))];
        }
    }
    parts.objects.push(SchemaObject {
        kind: ObjectKind::Table,
        name: name.to_string(),
        table: Some(name.clone()),
        phase: Phase::BeforeRows,
        create: vec![format!(
            "CREATE TABLE {quoted} (\n  {}\n) {}",
            inside.join(",\n  "),
            options(&statement, listed, target)
        )],
        definition: definition(&statement, listed),
        enable: Vec::new(),
    });
    parts
        .objects
        .extend(indexes.into_iter().map(|(_, object)| object));
    parts
}

/// Whether rows cannot be stored, or found again, without the index: the row key, and one that AUTO_INCREMENT counts by.
fn is_needed_by_rows(listed: &Listed, statement: &CreateTable<'_>, item: &Item<'_>) -> bool {
    if listed
        .table
        .key
        .as_ref()
        .is_some_and(|key| key.index == item.name)
    {
        return true;
    }
    let first_column = |item: &Item<'_>| {
        let open = item.tokens.iter().position(|token| token.is_symbol("("))?;
        item.tokens.get(open + 1)?.name()
    };
    let Some(counted) = &listed.auto_increment else {
        return false;
    };
    let primary = statement
        .items
        .iter()
        .find(|item| item.kind == ItemKind::PrimaryKey);
    primary.and_then(first_column).as_ref() != Some(counted) && first_column(item).as_ref() == Some(counted)
}

/// The table without indexes and foreign keys, canonically.
fn definition(statement: &CreateTable<'_>, listed: &Listed) -> String {
    let mut lines = Vec::new();
    let mut checks = Vec::new();
    let mut columns = listed.collations.iter();
    for item in &statement.items {
        match item.kind {
            ItemKind::Column => {
                let collation = columns.next().and_then(Option::as_deref);
                let text = canonical::column(item, collation);
                let mut pieces = text.splitn(2, "\n");
                lines.extend(pieces.next().map(|line| line.trim_end().to_owned()));
                checks.extend(pieces.next().map(str::to_owned));
            }
            ItemKind::PrimaryKey | ItemKind::Other => lines.push(canonical::key(item)),
            ItemKind::Check => checks.push(canonical::check(item, &listed.table.name.name)),
            ItemKind::Index { .. } | ItemKind::ForeignKey => {}
        }
    }
    checks.sort_unstable();
    lines.append(&mut checks);
    lines.push(canonical::options(statement.tail, &listed.collation));
    lines.join("\n")
}

/// An entry as the target takes it: collations that another version would choose differently are spelled out, and
/// MariaDB's own spellings are put in MySQL's words where both say the same.
fn column_text(item: &Item<'_>, listed: &Listed, target: &Flavor) -> String {
    if item.kind == ItemKind::Check
        && target.product != Product::MariaDb
        && item.name.starts_with("CONSTRAINT_")
    {
        // MariaDB numbers unnamed checks per table; MySQL wants names that differ within the database.
        let at = item
            .tokens
            .get(2)
            .map_or(0, |token| token.start - item.tokens[0].start);
        return item.text[at..].to_owned();
    }
    if item.kind != ItemKind::Column {
        return item.text.to_owned();
    }
    let offset = item.tokens[0].start;
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    let column = listed
        .table
        .columns
        .iter()
        .position(|column| column.name == item.name);
    let collation = column.and_then(|index| listed.collations.get(index)?.as_deref());
    let says_collation = item.tokens.iter().any(|token| token.is_word("COLLATE"));
    for (index, token) in item.tokens.iter().enumerate() {
        let next = item.tokens.get(index + 1);
        if let (false, Some(collation), true, Some(set), Some(charset)) = (
            says_collation,
            collation,
            token.is_word("CHARACTER"),
            next.filter(|next| next.is_word("SET")),
            item.tokens.get(index + 2),
        ) {
            debug_assert!(set.end() < charset.end());
            edits.push((charset.end(), charset.end(), format!(" COLLATE {collation}")));
        }
        if target.product == Product::MariaDb {
            continue;
        }
        if token.is_word("PERSISTENT") {
            edits.push((token.start, token.end(), "STORED".to_owned()));
        }
        if token.is_word("DEFAULT")
            && let Some(end) = default_needing_parentheses(
                item,
                index,
                column.map(|index| listed.table.columns[index].base_type.as_str()),
            )
        {
            let start = item.tokens[index + 1].start;
            edits.push((start, start, "(".to_owned()));
            edits.push((end, end, ")".to_owned()));
        }
    }
    let mut text = item.text.to_owned();
    for (start, end, with) in edits.into_iter().rev() {
        text.replace_range(start - offset..end - offset, &with);
    }
    text
}

/// Where a default ends that MySQL takes only in parentheses: a function other than the current time, or any literal
/// for a type without literal defaults.
fn default_needing_parentheses(item: &Item<'_>, index: usize, base_type: Option<&str>) -> Option<usize> {
    let value = item.tokens.get(index + 1)?;
    let call = item
        .tokens
        .get(index + 2)
        .is_some_and(|token| token.is_symbol("("));
    if value.kind == Kind::Word && call && !value.is_word("current_timestamp") {
        let mut depth = 0_usize;
        for token in &item.tokens[index + 2..] {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth -= 1;
                if depth == 0 {
                    return Some(token.end());
                }
            }
        }
    }
    let large = base_type.is_some_and(|base| base.ends_with("text") || base.ends_with("blob"));
    (large && value.kind == Kind::Text).then(|| value.end())
}

/// Options and partitions as the target takes them, with the collation spelled out.
fn options(statement: &CreateTable<'_>, listed: &Listed, target: &Flavor) -> String {
    let all = tokens(statement.tail);
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    let partition = all
        .iter()
        .position(|token| token.is_word("PARTITION"))
        .unwrap_or(all.len());
    let says_collation = all[..partition].iter().any(|token| token.is_word("COLLATE"));
    for (index, token) in all[..partition].iter().enumerate() {
        let Some(value) = all.get(index + 2) else { break };
        if token.is_word("CHARSET") && !says_collation && !listed.collation.is_empty() {
            edits.push((value.end(), value.end(), format!(" COLLATE={}", listed.collation)));
        }
        if target.product != Product::MariaDb {
            if token.is_word("ENGINE") && value.is_word("Aria") {
                edits.push((value.start, value.end(), "InnoDB".to_owned()));
            }
            if token.is_word("PAGE_CHECKSUM") || token.is_word("TRANSACTIONAL") {
                edits.push((token.start, value.end(), String::new()));
            }
        }
    }
    let mut text = statement.tail.to_owned();
    for (start, end, with) in edits.into_iter().rev() {
        text.replace_range(start..end, &with);
    }
    text
}
