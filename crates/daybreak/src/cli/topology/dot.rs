//! An estate as a Graphviz graph.

use std::fmt::Write;

use super::Estate;

/// The graph. Every name is quoted: servers say what they like.
pub(super) fn graph(estate: &Estate<'_>) -> String {
    let mut graph = String::from("digraph estate {\n  node [shape=box];\n");
    let mut add = |line: String| writeln!(graph, "  {line}").expect("writing to a string never fails");
    for node in &estate.servers {
        let label = format!("{}\n{}\n{}", node.address, node.flavor, node.role());
        let style = if estate.primary.as_deref() == Some(&node.address) {
            ", style=bold"
        } else {
            ""
        };
        add(format!(
            "{} [label={}{style}];",
            quoted(&node.address),
            quoted(&label)
        ));
    }
    let reached = |address: &str| estate.servers.iter().any(|node| node.address == address);
    let mut named: Vec<&str> = estate
        .links
        .iter()
        .flat_map(|edge| [edge.from.as_str(), &edge.to])
        .collect();
    named.extend(estate.unreached.iter().map(|server| server.name));
    named.sort_unstable();
    named.dedup();
    for name in named.into_iter().filter(|name| !reached(name)) {
        let label = format!("{name}\nnot reached");
        add(format!(
            "{} [label={}, style=dashed];",
            quoted(name),
            quoted(&label)
        ));
    }
    for edge in &estate.links {
        let lag = edge
            .lag_seconds
            .map_or_else(String::new, |lag| format!("\n{lag:.1} s"));
        let label = format!("{}{lag}", crate::output::words(&edge.kind));
        let style = if edge.running == Some(false) {
            ", style=dashed"
        } else {
            ""
        };
        add(format!(
            "{} -> {} [label={}{style}];",
            quoted(&edge.from),
            quoted(&edge.to),
            quoted(&label)
        ));
    }
    graph.push('}');
    graph
}

/// A text as a quoted string of the DOT language, where a backslash begins an escape.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            other if other.is_control() => quoted.push(' '),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn no_name_ends_its_quotes() {
        assert_eq!(quoted("a\" -> b; \\"), "\"a\\\" -> b; \\\\\"");
        assert_eq!(quoted("one\ntwo\r\0"), "\"one\\ntwo  \"");
    }
}
