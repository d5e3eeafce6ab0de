//! Rows as the text `LOAD DATA` reads: tab between fields, newline after a row, `\N` for NULL, backslash before the
//! bytes that would be taken for one of these.

use bytes::{BufMut, BytesMut};
use mysql_async::{Row, Value};

/// Size at which a block is sent on.
pub(crate) const BLOCK_BYTES: usize = 256 * 1024;

/// Appends a row.
pub(crate) fn row(row: &Row, into: &mut BytesMut) {
    for index in 0..row.len() {
        if index > 0 {
            into.put_u8(b'\t');
        }
        value(row.as_ref(index), into);
    }
    into.put_u8(b'\n');
}

/// Appends a value.
pub(crate) fn value(value: Option<&Value>, into: &mut BytesMut) {
    match value {
        Some(Value::Bytes(bytes)) => field(bytes, into),
        // The text protocol knows bytes and NULL only.
        _ => into.put_slice(b"\\N"),
    }
}

/// Appends a value that is not NULL, or a piece of one.
pub(crate) fn field(mut bytes: &[u8], into: &mut BytesMut) {
    into.reserve(bytes.len() + 16);
    while let Some(at) = memchr::memchr3(b'\\', b'\t', b'\n', bytes) {
        into.put_slice(&bytes[..at]);
        into.put_slice(match bytes[at] {
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            _ => b"\\\\",
        });
        bytes = &bytes[at + 1..];
    }
    into.put_slice(bytes);
}

/// How many rows end in a block: a newline within a value is never written as such.
pub(crate) fn rows_in(block: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', block).count() as u64
}

/// A field as it was before [`row`]: `None` for NULL.
pub(crate) fn decode(field: &[u8]) -> Option<Vec<u8>> {
    if field == b"\\N" {
        return None;
    }
    let mut value = Vec::with_capacity(field.len());
    let mut bytes = field.iter();
    while let Some(&byte) = bytes.next() {
        value.push(match byte {
            b'\\' => match bytes.next() {
                Some(b't') => b'\t',
                Some(b'n') => b'\n',
                Some(&other) => other,
                None => b'\\',
            },
            other => other,
        });
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for value in [&all[..], b"", b"\\N", b"\\", b"\t\n\\t\\n"] {
            let mut encoded = BytesMut::new();
            super::field(value, &mut encoded);
            assert_eq!(super::rows_in(&encoded), 0);
            assert!(!encoded.contains(&b'\t'));
            assert_eq!(super::decode(&encoded).as_deref(), Some(value));
        }
        assert_eq!(super::decode(b"\\N"), None);
    }
}
