use super::nearest;

/// For a deserialisation message about an unknown field or variant: which of the expected names is nearest.
/// The test of `raw` holds this against the library's wording.
pub(super) fn nearest(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let given = quoted.next()?;
    let expected: Vec<&str> = quoted.collect();
    Some(match nearest::among(given, expected.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("known here: {}", expected.join(", ")),
    })
}
