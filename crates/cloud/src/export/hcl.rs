//! Terraform's language: blocks of arguments, with every text quoted.

use std::fmt::Write;

/// A value as it stands in a block.
pub(super) enum Value<'a> {
    Text(&'a str),
    Texts(Vec<&'a str>),
    /// A number, `true`, or an expression of ours.
    Raw(String),
}

/// Text in quotes. `${` and `%{` would begin an expression ("Strings and Templates").
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => {
                quoted.push(character);
                quoted.push(character);
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A name within a module: letters, digits and underscores.
pub(super) fn label(name: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.chars().map(fits).collect()
}

/// A block being written.
pub(super) struct Block {
    text: String,
    depth: usize,
}

impl Block {
    /// `resource "kind" "label" {`.
    pub(super) fn resource(kind: &str, name: &str) -> Self {
        Self {
            text: format!("resource {} {} {{\n", quoted(kind), quoted(&label(name))),
            depth: 1,
        }
    }

    pub(super) fn set(&mut self, name: &str, value: Value<'_>) -> &mut Self {
        let value = match value {
            Value::Text(text) => quoted(text),
            Value::Texts(texts) => {
                let texts: Vec<String> = texts.into_iter().map(quoted).collect();
                format!("[{}]", texts.join(", "))
            }
            Value::Raw(raw) => raw,
        };
        let _ = writeln!(self.text, "{}{name} = {value}", "  ".repeat(self.depth));
        self
    }

    /// Where there is something to say.
    pub(super) fn set_some(&mut self, name: &str, text: &str) -> &mut Self {
        if !text.is_empty() {
            self.set(name, Value::Text(text));
        }
        self
    }

    /// A block within.
    pub(super) fn within(&mut self, name: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        let indent = "  ".repeat(self.depth);
        let _ = writeln!(self.text, "{indent}{name} {{");
        self.depth += 1;
        fill(self);
        self.depth -= 1;
        let _ = writeln!(self.text, "{indent}}}");
        self
    }

    pub(super) fn end(self) -> String {
        format!("{}}}\n", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn text_is_no_expression() {
        assert_eq!(
            quoted("a\"b\\c ${x} %{y} $5\n"),
            "\"a\\\"b\\\\c $${x} %%{y} $5\\n\""
        );
    }
}
