//! Who may import whom. The table is ARCHITECTURE.md's; Cargo keeps an absent edge from being written, this test keeps
//! an edge that should be absent from being added to a manifest, and modules within a crate in the order of its `lib.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Crate and the crates of ours it may import; the second list holds for its tests only.
const ALLOWED: &[(&str, &[&str], &[&str])] = &[
    ("model", &[], &[]),
    ("archive", &["model"], &[]),
    ("cloud", &[], &["sandbox"]),
    ("engine", &["model"], &["sandbox"]),
    ("assess", &["model", "engine"], &["sandbox"]),
    ("runbook", &[], &[]),
    ("work", &["model", "archive", "engine"], &["sandbox"]),
    ("traffic", &[], &["sandbox"]),
    ("sandbox", &[], &[]),
    (
        "daybreak",
        &[
            "model", "cloud", "engine", "assess", "work", "runbook", "traffic", "sandbox",
        ],
        &[],
    ),
];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("crates/")
        .to_owned()
}

fn manifest(name: &str) -> toml::Table {
    let path = crates().join(name).join("Cargo.toml");
    std::fs::read_to_string(&path)
        .expect("a manifest")
        .parse()
        .expect("valid TOML")
}

fn ours(manifest: &toml::Table, section: &str) -> BTreeSet<String> {
    let names = manifest
        .get(section)
        .and_then(toml::Value::as_table)
        .into_iter()
        .flat_map(toml::Table::keys);
    names
        .filter_map(|name| name.strip_prefix("daybreak-"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn crates_import_only_what_the_architecture_allows() {
    let present: BTreeSet<String> = std::fs::read_dir(crates())
        .expect("crates/")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    let listed: BTreeSet<String> = ALLOWED.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(
        present, listed,
        "every crate has its line in the table of who may import whom"
    );
    for (name, product, tests) in ALLOWED {
        let manifest = manifest(name);
        let allowed: BTreeSet<String> = product.iter().map(|name| (*name).to_owned()).collect();
        let used = ours(&manifest, "dependencies");
        assert!(
            used.is_subset(&allowed),
            "{name} imports {used:?}, allowed {allowed:?}"
        );
        let allowed_in_tests: BTreeSet<String> = tests.iter().map(|name| (*name).to_owned()).collect();
        let mut used = ours(&manifest, "dev-dependencies");
        // A crate's tests may import it with a feature of its own.
        used.remove(*name);
        assert!(
            used.is_subset(&allowed_in_tests.union(&allowed).cloned().collect()),
            "the tests of {name} import {used:?}"
        );
    }
}

/// Groups of modules in a `lib.rs`, parted by blank lines: a module may be used by groups below its own only.
fn groups(lib: &str) -> Vec<Vec<String>> {
    let mut groups = vec![Vec::new()];
    for line in lib.lines().map(str::trim) {
        let module = ["mod ", "pub mod "]
            .iter()
            .find_map(|start| line.strip_prefix(start));
        match module.and_then(|rest| rest.strip_suffix(';')) {
            Some(name) => groups.last_mut().expect("never empty").push(name.to_owned()),
            None if line.is_empty() => groups.push(Vec::new()),
            None => {}
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// The words of a text: identifiers, in order.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

/// Which module each name re-exported at the crate's root comes from.
fn origins(lib: &str) -> BTreeMap<String, String> {
    let mut origins = BTreeMap::new();
    for statement in lib.split("pub use ").skip(1) {
        let statement = statement.split(';').next().unwrap_or_default();
        let mut words = words(statement);
        let Some(module) = words.next() else { continue };
        origins.extend(words.map(|name| (name.to_owned(), module.to_owned())));
    }
    origins
}

/// The modules of its own crate that a source text imports, by module or by re-exported name.
/// Comments do not count: documentation may point anywhere.
fn imported(text: &str, origins: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    let code: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    for place in code.join("\n").split("crate::").skip(1) {
        let names: Vec<&str> = match place.strip_prefix('{') {
            Some(list) => words(list.split('}').next().unwrap_or_default()).collect(),
            None => words(place).take(1).collect(),
        };
        for name in names {
            modules.insert(origins.get(name).cloned().unwrap_or_else(|| name.to_owned()));
        }
    }
    modules
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
    {
        if entry.is_dir() {
            found.extend(sources(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
    found
}

/// Crates whose `lib.rs` is their table of contents and their law.
const LAYERED: &[&str] = &["model", "cloud", "assess", "work", "runbook", "traffic"];

#[test]
fn modules_import_only_from_groups_above_their_own() {
    for name in LAYERED {
        let source = crates().join(name).join("src");
        let lib = std::fs::read_to_string(source.join("lib.rs")).expect("lib.rs");
        let (groups, origins) = (groups(&lib), origins(&lib));
        for (level, modules) in groups.iter().enumerate() {
            for module in modules {
                let mut files = vec![source.join(format!("{module}.rs"))];
                if source.join(module).is_dir() {
                    files.extend(sources(&source.join(module)));
                }
                let forbidden: Vec<&String> = groups[level..]
                    .iter()
                    .flatten()
                    .filter(|other| *other != module)
                    .collect();
                for file in files.iter().filter(|file| file.exists()) {
                    let text = std::fs::read_to_string(file).expect("source");
                    let imported = imported(&text, &origins);
                    for other in &forbidden {
                        assert!(
                            !imported.contains(*other),
                            "{} imports {other}, which is not above it in {name}/src/lib.rs",
                            file.display()
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_two_engines_never_import_each_other() {
    for (one, other) in [("mysql", "postgres"), ("postgres", "mysql")] {
        let folder = crates().join("engine/src");
        let mut files = sources(&folder.join(one));
        files.push(folder.join(format!("{one}.rs")));
        assert!(
            files.len() > 5,
            "the engine's modules are where they are looked for"
        );
        for file in files {
            let text = std::fs::read_to_string(&file).expect("source");
            assert!(
                !text.contains(&format!("crate::{other}")),
                "{} imports {other}",
                file.display()
            );
        }
    }
}

#[test]
fn no_module_is_called_by_what_it_is_not() {
    for (name, ..) in ALLOWED {
        for file in sources(&crates().join(name).join("src")) {
            let stem = file
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default();
            assert!(
                !["utils", "util", "common", "types", "errors", "helpers", "misc"].contains(&stem),
                "{} has a name that says nothing",
                file.display()
            );
        }
    }
}
