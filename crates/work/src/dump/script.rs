//! The same dump for whoever loads it without us: statements for `mysql` or `psql`, and what Aurora imports from S3 by itself.

use daybreak_engine::{RowFile, load_file, script};
use daybreak_model::{Family, Phase, SchemaImage};
use serde::Serialize;

use super::layout::{AURORA, TableFiles};
use crate::{Depot, DepotPlace};

/// Files of statements, by their names: to be run in this order.
pub(super) struct Scripts {
    pub(super) before: String,
    pub(super) after: String,
}

/// What Aurora MySQL reads (Aurora User Guide, "Using a manifest to specify data files to load").
#[derive(Serialize)]
pub(super) struct AuroraManifest {
    entries: Vec<AuroraEntry>,
}

#[derive(Serialize)]
struct AuroraEntry {
    url: String,
    mandatory: bool,
}

/// The statements around the rows.
pub(super) fn around(family: Family, session: &str, image: &SchemaImage) -> Scripts {
    let of = |phases: &[Phase]| {
        let mut statements = Vec::new();
        for phase in phases {
            let objects = image.objects.iter().filter(|object| object.phase == *phase);
            statements.extend(objects.flat_map(|object| object.create.iter().cloned()));
        }
        format!("{session}{}", script(family, &statements))
    };
    Scripts {
        before: of(&[Phase::BeforeRows]),
        after: of(&[Phase::AfterRows, Phase::AfterAll]),
    }
}

/// The statements that load a table's files.
pub(super) fn rows(family: Family, depot: &Depot, folder: &str, files: &TableFiles) -> Vec<String> {
    let names = names(files).map(|name| format!("{folder}/{name}"));
    match depot.place() {
        DepotPlace::Directory(_) => names
            .map(|name| load_file(family, &files.table, &RowFile::Local(&name)))
            .collect(),
        DepotPlace::S3 { region, bucket, .. } => {
            let statement = |name: String| {
                let key = depot.key(&name);
                let file = RowFile::S3 {
                    region,
                    bucket,
                    key: &key,
                };
                load_file(family, &files.table, &file)
            };
            match family {
                // One statement for a table: its manifest names the files.
                Family::Mysql if names.clone().next().is_none() => Vec::new(),
                Family::Mysql => vec![statement(format!("{folder}/{AURORA}"))],
                Family::Postgres => names.map(statement).collect(),
            }
        }
    }
}

/// What Aurora MySQL is given of a table in S3; nothing where no Aurora reads it.
pub(super) fn aurora_manifest(
    family: Family,
    depot: &Depot,
    folder: &str,
    files: &TableFiles,
) -> Option<AuroraManifest> {
    let DepotPlace::S3 { region, bucket, .. } = depot.place() else {
        return None;
    };
    let entries: Vec<AuroraEntry> = names(files)
        .map(|name| AuroraEntry {
            url: format!(
                "s3-{region}://{bucket}/{}",
                depot.key(&format!("{folder}/{name}"))
            ),
            mandatory: true,
        })
        .collect();
    (family == Family::Mysql && !entries.is_empty()).then_some(AuroraManifest { entries })
}

fn names(files: &TableFiles) -> impl Iterator<Item = &str> + Clone {
    let done = files.ranges.iter().filter_map(|range| range.done.as_ref());
    done.filter_map(|done| Some(done.file.as_ref()?.name.as_str()))
}
