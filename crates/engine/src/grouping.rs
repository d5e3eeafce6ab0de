//! Expressions with only the parentheses that they need.
//!
//! Servers print what they parsed, and each puts parentheses as it sees fit. One goes only where it is sure that the same is
//! parsed without it: around one operand, or around operators that bind more tightly than those beside it. Whatever is not
//! known for certain keeps its parentheses.

/// What is known of a dialect. Words are compared without regard to case; names that are quoted are operands.
pub(crate) struct Grammar {
    /// What stands between two operands, and how tightly it binds.
    pub(crate) operators: &'static [(&'static str, u8)],
    /// What stands before one operand, and how tightly it binds.
    pub(crate) prefixes: &'static [(&'static str, u8)],
    /// How tightly an operator binds that is not listed.
    pub(crate) others: u8,
    /// Those of these strengths are read from left to right.
    pub(crate) from_left: &'static [u8],
    /// Words that end an expression.
    pub(crate) breaks: &'static [&'static str],
    /// Words whose parentheses belong to them, beside functions.
    pub(crate) callers: &'static [&'static str],
    /// Whether each join has its own condition, so that the place of conditions tells how tables are joined.
    pub(crate) joins_tell: bool,
}

/// A word, or what stands between a pair of parentheses or between `case` and `end`.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Word(String),
    Group(Vec<Self>),
    Case(Vec<Self>),
}

/// What a piece is among its neighbours.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Operand,
    Between(u8),
    Before(u8),
    Break,
}

/// The words of a statement without the parentheses that change nothing; as they are where parentheses do not match.
pub(crate) fn without_noise(words: &[String], grammar: &Grammar) -> Vec<String> {
    let mut rest = words;
    let (pieces, closed) = pieces(&mut rest, None);
    if !closed || !rest.is_empty() {
        return words.to_vec();
    }
    let mut kept = Vec::with_capacity(words.len());
    write(&grammar.simple(pieces), &mut kept);
    kept
}

/// The pieces up to the word that closes them, and whether it was there.
fn pieces(rest: &mut &[String], closing: Option<&str>) -> (Vec<Piece>, bool) {
    let mut found = Vec::new();
    while let Some((word, after)) = rest.split_first() {
        *rest = after;
        if closing.is_some_and(|closing| word.eq_ignore_ascii_case(closing)) {
            return (found, true);
        }
        let piece = match word.to_lowercase().as_str() {
            ")" => return (found, false),
            "(" => match pieces(rest, Some(")")) {
                (inner, true) => Piece::Group(inner),
                (_, false) => return (found, false),
            },
            "case" => match pieces(rest, Some("end")) {
                (inner, true) => Piece::Case(inner),
                (_, false) => return (found, false),
            },
            _ => Piece::Word(word.clone()),
        };
        found.push(piece);
    }
    (found, closing.is_none())
}

fn write(pieces: &[Piece], words: &mut Vec<String>) {
    for piece in pieces {
        let (open, inner, close) = match piece {
            Piece::Word(word) => {
                words.push(word.clone());
                continue;
            }
            Piece::Group(inner) => ("(", inner, ")"),
            Piece::Case(inner) => ("case", inner, "end"),
        };
        words.push(open.to_owned());
        write(inner, words);
        words.push(close.to_owned());
    }
}

fn word(piece: Option<&Piece>) -> &str {
    match piece {
        Some(Piece::Word(word)) => word,
        _ => "",
    }
}

fn is(piece: Option<&Piece>, list: &[&str]) -> bool {
    list.iter().any(|other| word(piece).eq_ignore_ascii_case(other))
}

fn strength(list: &[(&str, u8)], word: &str) -> Option<u8> {
    let found = list.iter().find(|(other, _)| word.eq_ignore_ascii_case(other))?;
    Some(found.1)
}

const QUERY: [&str; 3] = ["select", "with", "values"];
const SETS: [&str; 4] = ["union", "except", "intersect", "minus"];

impl Grammar {
    fn simple(&self, pieces: Vec<Piece>) -> Vec<Piece> {
        let pieces: Vec<Piece> = pieces
            .into_iter()
            .map(|piece| match piece {
                Piece::Word(word) => Piece::Word(word),
                Piece::Case(inner) => Piece::Case(self.simple(inner)),
                Piece::Group(inner) => Piece::Group(self.simple(inner)),
            })
            .collect();
        let places = self.places(&pieces);
        let mut kept = Vec::with_capacity(pieces.len());
        for (at, piece) in pieces.iter().enumerate() {
            let Piece::Group(inner) = piece else {
                kept.push(piece.clone());
                continue;
            };
            if self.belongs(&pieces, &places, at) {
                kept.push(piece.clone());
                continue;
            }
            let mut inner = inner.as_slice();
            while let [Piece::Group(only)] = inner {
                inner = only;
            }
            if self.is_noise(inner, &pieces, &places, at) {
                kept.extend_from_slice(inner);
            } else {
                kept.push(Piece::Group(inner.to_vec()));
            }
        }
        kept
    }

    /// Whether the parentheses at a place are those of the word before them.
    fn belongs(&self, pieces: &[Piece], places: &[Place], at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else {
            return false;
        };
        is(pieces.get(before), self.callers)
            || (places[before] == Place::Operand && matches!(pieces[before], Piece::Word(_)))
    }

    fn is_noise(&self, inner: &[Piece], pieces: &[Piece], places: &[Place], at: usize) -> bool {
        let own = self.places(inner);
        let (before, after) = (
            at.checked_sub(1).and_then(|before| pieces.get(before)),
            pieces.get(at + 1),
        );
        // Of a row in parentheses one part may be taken.
        if inner.is_empty() || is(after, &["."]) || inner.iter().any(|piece| word(Some(piece)) == ",") {
            return false;
        }
        if is(inner.first(), &QUERY) {
            // A view that is one query in parentheses; else a member of a union that is not one itself.
            let is_all = is(before, &["as"]) && after.is_none();
            let opens = is(before, &["as", "all", "distinct"]) || is(before, &SETS);
            let closes = after.is_none() || is(after, &SETS);
            let ends =
                |piece: &Piece| is(Some(piece), &SETS) || is(Some(piece), &["order", "limit", "with", "for"]);
            return is_all || (opens && closes && !inner.iter().any(ends));
        }
        if own.contains(&Place::Break) {
            let joins = |piece: &Piece| is(Some(piece), &["join", "straight_join"]);
            let natural = |piece: &Piece| is(Some(piece), &["natural"]);
            return self.joins_tell && inner.iter().any(joins) && !inner.iter().any(natural);
        }
        // Its unit ends it.
        if is(before, &["interval"]) {
            return true;
        }
        let weakest = own.iter().filter_map(|place| match place {
            Place::Between(strength) | Place::Before(strength) => Some(*strength),
            Place::Operand | Place::Break => None,
        });
        let Some(weakest) = weakest.min() else {
            return true;
        };
        let left = match at.checked_sub(1).map(|before| places[before]) {
            Some(Place::Between(strength)) => {
                let chain = ["and", "or"];
                let same = |place: &Place| *place == Place::Between(weakest);
                let as_before = |piece: &Piece| word(Some(piece)).eq_ignore_ascii_case(word(before));
                let all = inner
                    .iter()
                    .zip(&own)
                    .filter(|(_, place)| same(place))
                    .all(|(piece, _)| as_before(piece));
                strength < weakest || (strength == weakest && is(before, &chain) && all)
            }
            Some(Place::Before(strength)) => strength < weakest,
            Some(Place::Break) | None => true,
            Some(Place::Operand) => false,
        };
        let right = match places.get(at + 1) {
            Some(Place::Between(strength)) => {
                *strength < weakest || (*strength == weakest && self.from_left.contains(strength))
            }
            Some(Place::Break) | None => true,
            // A word that may be an operator nobody told of.
            Some(Place::Operand | Place::Before(_)) => false,
        };
        left && right
    }

    fn places(&self, pieces: &[Piece]) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::with_capacity(pieces.len());
        let mut open_between = 0_usize;
        for (at, piece) in pieces.iter().enumerate() {
            let after_operand = places.last() == Some(&Place::Operand);
            let (before, next) = (
                at.checked_sub(1).and_then(|before| pieces.get(before)),
                pieces.get(at + 1),
            );
            let text = word(Some(piece));
            let operator = strength(self.operators, text);
            let of_two_words = strength(self.operators, word(next)).filter(|_| {
                word(next).starts_with(|first: char| first.is_alphabetic())
                    && !is(next, &["and", "or", "xor", "is"])
            });
            let place = match piece {
                Piece::Group(_) | Piece::Case(_) => Place::Operand,
                // The functions: of joins another word comes next.
                Piece::Word(_)
                    if is(Some(piece), &["left", "right"]) && matches!(next, Some(Piece::Group(_))) =>
                {
                    Place::Operand
                }
                // `is not null`, `is distinct from`.
                Piece::Word(_) if is(before, &["is"]) && is(Some(piece), &["not", "distinct"]) => {
                    places[at - 1]
                }
                Piece::Word(_) if is(before, &["not"]) && is(Some(piece), &["distinct"]) && at > 1 => {
                    places[at - 1]
                }
                Piece::Word(_)
                    if is(before, &["distinct"]) && is(Some(piece), &["from"]) && is_of(&places, at) =>
                {
                    places[at - 1]
                }
                // `a not like b`.
                Piece::Word(_) if after_operand && is(Some(piece), &["not"]) && of_two_words.is_some() => {
                    Place::Between(of_two_words.unwrap_or_default())
                }
                // `not null` of a column, `not enforced` of a check.
                Piece::Word(_) if after_operand && is(Some(piece), &["not"]) => Place::Break,
                Piece::Word(_) if open_between > 0 && is(Some(piece), &["and"]) => {
                    open_between -= 1;
                    Place::Between(strength(self.operators, "between").unwrap_or_default())
                }
                Piece::Word(_) if !after_operand && strength(self.prefixes, text).is_some() => {
                    Place::Before(strength(self.prefixes, text).unwrap_or_default())
                }
                Piece::Word(_) if operator.is_some() => {
                    open_between += usize::from(is(Some(piece), &["between"]));
                    Place::Between(operator.unwrap_or_default())
                }
                Piece::Word(_) if text == "," || is(Some(piece), self.breaks) => {
                    open_between = 0;
                    Place::Break
                }
                Piece::Word(_) if text == "." || text == "]" => Place::Operand,
                Piece::Word(_) if is_symbol(text) && after_operand => Place::Between(self.others),
                Piece::Word(_) if is_symbol(text) => Place::Before(self.others),
                Piece::Word(_) => Place::Operand,
            };
            places.push(place);
        }
        places
    }
}

/// Whether the word before this place is part of an operator.
fn is_of(places: &[Place], at: usize) -> bool {
    at > 0 && matches!(places[at - 1], Place::Between(_))
}

fn is_symbol(word: &str) -> bool {
    !word.is_empty()
        && word
            .chars()
            .all(|one| one.is_ascii_punctuation() && !matches!(one, '\'' | '"' | '`' | '_' | '$'))
}

#[cfg(test)]
mod tests {
    use super::{Grammar, without_noise};

    const GRAMMAR: Grammar = Grammar {
        operators: &[
            ("or", 1),
            ("and", 2),
            ("between", 4),
            ("=", 5),
            ("like", 5),
            ("in", 5),
            ("is", 5),
            ("+", 8),
            ("-", 8),
            ("*", 9),
        ],
        prefixes: &[("not", 3), ("-", 10)],
        others: 7,
        from_left: &[1, 2, 8, 9],
        breaks: &[
            "select", "from", "where", "join", "left", "on", "as", "all", "union", "when", "then", "else",
            "order", "by",
        ],
        callers: &["in"],
        joins_tell: true,
    };

    fn without(text: &str) -> String {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        without_noise(&words, &GRAMMAR).join(" ")
    }

    #[test]
    fn what_changes_nothing_goes() {
        for (printed, kept) in [
            ("( ( a + 1 ) )", "a + 1"),
            ("( a * 2 ) + ( - b )", "a * 2 + - b"),
            ("( a - b ) - c", "a - b - c"),
            (
                "where ( ( ( a = 1 ) and ( b = 2 ) ) and ( c = 3 ) )",
                "where a = 1 and b = 2 and c = 3",
            ),
            (
                "( a = 1 ) and ( ( b = 2 ) and ( c = 3 ) )",
                "a = 1 and b = 2 and c = 3",
            ),
            ("( not ( ( a = 1 ) ) )", "not a = 1"),
            ("( a between 1 and 2 ) and ( b )", "a between 1 and 2 and b"),
            ("( left ( a , 2 ) = b ) and ( c )", "left ( a , 2 ) = b and c"),
            ("( a is not null ) and b", "a is not null and b"),
            (
                "( case when ( a = 1 ) then ( b ) end ) = 1",
                "case when a = 1 then b end = 1",
            ),
            ("select f ( ( a + 1 ) , ( b ) )", "select f ( a + 1 , b )"),
            (
                "from ( a join b on ( ( a = b ) ) ) where c",
                "from a join b on a = b where c",
            ),
            ("v as ( select a from t )", "v as select a from t"),
            (
                "v as ( select a ) union all ( select b )",
                "v as select a union all select b",
            ),
        ] {
            assert_eq!(without(printed), kept, "{printed}");
        }
    }

    #[test]
    fn what_changes_something_stays() {
        for printed in [
            "( a + 1 ) * 2",
            "a - ( b - c )",
            "a and ( b or c )",
            "( not a ) = b",
            "- ( a + b )",
            "not ( a and b )",
            "( a = b ) = c",
            "a = ( b = c )",
            "a in ( b )",
            "a in ( ( select b ) )",
            "f ( a )",
            "( select a ) = ( select b )",
            "select ( select a ) + 1",
            "a between ( b and c ) and d",
            "( a between b and c ) between d and e",
            "( a , b ) = ( c , d )",
            "( a ) . b",
            "v as ( select a union select b ) union all select c",
            "( a + b ) unheard c",
            "( a ! b ) * c",
        ] {
            assert_eq!(without(printed), printed);
        }
        for unbalanced in ["( a", "a )", "case a", "( case a ) end"] {
            assert_eq!(without(unbalanced), unbalanced);
        }
    }
}
