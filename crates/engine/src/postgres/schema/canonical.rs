//! One text for one object, whichever version printed it.
//!
//! The server prints an expression from its parsed form, and versions differ in how: 16 leaves out a table's name before its
//! columns where only one table is read from, others add or drop parentheses. So what was parsed is compared word by word,
//! without qualifiers and parentheses; strings and quoted names stay whole.

use daybreak_model::ObjectKind;

/// What two servers' images of an object are compared by.
pub(super) fn definition(kind: ObjectKind, printed: &str) -> String {
    match kind {
        // A routine's body is kept as it was written; its header is printed the same by every version.
        ObjectKind::Routine => printed.to_owned(),
        ObjectKind::View | ObjectKind::Rule => words(printed, true),
        _ => words(printed, false),
    }
}

/// The words of a text with one blank between them. `parsed` leaves out parentheses and all but the last part of a name.
fn words(text: &str, parsed: bool) -> String {
    let mut words: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => quoted(rest, first),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        rest = after;
        match word {
            _ if word.trim().is_empty() => {}
            "(" | ")" if parsed => {}
            _ if parsed && words.last() == Some(&".") => {
                words.truncate(words.len().saturating_sub(2));
                words.push(word);
            }
            _ => words.push(word),
        }
    }
    words.join(" ")
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

/// Length of a quoted text with its quotes; a doubled quote belongs to it.
fn quoted(text: &str, quote: char) -> usize {
    let mut from = 1;
    while let Some(end) = text[from..].find(quote) {
        from += end + 1;
        if !text[from..].starts_with(quote) {
            return from;
        }
        from += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn versions_agree_on_a_parsed_text() {
        let old = " SELECT t.a,\n    t.\"B\" AS \"B\"\n   FROM public.t\n  WHERE ((t.a > 0) AND (t.note = 'it''s (odd).'::text))";
        let new = " SELECT a,\n    \"B\" AS \"B\"\n   FROM public.t\n  WHERE (a > 0 AND note = 'it''s (odd).'::text)";
        assert_eq!(words(old, true), words(new, true));
    }

    #[test]
    fn other_texts_differ() {
        assert_ne!(words("CHECK (a > 1)", false), words("CHECK (a > 2)", false));
        assert_ne!(words("SELECT 'a b'", true), words("SELECT 'a  b'", true));
        assert_ne!(words("\"A\"", true), words("a", true));
    }
}
