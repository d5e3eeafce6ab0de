use std::collections::BTreeSet;

use indicatif::HumanCount;
use maud::{Markup, html};
use serde_json::Value;

/// Named facts, one a line; what is made of parts has lines of its own.
pub(super) fn table<'a>(facts: impl Iterator<Item = (&'a str, &'a Value)>) -> Markup {
    html! {
        table.facts {
            @for (name, value) in facts {
                tr { th { (name.replace('_', " ")) } td { (fact(value)) } }
            }
        }
    }
}

fn fact(value: &Value) -> Markup {
    let is_plain = |value: &Value| !value.is_object() && !value.is_array();
    match value {
        Value::Object(facts) => table(facts.iter().map(|(name, value)| (name.as_str(), value))),
        Value::Array(values) if values.iter().all(is_plain) => {
            let words: Vec<String> = values.iter().map(plain).collect();
            html! { (words.join(", ")) }
        }
        Value::Array(values) if values.iter().all(Value::is_object) => beside(values),
        Value::Array(values) => html! { @for value in values { div.part { (fact(value)) } } },
        plain_value => html! { (plain(plain_value)) },
    }
}

/// Things of one kind, one a line, their facts in columns.
fn beside(things: &[Value]) -> Markup {
    let of = |thing: &Value| thing.as_object().cloned().unwrap_or_default();
    let names: BTreeSet<String> = things
        .iter()
        .flat_map(|thing| of(thing).into_iter().map(|(name, _)| name))
        .collect();
    html! {
        table {
            thead { tr { @for name in &names { th { (name.replace('_', " ")) } } } }
            tbody {
                @for thing in things {
                    tr { @for name in &names { td { @if let Some(value) = thing.get(name) { (fact(value)) } } } }
                }
            }
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "–".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => match number.as_f64() {
            Some(number) if number.fract() != 0.0 => format!("{number:.3}"),
            _ => number.to_string(),
        },
        Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// A number with its thousands set apart.
pub(super) fn count(number: u64) -> String {
    HumanCount(number).to_string()
}
