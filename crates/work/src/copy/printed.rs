//! Views that two servers of the MySQL family print differently.
//!
//! A server keeps a view as it prints what it parsed, and versions do not print alike: `lcase` or `lower`, `regexp` or `regexp_like`,
//! `i is true` or `0 <> i is true`, `order by 1` or the column's name. No list of that is ever complete, so the target itself is asked: it is given
//! the source's statement for a view that it has already, and where it then prints what it printed before, the two are the same.

use std::collections::HashMap;

use daybreak_engine::{Database, EngineError, Mend, Statement, mend};
use daybreak_model::{Family, Flavor, ObjectKind, SchemaImage, SchemaObject, Scope};

use super::describe;

/// `there`, what the target holds, with the source's definition for each view that is the same as the source's in `wanted`. One that
/// is another is left as it was.
///
/// # Errors
/// When the target cannot be asked, or a view cannot be put back.
pub(crate) async fn settle(
    target: &dyn Database,
    flavor: &Flavor,
    scope: &Scope,
    wanted: &SchemaImage,
    mut there: SchemaImage,
) -> Result<SchemaImage, EngineError> {
    if flavor.family() != Family::Mysql {
        return Ok(there);
    }
    let views = |image: &SchemaImage| -> HashMap<String, SchemaObject> {
        let views = image.objects.iter();
        let views = views.filter(|object| object.kind == ObjectKind::View);
        views.map(|view| (view.name.clone(), view.clone())).collect()
    };
    let (wanted, before) = (views(wanted), views(&there));
    let mut replaced = Vec::new();
    for (name, view) in &before {
        let Some(want) = wanted.get(name).filter(|want| want.definition != view.definition) else {
            continue;
        };
        let Some(statements) = statements(flavor, want, view) else {
            continue;
        };
        // What the target does not take is not what it has.
        match target.run(&statements).await {
            Ok(()) => replaced.push((want, view)),
            Err(error) if error.is_transient() => return Err(error),
            Err(_) => {}
        }
    }
    if replaced.is_empty() {
        return Ok(there);
    }
    let after = views(&target.schema(scope, flavor).await?);
    for (want, view) in replaced {
        if after
            .get(&view.name)
            .is_some_and(|now| now.definition == view.definition)
        {
            let place =
                |object: &&mut SchemaObject| object.kind == ObjectKind::View && object.name == view.name;
            if let Some(object) = there.objects.iter_mut().find(place) {
                object.definition.clone_from(&want.definition);
            }
        } else if let Some(back) = statements(flavor, view, view) {
            target.run(&back).await?;
        }
    }
    Ok(there)
}

fn statements(flavor: &Flavor, want: &SchemaObject, have: &SchemaObject) -> Option<Vec<Statement>> {
    let mended = mend(flavor, &Mend::Replace(want, None, have)).ok()?;
    let each = mended.statements.into_iter().map(|text| Statement {
        what: format!("give the target the source's {}", describe(want.kind, &want.name)),
        text,
    });
    Some(each.collect())
}
