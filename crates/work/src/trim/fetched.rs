//! Runs that were broken off, and whose folder was lost with the machine that they ran on: what the bucket holds of them is enough to settle
//! them, for whatever is done to a server is written down there before. Whoever writes to a bucket need not be who may write to the server:
//! what a manifest from there names is taken only where a run of ours could have written it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use daybreak_model::TableName;

use super::copies::{below, write};
use super::error::TrimError;
use super::left::is_aside;
use super::manifest::{MANIFEST, Run};
use crate::{Depot, Observe, WorkEvent};

/// A file in the folder of a run that was fetched: the bucket's word on it counts, not what an earlier look at it left there.
const FETCHED: &str = "fetched";

/// Fetches what is needed to settle the runs of a rule on a server that are not settled, and that are not in its folder.
pub(super) async fn fetch_unsettled(
    depot: &Depot,
    rule: &str,
    server: &str,
    folder: &Path,
    observer: &dyn Observe,
) -> Result<(), TrimError> {
    let mut runs = BTreeMap::new();
    for run in Run::all(folder)? {
        if run.folder.join(FETCHED).exists() {
            std::fs::remove_dir_all(&run.folder).map_err(failed("remove", &run.folder))?;
        } else {
            runs.insert(run.folder.clone(), (run, None));
        }
    }
    for (name, _) in depot.files().await? {
        let Some(run) = run_of(rule, &name) else {
            continue;
        };
        let own = folder.join(run);
        let here = runs.contains_key(&own);
        if here && !is_open_here(&own)? {
            continue;
        }
        let Some(bytes) = depot.get(&name).await? else {
            continue;
        };
        let trouble = |trouble: String| TrimError::Manifest {
            path: format!("{}/{name}", depot.place()).into(),
            trouble,
        };
        let text = std::str::from_utf8(&bytes).map_err(|error| trouble(error.to_string()))?;
        if here && !goes_on_from(&own, &bytes)? {
            continue;
        }
        let run = Run::of(&own, text).map_err(trouble)?;
        if run.server != server {
            // Which of its rows are gone, its own server tells.
            if !run.ended {
                observer.event(WorkEvent::Doing {
                    what: format!(
                        "leaving the run of {} in {} alone: it was of {} and did not end",
                        run.at,
                        depot.place(),
                        run.server
                    ),
                });
            }
            continue;
        }
        if here {
            acceptable(&run, rule).map_err(trouble)?;
            // Another machine settled what this one began: its word is the later one.
            replace_manifest(&own, &bytes)?;
        }
        let fetched = (!here).then_some(bytes);
        runs.insert(own, (run, fetched));
    }
    let all: Vec<&Run> = runs.values().map(|(run, _)| run).collect();
    let wanted = unsettled(&all);
    for (run, bytes) in runs
        .values()
        .filter(|(run, _)| wanted.contains(run.folder.as_path()))
    {
        let Some(bytes) = bytes else { continue };
        // What ended is not carried out, and may be named as it likes.
        acceptable(run, rule).map_err(|trouble| TrimError::Manifest {
            path: format!("{}/{rule}/{}/{MANIFEST}", depot.place(), name_of(run)).into(),
            trouble,
        })?;
        observer.event(WorkEvent::Doing {
            what: format!(
                "fetching the run of {} from {}, which another machine began and did not settle",
                run.at,
                depot.place()
            ),
        });
        write(&run.folder.join(FETCHED), &[])?;
        // Of these it is not known yet which rows are gone.
        for part in run
            .parts
            .iter()
            .filter(|part| part.kept.is_none() && part.aside.is_none())
        {
            let path = below(&run.folder, &part.file)?;
            let name = format!("{rule}/{}/{}", name_of(run), part.file);
            let file = depot.get(&name).await?.ok_or_else(|| TrimError::NotThere {
                file: name.clone(),
                place: depot.place().to_string(),
            })?;
            write(&path, &file)?;
            part.facts.verify(&path)?;
        }
        // It counts as a run from now on.
        replace_manifest(&run.folder, bytes)?;
    }
    Ok(())
}

/// Puts a manifest into a run's folder: whole, or not at all.
fn replace_manifest(run: &Path, bytes: &[u8]) -> Result<(), TrimError> {
    let beside = run.join("manifest.whole");
    write(&beside, bytes)?;
    std::fs::rename(&beside, run.join(MANIFEST)).map_err(failed("name", &beside))
}

fn is_open_here(run: &Path) -> Result<bool, TrimError> {
    Ok(!Run::read(run)?.ended)
}

/// Whether the bucket's manifest says all that the one in the folder does, and more.
fn goes_on_from(run: &Path, bytes: &[u8]) -> Result<bool, TrimError> {
    let path = run.join(MANIFEST);
    let own = std::fs::read(&path).map_err(failed("read", &path))?;
    // A line that a kill tore counts for nothing.
    let whole = own
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |end| end + 1);
    Ok(bytes.len() > whole && bytes.starts_with(&own[..whole]))
}

/// Whether a run of ours could have written what a manifest names; why not, otherwise.
fn acceptable(run: &Run, rule: &str) -> Result<(), String> {
    if run.rule != rule {
        return Err(format!("it is of rule {}", run.rule));
    }
    let plain = |file: &str| {
        let mut parts = Path::new(file).components();
        matches!(parts.next(), Some(Component::Normal(_))) && parts.next().is_none()
    };
    if let Some(part) = run.parts.iter().find(|part| !plain(&part.file)) {
        return Err(format!("no run names a file {}", part.file));
    }
    let named = run.asides.iter().map(|aside| &aside.aside);
    let named = named.chain(run.parts.iter().filter_map(|part| part.aside.as_ref()));
    if let Some(odd) = named.into_iter().find(|aside| !is_aside(&aside.name)) {
        return Err(format!("no run sets anything aside as {odd}"));
    }
    for aside in &run.asides {
        let partition = &aside.partition;
        if aside.aside.schema != partition.name.schema {
            return Err(format!("{} is in another schema than its partition", aside.aside));
        }
        // It stands in a statement as it is, and servers print none that holds these but in values.
        if partition.bound.contains([';', '\\']) {
            return Err(format!(
                "the bound of {} is not to be trusted: {}",
                partition.name, partition.bound
            ));
        }
    }
    Ok(())
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> TrimError {
    let path = path.to_owned();
    move |source| TrimError::Io { what, path, source }
}

/// The run that a file of a bucket is the manifest of: `rule/run/manifest.jsonl`.
fn run_of<'a>(rule: &str, name: &'a str) -> Option<&'a str> {
    let mut parts = name.split('/');
    let of_rule = parts.next() == Some(rule);
    let run = parts.next()?;
    let is_manifest = parts.next() == Some(MANIFEST) && parts.next().is_none();
    let plain = !run.is_empty() && run.chars().all(|c| c.is_ascii_alphanumeric());
    (of_rule && is_manifest && plain).then_some(run)
}

fn name_of(run: &Run) -> String {
    run.folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The folders of runs that did not end, or that set aside what none is known to have ended; with them all that name the same tables, for
/// the last one's word counts. The oldest come first.
fn unsettled<'a>(runs: &[&'a Run]) -> BTreeSet<&'a Path> {
    // No two runs give one name, and clocks of machines differ: whoever said that one is done with, it is. A run that ended has done
    // what it announced.
    let asides = runs.iter().flat_map(|run| &run.asides);
    let done: BTreeSet<&TableName> = asides
        .filter(|aside| aside.dropped || aside.put_back || aside.held)
        .map(|aside| &aside.aside)
        .collect();
    let is_open = |run: &&&Run| !run.ended || run.asides.iter().any(|aside| !done.contains(&aside.aside));
    let named: BTreeSet<&TableName> = runs
        .iter()
        .filter(is_open)
        .flat_map(|run| run.asides.iter().map(|aside| &aside.aside))
        .collect();
    let wanted = |run: &&&Run| is_open(run) || run.asides.iter().any(|aside| named.contains(&aside.aside));
    runs.iter()
        .filter(wanted)
        .map(|run| run.folder.as_path())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use daybreak_engine::Partition;
    use daybreak_model::TableName;

    use super::super::manifest::{Aside, Run};
    use super::{acceptable, goes_on_from, run_of};

    fn run_that_set_aside(aside: &str, bound: &str) -> Run {
        Run {
            folder: PathBuf::from("20261130T0Z"),
            rule: "old".to_owned(),
            server: "db1:5432".to_owned(),
            at: "2026-11-30T00:00:00Z".parse().expect("a time"),
            tables: Vec::new(),
            parts: Vec::new(),
            asides: vec![Aside {
                table: TableName::new("public", "visits"),
                partition: Partition {
                    name: TableName::new("public", "visits_2020"),
                    bound: bound.to_owned(),
                },
                aside: TableName::new("public", aside),
                held: false,
                dropped: false,
                put_back: false,
            }],
            ended: false,
        }
    }

    #[test]
    fn what_no_run_of_ours_writes_is_refused() {
        let (aside, bound) = (
            "daybreak_trim_0123456789ab",
            "FOR VALUES FROM (MINVALUE) TO ('2021-01-01')",
        );
        assert_eq!(acceptable(&run_that_set_aside(aside, bound), "old"), Ok(()));
        assert!(acceptable(&run_that_set_aside(aside, bound), "other").is_err());
        assert!(acceptable(&run_that_set_aside("history", bound), "old").is_err());
        for odd in ["DEFAULT; DROP TABLE history", "FOR VALUES IN (E'\\'', 'x')"] {
            assert!(
                acceptable(&run_that_set_aside(aside, odd), "old").is_err(),
                "{odd}"
            );
        }
        let mut elsewhere = run_that_set_aside(aside, bound);
        elsewhere.asides[0].aside.schema = "other".to_owned();
        assert!(acceptable(&elsewhere, "old").is_err());
    }

    #[test]
    fn what_another_machine_went_on_with_is_the_later_word() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("manifest.jsonl"), "a\nb\nto").expect("written");
        let later = |bytes: &[u8]| goes_on_from(folder.path(), bytes).expect("read");
        assert!(later(b"a\nb\nc\n"));
        for other in [&b"a\nb\n"[..], b"a\n", b"a\nx\nc\n"] {
            assert!(!later(other), "{other:?}");
        }
    }

    #[test]
    fn only_manifests_of_the_rule_are_runs() {
        assert_eq!(
            run_of("old", "old/20261130T0Z/manifest.jsonl"),
            Some("20261130T0Z")
        );
        for odd in [
            "older/20261130T0Z/manifest.jsonl",
            "old/../manifest.jsonl",
            "old/manifest.jsonl",
            "old/20261130T0Z/x/manifest.jsonl",
            "old/20261130T0Z/s.t-00001.parquet",
        ] {
            assert_eq!(run_of("old", odd), None, "{odd}");
        }
    }
}
