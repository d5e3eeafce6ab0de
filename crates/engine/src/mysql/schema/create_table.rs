//! `SHOW CREATE TABLE`, taken apart into columns, keys, constraints and options.

use super::tokens::{Kind, Token, tokens};

/// One entry between the parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemKind {
    Column,
    PrimaryKey,
    /// An index; whether it is a full-text one.
    Index {
        full_text: bool,
    },
    ForeignKey,
    Check,
    /// Something that only MariaDB prints, such as `PERIOD FOR`.
    Other,
}

/// An entry: its text as the server printed it and what it is.
#[derive(Debug, Clone)]
pub(crate) struct Item<'a> {
    pub(crate) kind: ItemKind,
    /// Name of the column, index or constraint; empty where it has none.
    pub(crate) name: String,
    pub(crate) text: &'a str,
    pub(crate) tokens: Vec<Token<'a>>,
}

/// The statement's parts.
#[derive(Debug, Clone)]
pub(crate) struct CreateTable<'a> {
    pub(crate) items: Vec<Item<'a>>,
    /// Everything after the closing parenthesis: options and partitions.
    pub(crate) tail: &'a str,
}

/// Takes a statement apart; `None` if it is not of the form every server prints.
pub(crate) fn parse(statement: &str) -> Option<CreateTable<'_>> {
    let all = tokens(statement);
    let open = all.iter().position(|token| token.is_symbol("("))?;
    let mut depth = 0_usize;
    let mut items = Vec::new();
    let mut first = open + 1;
    for (index, token) in all.iter().enumerate().skip(open) {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth -= 1;
        }
        if depth == 0 || (depth == 1 && token.is_symbol(",")) {
            items.push(item(statement, all.get(first..index)?, token.start)?);
            first = index + 1;
        }
        if depth == 0 {
            return Some(CreateTable {
                items,
                tail: statement[token.end()..].trim(),
            });
        }
    }
    None
}

/// An entry runs to the comma or parenthesis after it, so that the end of a version comment stays with it.
fn item<'a>(statement: &'a str, tokens: &[Token<'a>], end: usize) -> Option<Item<'a>> {
    let first = tokens.first()?;
    let word = |index: usize, word: &str| tokens.get(index).is_some_and(|token| token.is_word(word));
    let named = tokens.get(1).and_then(Token::name);
    let kind = if first.kind == Kind::Name {
        ItemKind::Column
    } else if word(0, "PRIMARY") {
        ItemKind::PrimaryKey
    } else if word(0, "FULLTEXT") {
        ItemKind::Index { full_text: true }
    } else if word(0, "UNIQUE") || word(0, "SPATIAL") || word(0, "KEY") || word(0, "INDEX") {
        ItemKind::Index { full_text: false }
    } else if word(0, "FOREIGN") || (word(0, "CONSTRAINT") && word(2, "FOREIGN")) {
        ItemKind::ForeignKey
    } else if word(0, "CHECK") || (word(0, "CONSTRAINT") && word(2, "CHECK")) {
        ItemKind::Check
    } else {
        ItemKind::Other
    };
    let name = match kind {
        ItemKind::Column => first.name(),
        ItemKind::Index { .. } => tokens.iter().find_map(Token::name),
        ItemKind::ForeignKey | ItemKind::Check => named,
        ItemKind::PrimaryKey | ItemKind::Other => None,
    };
    Some(Item {
        kind,
        name: name.unwrap_or_default(),
        text: statement[first.start..end].trim_end(),
        tokens: tokens.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::{ItemKind, parse};

    #[test]
    fn takes_a_statement_apart() {
        let statement = "CREATE TABLE `t` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `a,b` enum('x,(','y') DEFAULT 'x,(' /*!80023 INVISIBLE */,\n  \
            PRIMARY KEY (`id`),\n  UNIQUE KEY `u` (`a,b`,`id`),\n  FULLTEXT KEY `f` (`c`),\n  CONSTRAINT `fk` FOREIGN KEY (`id`) REFERENCES `o` (`id`),\n  \
            CONSTRAINT `ck` CHECK ((`id` > 0))\n) ENGINE=InnoDB COMMENT='a)b'";
        let parts = parse(statement).expect("a statement");
        let kinds: Vec<_> = parts
            .items
            .iter()
            .map(|item| (item.kind, item.name.as_str()))
            .collect();
        assert_eq!(
            kinds,
            [
                (ItemKind::Column, "id"),
                (ItemKind::Column, "a,b"),
                (ItemKind::PrimaryKey, ""),
                (ItemKind::Index { full_text: false }, "u"),
                (ItemKind::Index { full_text: true }, "f"),
                (ItemKind::ForeignKey, "fk"),
                (ItemKind::Check, "ck"),
            ]
        );
        assert!(parts.items[1].text.ends_with("/*!80023 INVISIBLE */"));
        assert_eq!(parts.tail, "ENGINE=InnoDB COMMENT='a)b'");
    }
}
