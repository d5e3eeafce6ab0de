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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeyRange {
    /// Exclusive lower bound.
    pub after: Option<KeyBound>,
    /// Inclusive upper bound.
    pub up_to: Option<KeyBound>,
}

/// Which rows of a table one unit of work covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// What a range of rows comes to, computed inside the server: equal digests mean equal rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkDigest {
    /// Number of rows.
    pub rows: u64,
    /// Sum of the rows' 64-bit hashes; a sum, so that order does not matter and duplicates do.
    pub sum: u128,
}

/// One row's key and the hash of all of its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowDigest {
    /// The row's key.
    pub key: KeyBound,
    /// Hash of the row.
    pub hash: u64,
}
