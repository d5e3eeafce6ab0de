use std::collections::{BTreeSet, HashMap};

use daybreak_model::{ObjectKind, SchemaImage, SchemaObject, TableName};

use super::{LoadError, describe};

/// What a load will do.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadPlan {
    /// The source's schema, as it is carried over.
    pub image: SchemaImage,
    /// Objects that stand on the target already, the same as on the source.
    pub present: BTreeSet<(ObjectKind, String)>,
    /// Tables that stand on the target already: their rows are compared before they are copied.
    pub started: BTreeSet<TableName>,
    /// Triggers that an earlier load made: they would fire for the rows that are written now, so they go before these and are
    /// made again after them.
    pub armed: Vec<SchemaObject>,
}

/// Decides what a load does, from what both sides hold now.
///
/// # Errors
/// When an object cannot be carried, or the target holds objects that this migration did not make.
pub fn plan(image: SchemaImage, present: &SchemaImage, resume: bool) -> Result<LoadPlan, LoadError> {
    if !image.refusals.is_empty() {
        return Err(LoadError::Refused(image.refusals));
    }
    let wanted = by_name(&image);
    let is_trigger = |object: &&SchemaObject| object.kind == ObjectKind::Trigger;
    let armed: Vec<SchemaObject> = present.objects.iter().filter(is_trigger).cloned().collect();
    let mut kept = BTreeSet::new();
    for object in present
        .objects
        .iter()
        .filter(|object| object.kind != ObjectKind::Schema)
    {
        if object.kind == ObjectKind::Extension {
            // It holds no rows of anybody's, and an administrator may well have had to make it beforehand.
            if wanted.contains_key(&(object.kind, object.name.as_str())) {
                kept.insert((object.kind, object.name.clone()));
            }
            continue;
        }
        if !resume {
            return Err(LoadError::TargetNotEmpty(format!(
                "it holds the {}",
                describe(object.kind, &object.name)
            )));
        }
        match wanted.get(&(object.kind, object.name.as_str())) {
            Some(wanted) if printed_alike(wanted, object) => {
                // A comment on a trigger goes with it, and is the same when it is made twice.
                let goes = match object.kind {
                    ObjectKind::Trigger => true,
                    ObjectKind::Comment => !armed.is_empty(),
                    _ => false,
                };
                if !goes {
                    kept.insert((object.kind, object.name.clone()));
                }
            }
            Some(_) => {
                let object = describe(object.kind, &object.name);
                return Err(LoadError::TargetNotEmpty(format!(
                    "its {object} is not the same as the source's: one of the two was changed since the load began"
                )));
            }
            None => {
                let object = describe(object.kind, &object.name);
                return Err(LoadError::TargetNotEmpty(format!(
                    "it holds the {object}, which the source has not"
                )));
            }
        }
    }
    // Every schema is made, also one that stands there: its defaults and rights are to be the source's, and making it again
    // changes nothing else.
    let started = present.tables.iter().map(|table| table.name.clone()).collect();
    Ok(LoadPlan {
        image,
        present: kept,
        started,
        armed,
    })
}

fn by_name(image: &SchemaImage) -> HashMap<(ObjectKind, &str), &SchemaObject> {
    image
        .objects
        .iter()
        .map(|object| ((object.kind, object.name.as_str()), object))
        .collect()
}

/// Whether two servers print the same object. What we made from the source's own statement is not held against where the target's
/// version puts parentheses and tables' names before columns, of which no list is ever complete.
fn printed_alike(one: &SchemaObject, other: &SchemaObject) -> bool {
    one.definition == other.definition
        || matches!(
            one.kind,
            ObjectKind::Table | ObjectKind::Index | ObjectKind::View | ObjectKind::Rule
        ) && bare(&one.definition).eq(bare(&other.definition))
}

/// The words of a definition without parentheses and without what stands before a dot.
fn bare(definition: &str) -> impl Iterator<Item = &str> {
    let words: Vec<&str> = definition.split_whitespace().collect();
    let next_is_dot: Vec<bool> = words.iter().skip(1).map(|next| *next == ".").collect();
    let qualifies = move |at: usize| next_is_dot.get(at) == Some(&true);
    let words = words.into_iter().enumerate();
    words
        .filter(move |(at, word)| !matches!(*word, "(" | ")" | ".") && !qualifies(*at))
        .map(|(_, word)| word)
}

/// The first of `wanted`'s objects that `there`, another server's, lacks or has otherwise, with the trouble in words.
pub(super) fn missing_or_different(wanted: &SchemaImage, there: &SchemaImage) -> Option<(String, String)> {
    first_unlike(wanted, there, printed_alike)
}

/// The same, for objects that are alike in a way of one's own.
fn first_unlike(
    wanted: &SchemaImage,
    there: &SchemaImage,
    alike: fn(&SchemaObject, &SchemaObject) -> bool,
) -> Option<(String, String)> {
    let there = by_name(there);
    wanted.objects.iter().find_map(|object| {
        let trouble = match there.get(&(object.kind, object.name.as_str())) {
            None => "is missing".to_owned(),
            Some(found) if !alike(object, found) => {
                let (at, ours, theirs) = first_divergence(&object.definition, &found.definition);
                format!(
                    "is not the same: from character {at}, `{ours}` on the source, `{theirs}` on the target"
                )
            }
            Some(_) => return None,
        };
        Some((describe(object.kind, &object.name), trouble))
    })
}

/// The first of `wanted`'s objects that is there and cannot be used there, with the trouble in words: a view whose definer
/// has fewer privileges there than here.
pub(super) fn unusable(wanted: &SchemaImage, there: &SchemaImage) -> Option<(String, String)> {
    let known: BTreeSet<String> = wanted
        .objects
        .iter()
        .map(|object| describe(object.kind, &object.name))
        .collect();
    let refused = there
        .refusals
        .iter()
        .find(|refusal| known.contains(&refusal.object))?;
    Some((
        refused.object.clone(),
        format!("cannot be used: {}", refused.reason),
    ))
}

/// Whether two sides hold the same objects; the first difference in words, otherwise.
///
/// # Errors
/// With the words.
pub fn same_schema(source: &SchemaImage, target: &SchemaImage) -> Result<(), String> {
    if let Some((object, trouble)) = missing_or_different(source, target) {
        return Err(format!("{object} {trouble}"));
    }
    let known = by_name(source);
    match target.objects.iter().find(|object| {
        object.kind != ObjectKind::Extension && !known.contains_key(&(object.kind, object.name.as_str()))
    }) {
        None => Ok(()),
        Some(extra) => Err(format!(
            "{} is only on the target",
            describe(extra.kind, &extra.name)
        )),
    }
}

/// Where two texts part, with a few words of each from there.
fn first_divergence(left: &str, right: &str) -> (usize, String, String) {
    let at = left
        .chars()
        .zip(right.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let excerpt = |text: &str| text.chars().skip(at).take(60).collect::<String>();
    (at, excerpt(left), excerpt(right))
}

/// The first object by which two images of the same server at two moments differ, in words.
pub(super) fn first_difference(before: &SchemaImage, after: &SchemaImage) -> Option<String> {
    if let Some((object, trouble)) =
        first_unlike(before, after, |one, other| one.definition == other.definition)
    {
        let what = if trouble == "is missing" {
            "was dropped"
        } else {
            "was altered"
        };
        return Some(format!("{object} {what}"));
    }
    let known = by_name(before);
    let new = after
        .objects
        .iter()
        .find(|object| !known.contains_key(&(object.kind, object.name.as_str())))?;
    Some(format!("{} was created", describe(new.kind, &new.name)))
}

#[cfg(test)]
mod tests {
    use daybreak_model::{ObjectKind, Phase, Refusal, SchemaImage, SchemaObject};

    use super::{first_difference, missing_or_different, plan};
    use crate::LoadError;

    fn object(kind: ObjectKind, name: &str, definition: &str) -> SchemaObject {
        SchemaObject {
            kind,
            name: name.to_owned(),
            table: None,
            phase: Phase::BeforeRows,
            create: Vec::new(),
            definition: definition.to_owned(),
            enable: Vec::new(),
        }
    }

    fn image(objects: Vec<SchemaObject>) -> SchemaImage {
        SchemaImage {
            objects,
            ..SchemaImage::default()
        }
    }

    #[test]
    fn a_target_with_anything_on_it_is_refused_unless_resumed() {
        let source = image(vec![
            object(ObjectKind::Schema, "shop", "s"),
            object(ObjectKind::Table, "shop.a", "x"),
        ]);
        for schema in ["s", "other"] {
            let there = image(vec![object(ObjectKind::Schema, "shop", schema)]);
            let onto_empty =
                plan(source.clone(), &there, false).expect("an empty schema of the same name is no obstacle");
            assert!(onto_empty.present.is_empty(), "it is made like the source's");
        }
        let mut extended = source.clone();
        extended
            .objects
            .push(object(ObjectKind::Extension, "citext", "extension citext"));
        let made_before = image(vec![
            object(ObjectKind::Extension, "citext", "extension citext"),
            object(ObjectKind::Extension, "aws_s3", "extension aws_s3"),
        ]);
        let onto_extended =
            plan(extended, &made_before, false).expect("extensions made beforehand are no obstacle");
        assert_eq!(
            onto_extended.present,
            [(ObjectKind::Extension, "citext".to_owned())].into()
        );
        let half = image(vec![object(ObjectKind::Table, "shop.a", "x")]);
        assert!(matches!(
            plan(source.clone(), &half, false),
            Err(LoadError::TargetNotEmpty(_))
        ));
        let resumed = plan(source.clone(), &half, true).expect("the same table");
        assert!(
            resumed
                .present
                .contains(&(ObjectKind::Table, "shop.a".to_owned()))
        );
        let other = image(vec![object(ObjectKind::Table, "shop.a", "y")]);
        assert!(matches!(
            plan(source.clone(), &other, true),
            Err(LoadError::TargetNotEmpty(_))
        ));
        let foreign = image(vec![object(ObjectKind::Table, "shop.b", "y")]);
        assert!(matches!(
            plan(source, &foreign, true),
            Err(LoadError::TargetNotEmpty(_))
        ));
    }

    #[test]
    fn triggers_of_an_earlier_load_are_made_anew() {
        let table = object(ObjectKind::Table, "shop.a", "x");
        let comment = object(ObjectKind::Comment, "trigger t", "c");
        let trigger = object(ObjectKind::Trigger, "shop.t", "t");
        let both = image(vec![table.clone(), trigger.clone(), comment.clone()]);
        let resumed = plan(both.clone(), &both, true).expect("the same");
        assert_eq!(resumed.armed, [trigger]);
        let kept = [(ObjectKind::Table, "shop.a".to_owned())];
        assert_eq!(resumed.present, kept.into());
        let without = image(vec![table, comment]);
        let resumed = plan(both, &without, true).expect("the same");
        assert!(resumed.armed.is_empty() && resumed.present.len() == 2);
    }

    #[test]
    fn refusals_come_before_everything() {
        let refusal = |object: &str, hint: &str| Refusal {
            object: object.to_owned(),
            reason: "r".to_owned(),
            hint: hint.to_owned(),
        };
        let hint = |refusals| {
            let source = SchemaImage {
                refusals,
                ..SchemaImage::default()
            };
            let error = plan(source, &SchemaImage::default(), false).expect_err("refused");
            error.hint()
        };
        assert_eq!(hint(vec![refusal("t", "h")]).as_deref(), Some("h"));
        let three = vec![refusal("t", "h"), refusal("u", "other"), refusal("v", "h")];
        assert_eq!(hint(three).as_deref(), Some("t, v: h · u: other"));
    }

    #[test]
    fn servers_may_print_what_we_made_in_their_own_way() {
        let view = |text: &str| image(vec![object(ObjectKind::View, "s.v", text)]);
        let (old, new) = (
            view("select ( ( t . a + 1 ) * 2 ) from s . t"),
            view("select ( a + 1 ) * 2 from s . t"),
        );
        assert_eq!(missing_or_different(&old, &new), None);
        assert!(plan(old.clone(), &new, true).is_ok());
        let other = view("select ( a + 2 ) * 2 from s . t");
        assert!(missing_or_different(&old, &other).is_some());
        // On the source itself it is a change.
        let changed = first_difference(&old, &new);
        assert_eq!(changed.as_deref(), Some("view s.v was altered"));
        let routine = |text: &str| image(vec![object(ObjectKind::Routine, "s.f", text)]);
        assert!(missing_or_different(&routine("return ( a )"), &routine("return a")).is_some());
    }

    #[test]
    fn schema_changes_are_named() {
        let before = image(vec![
            object(ObjectKind::Table, "a", "1"),
            object(ObjectKind::Table, "b", "1"),
        ]);
        for (after, words) in [
            (vec![object(ObjectKind::Table, "a", "1")], "table b was dropped"),
            (
                vec![
                    object(ObjectKind::Table, "a", "2"),
                    object(ObjectKind::Table, "b", "1"),
                ],
                "table a was altered",
            ),
            (
                vec![
                    object(ObjectKind::Table, "a", "1"),
                    object(ObjectKind::Table, "b", "1"),
                    object(ObjectKind::View, "c", "1"),
                ],
                "view c was created",
            ),
        ] {
            assert_eq!(first_difference(&before, &image(after)).as_deref(), Some(words));
        }
        assert_eq!(first_difference(&before, &before), None);
    }
}
