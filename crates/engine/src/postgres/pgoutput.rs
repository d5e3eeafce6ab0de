//! What logical decoding's `pgoutput` plugin says, as far as it names rows that change.
//!
//! Source: PostgreSQL manual, "Logical Replication Message Formats", protocol version 1. Numbers are big-endian, texts end
//! with a zero.

/// A message that was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a logical replication message of kind `{kind}` cannot be read")]
pub(crate) struct MessageError {
    kind: char,
}

/// A table, as announced before its first change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(crate) oid: u32,
    pub(crate) schema: String,
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
}

/// One column of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    /// A value stored out of line that did not change, so that the log does not hold it.
    Unchanged,
    Text(String),
}

/// A row's columns, in the table's order; in an old row only the key's are filled in.
pub(crate) type Tuple = Vec<Value>;

/// A message that matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    Relation(Relation),
    Insert {
        relation: u32,
        new: Tuple,
    },
    Update {
        relation: u32,
        old: Option<Tuple>,
        new: Tuple,
    },
    Delete {
        relation: u32,
        old: Tuple,
    },
    Truncate {
        relations: Vec<u32>,
    },
    /// Transaction boundaries, types, origins.
    Other,
}

/// Reads one message.
pub(crate) fn decode(bytes: &[u8]) -> Result<Message, MessageError> {
    let kind = bytes.first().copied().map_or('?', char::from);
    Cursor(bytes.get(1..).unwrap_or_default())
        .message(kind)
        .ok_or(MessageError { kind })
}

/// A message's bytes from the server's `encode(data, 'hex')`; empty, and so not a message, where it is anything else.
pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    text.as_bytes()
        .chunks(2)
        .map(pair)
        .collect::<Option<_>>()
        .unwrap_or_default()
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn message(&mut self, kind: char) -> Option<Message> {
        Some(match kind {
            'R' => Message::Relation(self.relation()?),
            'I' => {
                let relation = self.u32()?;
                self.byte()?;
                Message::Insert {
                    relation,
                    new: self.tuple()?,
                }
            }
            'U' => {
                let relation = self.u32()?;
                let mut old = None;
                if self.byte()? != b'N' {
                    old = Some(self.tuple()?);
                    self.byte()?;
                }
                Message::Update {
                    relation,
                    old,
                    new: self.tuple()?,
                }
            }
            'D' => {
                let relation = self.u32()?;
                self.byte()?;
                Message::Delete {
                    relation,
                    old: self.tuple()?,
                }
            }
            'T' => {
                let count = self.u32()?;
                self.byte()?;
                let relations = (0..count).map(|_| self.u32()).collect::<Option<_>>()?;
                Message::Truncate { relations }
            }
            'B' | 'C' | 'O' | 'Y' | 'M' => Message::Other,
            _ => return None,
        })
    }

    fn relation(&mut self) -> Option<Relation> {
        let oid = self.u32()?;
        let schema = self.text()?;
        let name = self.text()?;
        self.byte()?;
        let count = self.u16()?;
        let column = |_| {
            self.byte()?;
            let name = self.text()?;
            self.take(8)?;
            Some(name)
        };
        let columns = (0..count).map(column).collect::<Option<_>>()?;
        Some(Relation {
            oid,
            // The system catalog's schema is sent as an empty text.
            schema: if schema.is_empty() {
                "pg_catalog".to_owned()
            } else {
                schema
            },
            name,
            columns,
        })
    }

    fn tuple(&mut self) -> Option<Tuple> {
        let count = self.u16()?;
        let value = |_| {
            Some(match self.byte()? {
                b'n' => Value::Null,
                b'u' => Value::Unchanged,
                b't' => {
                    let length = self.u32()?;
                    let bytes = self.take(usize::try_from(length).ok()?)?;
                    Value::Text(String::from_utf8(bytes.to_vec()).ok()?)
                }
                _ => return None,
            })
        };
        (0..count).map(value).collect()
    }

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?
            .first_chunk()
            .map(|bytes| u16::from_be_bytes(*bytes))
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?
            .first_chunk()
            .map(|bytes| u32::from_be_bytes(*bytes))
    }

    fn text(&mut self) -> Option<String> {
        let end = memchr::memchr(0, self.0)?;
        let text = String::from_utf8(self.take(end)?.to_vec()).ok()?;
        self.byte()?;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Message, Value, decode, from_hex};

    #[test]
    fn reads_a_table_and_a_change_of_it() {
        let relation = b"R\0\0\0\x07shop\0orders\0d\0\x02\x01id\0\0\0\0\x17\xff\xff\xff\xff\0note\0\0\0\0\x19\xff\xff\xff\xff";
        let Ok(Message::Relation(relation)) = decode(relation) else {
            panic!("a relation");
        };
        assert_eq!((relation.oid, relation.name.as_str()), (7, "orders"));
        assert_eq!(relation.columns, ["id", "note"]);
        let update = b"U\0\0\0\x07K\0\x02t\0\0\0\x011nN\0\x02t\0\0\0\x012u";
        assert_eq!(
            decode(update),
            Ok(Message::Update {
                relation: 7,
                old: Some(vec![Value::Text("1".to_owned()), Value::Null]),
                new: vec![Value::Text("2".to_owned()), Value::Unchanged],
            })
        );
    }

    #[test]
    fn hex_is_read_as_the_server_prints_it() {
        assert_eq!(from_hex("00ff7f"), [0, 0xFF, 0x7F]);
        assert_eq!(from_hex("00zz"), Vec::<u8>::new());
    }

    #[test]
    fn a_cut_message_is_an_error_and_no_panic() {
        let whole = b"I\0\0\0\x07N\0\x01t\0\0\0\x03abc";
        assert!(decode(whole).is_ok());
        for end in 0..whole.len() {
            assert!(decode(&whole[..end]).is_err(), "{end}");
        }
    }
}
