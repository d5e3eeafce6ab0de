//! Servers from Debian's packages, without touching the system: apt runs with lists, caches and a package database of its own.

mod archive;
mod loader;

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::SandboxError;
use crate::account::running_as_root;
use crate::failure::at;
use crate::program::run;

/// Packages that the dependencies name and that a server unpacked beside the system does not need: tools of installation,
/// interpreters of helper scripts, and the compiler of PostgreSQL's just-in-time option.
const NOT_NEEDED: &[&str] = &[
    "adduser",
    "apt",
    "debconf",
    "debianutils",
    "dpkg",
    "libllvm",
    "libperl",
    "libz3",
    "locales",
    "login",
    "mawk",
    "passwd",
    "perl",
    "python",
    "systemd",
    "tar",
    "ucf",
];

/// Fetches packages with all they depend on, unpacks them into `staging`, and makes the programs in `folders` of it start with
/// their own libraries once `staging` has become `home`. `kind` is what the person who waits is told.
pub(super) fn fetch(
    kind: &dyn Display,
    folders: &[String],
    suite: &str,
    packages: &[&str],
    staging: &Path,
    home: &Path,
    notice: &dyn Fn(&str),
) -> Result<(), SandboxError> {
    let work = staging.join(".apt");
    let apt = PrivateApt::new(&work, suite)?;
    notice(&format!(
        "fetching {kind}: reading the package lists of Debian {suite} (some 10 MB)"
    ));
    run(apt.command().arg("update"))?;
    let wanted = apt.resolve(packages)?;
    let megabytes = wanted.iter().map(|p| p.bytes).sum::<u64>() as f64 / 1e6;
    notice(&format!(
        "fetching {kind}: {} packages, {megabytes:.0} MB",
        wanted.len()
    ));
    let downloads = work.join("downloads");
    fs::create_dir_all(&downloads).map_err(at("create", &downloads))?;
    run(apt
        .command()
        .arg("download")
        .args(wanted.iter().map(|p| format!("{}={}", p.name, p.version)))
        .current_dir(&downloads))?;
    notice(&format!("fetching {kind}: unpacking"));
    for entry in fs::read_dir(&downloads).map_err(at("read", &downloads))? {
        let package = entry.map_err(at("read", &downloads))?.path();
        run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(staging))?;
    }
    fs::remove_dir_all(&work).map_err(at("remove", &work))?;
    for folder in [
        "usr/share/doc",
        "usr/share/man",
        "usr/share/locale",
        "usr/share/perl",
    ] {
        let _ = fs::remove_dir_all(staging.join(folder));
    }
    loader::wrap_programs(folders, staging, home)?;
    run(Command::new("chmod").args(["-R", "a+rX"]).arg(staging)).map(drop)
}

/// One package version to download.
struct Wanted {
    name: String,
    version: String,
    bytes: u64,
}

/// apt with everything of its own except the machine's way to the archive.
struct PrivateApt {
    options: Vec<String>,
}

impl PrivateApt {
    fn new(work: &Path, suite: &str) -> Result<Self, SandboxError> {
        let folder = |name: &str| -> Result<PathBuf, SandboxError> {
            let path = work.join(name);
            fs::create_dir_all(&path).map_err(at("create", &path))?;
            Ok(path)
        };
        folder("lists/partial")?;
        folder("cache/archives/partial")?;
        let sources = folder("sources")?;
        let list = sources.join("suite.sources");
        fs::write(&list, archive::source_of(suite)?).map_err(at("write", &list))?;
        let status = work.join("status");
        fs::write(&status, "").map_err(at("write", &status))?;
        let work = work.display();
        let mut options = vec![
            format!("Dir::State={work}"),
            format!("Dir::State::Lists={work}/lists"),
            format!("Dir::State::status={work}/status"),
            format!("Dir::Cache={work}/cache"),
            "Dir::Etc::SourceList=/dev/null".into(),
            format!("Dir::Etc::SourceParts={work}/sources"),
            "Dir::Etc::Preferences=/dev/null".into(),
            "Dir::Etc::PreferencesParts=/dev/null".into(),
            "Debug::NoLocking=1".into(),
            "APT::Install-Recommends=0".into(),
            "Acquire::Languages=none".into(),
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".into(),
            "Acquire::Retries=3".into(),
        ];
        if running_as_root() {
            // apt would drop to an account that may not enter our folder.
            options.push("APT::Sandbox::User=root".into());
        }
        Ok(Self { options })
    }

    fn command(&self) -> Command {
        let mut command = Command::new("apt-get");
        command.env("LC_ALL", "C").arg("-y").arg("-q");
        for option in &self.options {
            command.arg("-o").arg(option);
        }
        command
    }

    /// All that has to be downloaded to have these packages.
    fn resolve(&self, packages: &[&str]) -> Result<Vec<Wanted>, SandboxError> {
        let said = run(self.command().args(["install", "--print-uris"]).args(packages))?;
        let wanted: Vec<Wanted> = said
            .lines()
            .filter(|line| line.starts_with('\''))
            .filter_map(parse_uri_line)
            .filter(|package| !NOT_NEEDED.iter().any(|prefix| package.name.starts_with(prefix)))
            .collect();
        if wanted.is_empty() {
            return Err(SandboxError::NotPossible(format!(
                "apt names nothing to download for {packages:?}"
            )));
        }
        Ok(wanted)
    }
}

/// Reads `'URI' name_version_architecture.deb bytes checksum`, where a colon of the version is written `%3a`.
fn parse_uri_line(line: &str) -> Option<Wanted> {
    let mut fields = line.split_whitespace().skip(1);
    let file = fields.next()?;
    let bytes = fields.next()?.parse().ok()?;
    let mut parts = file.split('_');
    Some(Wanted {
        name: parts.next()?.into(),
        version: parts.next()?.replace("%3a", ":"),
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::parse_uri_line;

    #[test]
    fn a_version_with_an_epoch_is_read() {
        let line = "'http://a/pool/m/mariadb-server_10.11.18-0+deb12u1_amd64.deb' \
                    mariadb-server_1%3a10.11.18-0+deb12u1_amd64.deb 3661896 SHA256:00";
        let wanted = parse_uri_line(line).unwrap();
        assert_eq!(
            (wanted.name.as_str(), wanted.version.as_str(), wanted.bytes),
            ("mariadb-server", "1:10.11.18-0+deb12u1", 3_661_896)
        );
    }
}
