//! What is left of a statement once its values are gone, made shorter: lists, repeated unions, limits, orders.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use memchr::{memchr, memmem};

use super::is_word;

// Made once: a statement is shorter than what making a searcher takes.
static NULL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"null"));
static UNION: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b" union"));
static LIMIT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"limit ?"));
static ORDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"order by "));

fn is_boundary(text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).is_some_and(|before| is_word(text[before]));
    before != text.get(at).is_some_and(|next| is_word(*next))
}

pub(super) fn replace_null(out: &mut Vec<u8>) {
    let mut from = 0;
    while let Some(found) = NULL.find(&out[from..]) {
        let at = from + found;
        if is_boundary(out, at) && is_boundary(out, at + 4) {
            out.splice(at..at + 4, [b'?']);
        }
        from = at + 1;
    }
}

/// `in (?, ?)` and `values (?), (?)` become `in(?+)` and `values(?+)`.
pub(super) fn collapse_lists(out: &mut Vec<u8>, other: &mut Vec<u8>) {
    let mut copied = 0;
    let mut from = 0;
    other.clear();
    while let Some(found) = memchr(b'(', &out[from..]) {
        let open = from + found;
        from = open + 1;
        let keyword_end = out[copied..open]
            .iter()
            .rposition(|byte| !matches!(byte, b' ' | b','))
            .map_or(copied, |last| copied + last + 1);
        let Some(keyword) = [&b"in"[..], b"value", b"values"].into_iter().find(|keyword| {
            out[copied..keyword_end].ends_with(keyword) && is_boundary(out, keyword_end - keyword.len())
        }) else {
            continue;
        };
        let mut end = None;
        let mut group = open;
        while let Some(close) = list_of_values(&out[group..]) {
            let after = group + close;
            end = Some(after);
            let gap = out[after..]
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b','))
                .count();
            group = after + gap;
        }
        if let Some(end) = end {
            other.extend_from_slice(&out[copied..keyword_end - keyword.len()]);
            other.extend_from_slice(keyword);
            other.extend_from_slice(b"(?+)");
            (copied, from) = (end, end);
        }
    }
    if copied > 0 {
        other.extend_from_slice(&out[copied..]);
        std::mem::swap(out, other);
    }
}

/// The length of `(?, ?)`: parentheses with nothing but values between them.
fn list_of_values(text: &[u8]) -> Option<usize> {
    let inside = text.strip_prefix(b"(")?;
    let length = inside
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'?' | b','))
        .count();
    (inside.get(length) == Some(&b')')).then_some(length + 2)
}

/// `select … union select …` of the same select becomes `select … /*repeat union*/`.
pub(super) fn collapse_unions(out: &mut Vec<u8>, other: &mut Vec<u8>) {
    if UNION.find(out).is_none() {
        return;
    }
    other.clear();
    let mut copied = 0;
    let mut from = 0;
    while let Some(found) = memmem::find(&out[from..], b"select ") {
        let at = from + found;
        from = at + 1;
        if at > 0 && is_word(out[at - 1]) {
            continue;
        }
        // The shortest part that is followed by itself.
        let repeated = memmem::find_iter(&out[at + 7..], b" union").find_map(|found| {
            let end = at + 7 + found;
            let part = &out[at..end];
            let mut rest = end;
            let mut word: Option<&[u8]> = None;
            while let Some(next) = union(&out[rest..]) {
                if !out[rest + next.len() + 1..].starts_with(part) {
                    break;
                }
                word = Some(next);
                rest += next.len() + 1 + part.len();
            }
            word.map(|word| (end, word.to_vec(), rest))
        });
        if let Some((end, word, rest)) = repeated {
            other.extend_from_slice(&out[copied..end]);
            other.extend_from_slice(b" /*repeat");
            other.extend_from_slice(&word);
            other.extend_from_slice(b"*/");
            (copied, from) = (rest, rest);
        }
    }
    if copied > 0 {
        other.extend_from_slice(&out[copied..]);
        std::mem::swap(out, other);
    }
}

/// ` union` or ` union all` at the beginning, with a blank after it.
fn union(text: &[u8]) -> Option<&[u8]> {
    [&b" union all"[..], b" union"]
        .into_iter()
        .find(|word| text.starts_with(word) && text.get(word.len()) == Some(&b' '))
        .map(|word| &text[..word.len()])
}

/// The first `limit ?, ?` or `limit ? offset ?` becomes `limit ?`.
pub(super) fn collapse_limit(out: &mut Vec<u8>) {
    let mut from = 0;
    while let Some(found) = LIMIT.find(&out[from..]) {
        let at = from + found;
        from = at + 1;
        if at > 0 && is_word(out[at - 1]) {
            continue;
        }
        let rest = &out[at + 7..];
        let more = [&b", ?"[..], b",?", b" offset ?"]
            .into_iter()
            .find(|more| rest.starts_with(more));
        if let Some(more) = more {
            out.drain(at + 7..at + 7 + more.len());
        }
        return;
    }
}

/// ` asc` after `order by` says nothing.
pub(super) fn drop_ascending(out: &mut Vec<u8>, other: &mut Vec<u8>) {
    let mut from = 0;
    let start = loop {
        let Some(found) = ORDER.find(&out[from..]) else {
            return;
        };
        let at = from + found;
        if at == 0 || !is_word(out[at - 1]) {
            break at + 9;
        }
        from = at + 1;
    };
    other.clear();
    other.extend_from_slice(&out[..start]);
    let mut rest = &out[start..];
    // At least one character stands before each.
    while let Some(found) = rest.get(1..).and_then(|rest| memmem::find(rest, b" asc")) {
        other.extend_from_slice(&rest[..found + 1]);
        rest = &rest[found + 5..];
    }
    if other.len() > start {
        other.extend_from_slice(rest);
        std::mem::swap(out, other);
    }
}
