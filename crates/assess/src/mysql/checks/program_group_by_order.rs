//! 8.0.13 took ASC and DESC out of GROUP BY, and grouping does not sort since 8.0 (MySQL Shell, `groupbyAscSyntax`;
//! Aurora precheck `groupByAscSyntaxCheck`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::words::words;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.program.group_by_order",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "P4"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 13),
        title: "GROUP BY with an order, in views, routines, triggers and events",
        remedy: "write ORDER BY behind the GROUP BY; grouping sorts no more",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    Ok(facts
        .programs()?
        .filter(|program| groups_in_order(&program.body))
        .map(|program| Hit::new(program.object(), "its GROUP BY has ASC or DESC"))
        .collect())
}

/// Whether ASC or DESC stands between GROUP BY and what ends it, at the same depth of parentheses.
fn groups_in_order(body: &str) -> bool {
    let all = words(body);
    let starts = all
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0].is("GROUP") && pair[1].is("BY"));
    starts.map(|(at, _)| &all[at + 2..]).any(|rest| {
        let mut depth = 0_i32;
        for word in rest {
            match () {
                () if word.is("(") => depth += 1,
                () if word.is(")") => depth -= 1,
                () if depth > 0 => {}
                () if word.is("ASC") || word.is("DESC") => return true,
                () if ["ORDER", "HAVING", "LIMIT", "WITH", "UNION", "INTO", "FOR", ";"]
                    .iter()
                    .any(|end| word.is(end)) =>
                {
                    return false;
                }
                () => {}
            }
            if depth < 0 {
                return false;
            }
        }
        false
    })
}
