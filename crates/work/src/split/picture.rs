//! The graph as an SVG: purposes as circles of tables around one middle, and the ties between them.

use std::fmt::Write as _;

use super::cuts::Cut;
use super::graph::Graph;
use super::purposes::Purpose;

/// Tables of a purpose that are named in the picture; of further ones their number is.
const NAMED: usize = 40;
/// Purposes that are drawn; the smaller ones are counted.
const DRAWN: usize = 60;

const COLOURS: [&str; 8] = [
    "#2a6f97", "#bc4749", "#386641", "#9c6644", "#6a4c93", "#e09f3e", "#0f4c5c", "#7f5539",
];

struct Placed {
    x: f64,
    y: f64,
    radius: f64,
}

/// The picture: it stands by itself, and runs nothing.
#[must_use]
pub fn picture(graph: &Graph, purposes: &[Purpose], cuts: &[Cut]) -> String {
    let drawn = &purposes[..purposes.len().min(DRAWN)];
    let places = places(drawn);
    let edge = places
        .iter()
        .map(|place| place.x.abs().max(place.y.abs()) + place.radius + 60.0)
        .fold(200.0, f64::max);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{:.0} {:.0} {:.0} {:.0}\" font-family=\"sans-serif\" font-size=\"10\">\n",
        -edge,
        -edge,
        2.0 * edge,
        2.0 * edge + 20.0
    );
    let place = |name: &str| {
        drawn
            .iter()
            .position(|purpose| purpose.name == name)
            .map(|at| &places[at])
    };
    for cut in cuts {
        let (Some(one), Some(other)) = (place(&cut.between[0]), place(&cut.between[1])) else {
            continue;
        };
        let times: u64 = cut.queries.iter().map(|query| query.count).sum();
        let width = 1.0 + ((times + cut.foreign_keys.len() as u64 * 10) as f64 + 1.0).log10() * 2.0;
        let (colour, dash) = if cut.together {
            ("#bc4749", "")
        } else {
            ("#888", " stroke-dasharray=\"6 4\"")
        };
        let title = format!(
            "{} – {}: {} queries, {} transactions, {} foreign keys, {} views, triggers and routines",
            cut.between[0],
            cut.between[1],
            cut.queries.len(),
            cut.transactions.len(),
            cut.foreign_keys.len(),
            cut.bodies.len()
        );
        let _ = writeln!(
            svg,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\" stroke-width=\"{width:.1}\"{dash}><title>{}</title></line>",
            one.x,
            one.y,
            other.x,
            other.y,
            escaped(&title)
        );
    }
    for (at, (purpose, place)) in drawn.iter().zip(&places).enumerate() {
        let colour = COLOURS[at % COLOURS.len()];
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{:.1}\" fill=\"{colour}\" fill-opacity=\"0.12\" stroke=\"{colour}\"/>",
            place.x, place.y, place.radius
        );
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-weight=\"bold\" font-size=\"13\" fill=\"{colour}\">{}</text>",
            place.x,
            place.y - place.radius - 6.0,
            escaped(&purpose.name)
        );
        tables(&mut svg, graph, purpose, place, colour);
    }
    if purposes.len() > DRAWN {
        let _ = writeln!(
            svg,
            "<text x=\"0\" y=\"{:.0}\" text-anchor=\"middle\">and {} smaller purposes</text>",
            edge + 10.0,
            purposes.len() - DRAWN
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Around the middle, each with room for its tables.
fn places(purposes: &[Purpose]) -> Vec<Placed> {
    let radius = |purpose: &Purpose| 30.0 + 9.0 * purpose.tables.len().min(NAMED) as f64;
    let around: f64 = purposes.iter().map(|purpose| 2.0 * radius(purpose) + 60.0).sum();
    let distance = if purposes.len() > 1 {
        (around / std::f64::consts::TAU).max(120.0)
    } else {
        0.0
    };
    let mut angle = 0.0;
    purposes
        .iter()
        .map(|purpose| {
            let share = (2.0 * radius(purpose) + 60.0) / around.max(1.0) * std::f64::consts::TAU;
            let at: f64 = angle + share / 2.0;
            angle += share;
            Placed {
                x: distance * at.sin(),
                y: -distance * at.cos(),
                radius: radius(purpose),
            }
        })
        .collect()
}

fn tables(svg: &mut String, graph: &Graph, purpose: &Purpose, place: &Placed, colour: &str) {
    let named = &purpose.tables[..purpose.tables.len().min(NAMED)];
    let most = graph
        .tables
        .iter()
        .map(|(_, used)| used.bytes)
        .max()
        .unwrap_or(1)
        .max(1) as f64;
    for (at, table) in named.iter().enumerate() {
        let angle = std::f64::consts::TAU * at as f64 / named.len() as f64;
        let distance = if named.len() == 1 {
            0.0
        } else {
            place.radius * 0.62
        };
        let (x, y) = (place.x + distance * angle.sin(), place.y - distance * angle.cos());
        let used = graph
            .tables
            .iter()
            .find(|(own, _)| own == table)
            .map(|(_, used)| used.clone())
            .unwrap_or_default();
        let size = 3.0 + 7.0 * (used.bytes as f64 / most).sqrt();
        let title = format!(
            "{table}: {} rows, {} bytes, {} reads, {} writes",
            used.rows, used.bytes, used.reads, used.writes
        );
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{size:.1}\" fill=\"{colour}\"><title>{}</title></circle>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            escaped(&title),
            y + size + 10.0,
            escaped(&table.name)
        );
    }
    if purpose.tables.len() > NAMED {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">and {} more</text>",
            place.x,
            place.y,
            purpose.tables.len() - NAMED
        );
    }
}

/// What servers call things ends no tag.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Table, TableName};

    use super::super::graph::graph;
    use super::super::input::SplitInput;
    use super::super::purposes::purposes;

    #[test]
    fn a_hostile_name_stays_text() {
        let table = Table {
            name: TableName::new("s", "</text><script>alert('1')</script>"),
            columns: Vec::new(),
            key: None,
            estimated_rows: 0,
            estimated_bytes: 0,
        };
        let input = SplitInput {
            tables: vec![table],
            ..SplitInput::default()
        };
        let graph = graph(&input);
        let svg = super::picture(&graph, &purposes(&graph, 1.0), &[]);
        assert!(
            !svg.contains("<script") && svg.contains("&lt;script&gt;"),
            "{svg}"
        );
        assert!(svg.ends_with("</svg>\n"));
    }
}
