/// The nearest of some names, where one is near at all: half of its letters are right.
pub(super) fn among<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names
        .map(|name| (strsim::damerau_levenshtein(given, name), name))
        .min()
        .filter(|(distance, name)| *distance <= name.len().max(given.len()) / 2)
        .map(|(_, name)| name)
}
