//! An estate as a tree on the terminal.

use daybreak_work::Edge;

use super::super::plain;
use super::{Estate, Node};

/// The tree, then who was not reached and what was not told. Servers say what they like: every line stays one line.
pub(super) fn lines(estate: &Estate<'_>) -> Vec<String> {
    let mut tree = Tree {
        estate,
        lines: Vec::new(),
        shown: Vec::new(),
    };
    // Primaries first, then those whose primary was not reached, then what is left of rings.
    let followed = |address: &str| estate.links.iter().any(|edge| edge.to == address);
    let first = estate.primary.iter().map(String::as_str);
    let alone = estate.servers.iter().map(|node| node.address.as_str());
    let named = estate.links.iter().map(|edge| edge.from.as_str());
    let roots = first
        .chain(alone.clone().chain(named).filter(|address| !followed(address)))
        .chain(alone);
    for root in roots {
        if !tree.shown.contains(&root) {
            tree.server(root, "", "", None);
        }
    }
    let mut lines = tree.lines;
    for server in &estate.unreached {
        lines.push(format!(
            "not reached: {}, named by {}: {}",
            server.name, server.named_by, server.why
        ));
    }
    for node in &estate.servers {
        for untold in node.could_not_tell {
            let grant = untold.grant.as_ref();
            let grant = grant.map_or_else(String::new, |grant| format!("; {grant}"));
            lines.push(format!(
                "not told: {} of {}: {}{grant}",
                untold.what, node.address, untold.why
            ));
        }
    }
    lines.iter().map(|line| plain(line)).collect()
}

struct Tree<'a> {
    estate: &'a Estate<'a>,
    lines: Vec<String>,
    shown: Vec<&'a str>,
}

impl<'a> Tree<'a> {
    fn server(&mut self, address: &'a str, branch: &str, below: &str, edge: Option<&Edge>) {
        let node = self.estate.servers.iter().find(|node| node.address == address);
        let told = node.map_or_else(|| "not reached".to_owned(), described);
        let edge_told = edge.map_or_else(String::new, |edge| format!("; {}", way(edge)));
        let again = self.shown.contains(&address);
        let told = if again { "see above".to_owned() } else { told };
        self.lines.push(format!("{branch}{address}  {told}{edge_told}"));
        if let Some(edge) = edge {
            let found: Vec<String> = edge
                .found
                .iter()
                .map(|witness| format!("{} on {}", witness.question, witness.server))
                .collect();
            self.lines
                .push(format!("{below}   found by {}", found.join(", ")));
        }
        if again {
            return;
        }
        self.shown.push(address);
        let estate = self.estate;
        let followers: Vec<&'a Edge> = estate.links.iter().filter(|edge| edge.from == address).collect();
        for (index, edge) in followers.iter().enumerate() {
            let last = index + 1 == followers.len();
            let (own, further) = if last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            self.server(
                &edge.to,
                &format!("{below}{own}"),
                &format!("{below}{further}"),
                Some(edge),
            );
        }
    }
}

/// What a server is, how it logs and how large it is.
fn described(node: &Node<'_>) -> String {
    let mut words = vec![node.flavor.clone(), node.role().to_owned()];
    let setting = |name: &str| node.settings.get(name).map(String::as_str);
    match setting("log_bin") {
        Some("ON") => words.push(format!("binlog {}", setting("binlog_format").unwrap_or("on"))),
        Some(_) => words.push("no binlog".to_owned()),
        None => {}
    }
    if node.gtid {
        words.push("GTID".to_owned());
    }
    words.extend(setting("wal_level").map(|level| format!("wal_level {level}")));
    if let Some((tables, bytes)) = node.tables.zip(node.bytes) {
        words.push(format!("{tables} tables, {}", size(bytes)));
    }
    words.join(", ")
}

/// How changes come to a follower.
fn way(edge: &Edge) -> String {
    let mut words = vec![crate::output::words(&edge.kind)];
    if !edge.name.is_empty() {
        words.push(format!("`{}`", edge.name));
    }
    match edge.running {
        Some(true) => words.push("running".to_owned()),
        Some(false) => words.push("NOT RUNNING".to_owned()),
        None => {}
    }
    words.extend(edge.lag_seconds.map(|lag| format!("{lag:.1} s behind")));
    if edge.semi_sync == Some(true) {
        words.push("semi-sync".to_owned());
    }
    if edge.circular {
        words.push("circular".to_owned());
    }
    words.join(", ")
}

/// Bytes in the largest unit that leaves a whole number in front.
fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..0x400 => return format!("{bytes} B"),
        0x400..0x10_0000 => (0x400, "KiB"),
        0x10_0000..0x4000_0000 => (0x10_0000, "MiB"),
        0x4000_0000..0x100_0000_0000 => (0x4000_0000, "GiB"),
        _ => (0x100_0000_0000_u64, "TiB"),
    };
    let tenths = bytes.saturating_mul(10) / unit;
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}
