//! Expressions that servers print in different words and that mean the same.
//!
//! Seen on MySQL 5.6, MySQL 9.7 and MariaDB 10.11, which were given the same views. The list is of what schemas have; it is not complete.

/// Functions with two names, each before its parenthesis: what is printed, and what stands for both.
const FUNCTIONS: [(&str, &str); 4] = [
    ("lcase", "lower"),
    ("ucase", "upper"),
    ("octet_length", "length"),
    ("now", "current_timestamp"),
];

/// The words of an expression in one spelling. Its parentheses are still there.
pub(super) fn spelled(mut words: Vec<String>) -> Vec<String> {
    for at in 0..words.len() {
        let next = words.get(at + 1).cloned().unwrap_or_default();
        let other = match (words[at].as_str(), next.as_str()) {
            (name, "(") => FUNCTIONS
                .iter()
                .find(|(printed, _)| *printed == name)
                .map(|(_, one)| (*one).to_owned()),
            // Between two operands; as a function it has its parenthesis.
            ("mod", _) => Some("%".to_owned()),
            ("x", text) => hexadecimal(text),
            _ => None,
        };
        match other {
            Some(number) if words[at] == "x" => {
                words[at] = number;
                words[at + 1].clear();
            }
            Some(other) => words[at] = other,
            None => {}
        }
    }
    words.retain(|word| !word.is_empty());
    exclamation(&mut words);
    infix(&mut words);
    negation(&mut words);
    words
}

/// `! a` is `( not a )`, and of all that may follow only one operand is asked.
fn exclamation(words: &mut Vec<String>) {
    // From the last, so that what is within another's operand is there already.
    for at in (0..words.len()).rev() {
        let known = |next: &String| ["=", "-", "~", "!", "case"].contains(&next.as_str());
        if words[at] != "!" || words.get(at + 1).is_none_or(known) {
            continue;
        }
        let mut end = at + 1;
        while words.get(end + 1).is_some_and(|next| next == ".") && end + 2 < words.len() {
            end += 2;
        }
        for open in [end, end + 1] {
            if words.get(open).is_some_and(|word| word == "(")
                && let Some(close) = closing(words, open)
            {
                end = close;
                break;
            }
        }
        words[at] = "not".to_owned();
        words.insert(end + 1, ")".to_owned());
        words.insert(at, "(".to_owned());
    }
}

/// Operators of several characters as one word, after which `<>` is the one spelling of unequal.
pub(super) fn joined(words: Vec<String>) -> Vec<String> {
    const JOINED: [&[&str]; 12] = [
        &["<", "=", ">"],
        &["-", ">", ">"],
        &["<", "="],
        &["<", ">"],
        &[">", "="],
        &["!", "="],
        &["<", "<"],
        &[">", ">"],
        &["|", "|"],
        &["&", "&"],
        &["-", ">"],
        &[":", "="],
    ];
    let mut found = Vec::with_capacity(words.len());
    let mut rest = words.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let several = JOINED.iter().find(|several| {
            rest.len() >= several.len() && rest.iter().zip(several.iter()).all(|(word, other)| word == other)
        });
        match several {
            Some(several) => {
                let operator = several.concat();
                found.push(if operator == "!=" {
                    "<>".to_owned()
                } else {
                    operator
                });
                rest = &rest[several.len()..];
            }
            None => {
                found.push(first.clone());
                rest = after;
            }
        }
    }
    found
}

/// `X'4D'` is `0x4d`.
fn hexadecimal(text: &str) -> Option<String> {
    let digits = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| format!("0x{}", digits.to_lowercase()))
}

/// `regexp_like(a, b)` is `a regexp b`.
fn infix(words: &mut Vec<String>) {
    let mut from = 0;
    while let Some(at) = find(words, from, "regexp_like") {
        from = at + 1;
        let Some(end) = closing(words, at + 1) else {
            continue;
        };
        let commas: Vec<usize> = at_depth_one(words, at + 1, end)
            .filter(|&place| words[place] == ",")
            .collect();
        if let [comma] = commas[..] {
            // Each in parentheses of its own, whatever it is.
            words.insert(end, ")".to_owned());
            words.splice(comma..=comma, [")", "regexp", "("].map(str::to_owned));
            words[at] = "(".to_owned();
        }
    }
}

/// `not (a like b)` is `a not like b`.
fn negation(words: &mut Vec<String>) {
    const OTHERS: [&str; 13] = [
        "like", "and", "or", "xor", "not", "=", "<", ">", "is", "in", "between", "regexp", "!",
    ];
    let mut from = 0;
    while let Some(at) = find(words, from, "not") {
        from = at + 1;
        let (mut open, Some(mut end)) = (at + 1, closing(words, at + 1)) else {
            continue;
        };
        // Parentheses around parentheses.
        while closing(words, open + 1) == Some(end - 1) {
            (open, end) = (open + 1, end - 1);
        }
        let alone: Vec<usize> = at_depth_one(words, open, end)
            .filter(|&place| OTHERS.contains(&words[place].as_str()))
            .collect();
        if let [like] = alone[..]
            && words[like] == "like"
        {
            words.insert(like, "not".to_owned());
            words.remove(at);
        }
    }
}

fn find(words: &[String], from: usize, word: &str) -> Option<usize> {
    let found = words.iter().skip(from).position(|other| other == word)?;
    Some(from + found)
}

/// The places within a pair of parentheses and within no other.
fn at_depth_one(words: &[String], open: usize, end: usize) -> impl Iterator<Item = usize> {
    let mut depth = 0_usize;
    (open..end).filter(move |&place| {
        match words[place].as_str() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => return depth == 1,
        }
        false
    })
}

/// The place of the parenthesis that closes the one at `open`; none where there is no parenthesis.
pub(super) fn closing(words: &[String], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, word) in words.iter().enumerate().skip(open) {
        match word.as_str() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return (place > open).then_some(place);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    fn flat(text: &str) -> String {
        let words = text.split(' ').map(str::to_owned).collect();
        let mut words = super::spelled(words);
        words.retain(|word| word != "(" && word != ")");
        words.join(" ")
    }

    #[test]
    fn two_spellings_are_one() {
        for (one, other) in [
            ("lcase ( s )", "lower ( s )"),
            ("current_timestamp ( )", "now ( )"),
            ("current_timestamp ( 3 )", "now ( 3 )"),
            ("( i mod 3 )", "( i % 3 )"),
            ("x '4D'", "0x4d"),
            ("s regexp '^a'", "regexp_like ( s , '^a' )"),
            (
                "concat ( s , t ) regexp f ( a , b )",
                "regexp_like ( concat ( s , t ) , f ( a , b ) )",
            ),
            ("! ( s regexp '^a' )", "( not ( regexp_like ( s , '^a' ) ) )"),
            (
                "s not like 'a' escape '!'",
                "( not ( ( s like 'a' escape '!' ) ) )",
            ),
            (
                "( i = 1 and s not like 'a' )",
                "( ( i = 1 ) and ( not ( ( s like 'a' ) ) ) )",
            ),
        ] {
            assert_eq!(flat(one), flat(other));
        }
    }

    #[test]
    fn two_meanings_stay_two() {
        for (one, other) in [
            ("lower ( s )", "upper ( s )"),
            ("s regexp '^a'", "regexp_like ( s , '^a' , 'c' )"),
            ("not ( a like b and c )", "a not like b and c"),
            ("( i mod 3 )", "( i div 3 )"),
            ("a not like b", "a like b"),
            ("now", "current_timestamp"),
        ] {
            assert_ne!(flat(one), flat(other), "{one}");
        }
    }
}
