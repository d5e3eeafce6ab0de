use serde::{Deserialize, Serialize};

/// One column of a key value, as the engine that read it needs it back.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyPart {
    /// An integer of any width or sign.
    Integer(i128),
    /// The server's own text form (PostgreSQL: any type; MySQL: numbers and times).
    Text(String),
    /// Raw bytes in the column's own character set (MySQL: strings and binary).
    Bytes(Vec<u8>),
}

impl std::fmt::Display for KeyPart {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(formatter),
            Self::Text(text) => formatter.write_str(text),
            Self::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) if !text.chars().any(char::is_control) => formatter.write_str(text),
                _ => {
                    formatter.write_str("0x")?;
                    bytes.iter().try_for_each(|byte| write!(formatter, "{byte:02X}"))
                }
            },
        }
    }
}

/// A full key value: one part per key column, in key order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyBound(pub Vec<KeyPart>);

impl std::fmt::Display for KeyBound {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str(", ")?;
            }
            part.fmt(formatter)?;
        }
        Ok(())
    }
}

/// Rows whose key is greater than `after` and at most `up_to`, in the key's own order. An absent bound is open.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct KeyRange {
    /// Exclusive lower bound.
    pub after: Option<KeyBound>,
    /// Inclusive upper bound.
    pub up_to: Option<KeyBound>,
}

/// Which rows of a table one unit of work covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowRange {
    /// The whole table.
    Whole,
    /// A range of its row key.
    Keys(KeyRange),
    /// A range of heap pages, `from` included, `to` excluded and open when absent (PostgreSQL's `ctid`).
    Pages {
        /// First page.
        from: u64,
        /// Page after the last; open when absent, so that rows that arrived since are in the last range.
        to: Option<u64>,
    },
}

impl RowRange {
    /// One range for neighbours of one table, in their order; `None` where they do not lie side by side.
    #[must_use]
    pub fn joined(neighbours: &[Self]) -> Option<Self> {
        let (first, rest) = neighbours.split_first()?;
        let mut all = first.clone();
        for next in rest {
            match (&mut all, next) {
                (Self::Keys(all), Self::Keys(next)) if all.up_to.is_some() && all.up_to == next.after => {
                    all.up_to.clone_from(&next.up_to);
                }
                (Self::Pages { to, .. }, Self::Pages { from, to: end }) if *to == Some(*from) => *to = *end,
                _ => return None,
            }
        }
        Some(all)
    }
}

/// What a range of rows comes to, computed inside the server: equal digests mean equal rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkDigest {
    /// Number of rows.
    pub rows: u64,
    /// Sum of the first 64 bits of the rows' hashes; a sum, so that order does not matter and duplicates do.
    pub sum: u128,
    /// Sum of their second 64 bits; zero where hashes have no more than 64.
    pub second_sum: u128,
}

/// The hash of all of a row's columns: 64 bits, or 128 where a check is to be strong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowHash {
    /// The first 64 bits.
    pub first: u64,
    /// The second 64; zero where there are none.
    pub second: u64,
}

/// One row's key and the hash of all of its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowDigest {
    /// The row's key.
    pub key: KeyBound,
    /// Hash of the row.
    pub hash: RowHash,
}

#[cfg(test)]
mod tests {
    use super::{KeyBound, KeyPart, KeyRange, RowRange};

    fn keys(after: Option<i128>, up_to: Option<i128>) -> RowRange {
        let bound = |at| KeyBound(vec![KeyPart::Integer(at)]);
        RowRange::Keys(KeyRange {
            after: after.map(bound),
            up_to: up_to.map(bound),
        })
    }

    #[test]
    fn neighbours_make_one_range_and_nothing_else_does() {
        let parts = [keys(None, Some(1)), keys(Some(1), Some(5)), keys(Some(5), None)];
        assert_eq!(RowRange::joined(&parts), Some(keys(None, None)));
        assert_eq!(RowRange::joined(&parts[1..]), Some(keys(Some(1), None)));
        assert_eq!(RowRange::joined(&parts[..1]), Some(parts[0].clone()));
        assert_eq!(RowRange::joined(&[parts[0].clone(), parts[2].clone()]), None);
        assert_eq!(RowRange::joined(&[parts[2].clone(), parts[0].clone()]), None);
        assert_eq!(RowRange::joined(&[RowRange::Whole]), Some(RowRange::Whole));
        assert_eq!(RowRange::joined(&[]), None);
        let pages = |from, to| RowRange::Pages { from, to };
        assert_eq!(
            RowRange::joined(&[pages(0, Some(4)), pages(4, Some(9)), pages(9, None)]),
            Some(pages(0, None))
        );
        assert_eq!(RowRange::joined(&[pages(0, Some(4)), pages(5, None)]), None);
    }
}
