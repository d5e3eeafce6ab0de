//! A small disk, for tests that fill it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::SandboxError;
use crate::account::{UNPRIVILEGED, running_as_root};
use crate::failure::at;
use crate::program::run;

/// A small file system in memory, of the servers' account, that goes when this is dropped.
///
/// Root mounts it as anybody would. Other accounts may mount in a namespace of their own: a shell stands in one and keeps it, and
/// others come to it by way of that process.
#[derive(Debug)]
pub struct SmallDisk {
    place: PathBuf,
    path: PathBuf,
    keeper: Option<Keeper>,
}

/// The process in whose namespace a disk is mounted. Without anything more to read it ends, and the disk with it.
#[derive(Debug)]
struct Keeper {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// Mounts at `$1` with the options `$2`, then mounts again with every line that it reads; answers each.
const KEEP: &str = r#"mount -t tmpfs -o "$2" tmpfs "$1" && echo done || exit 1
while read -r options; do mount -o "remount,$options" tmpfs "$1" && echo done || echo refused; done"#;

impl SmallDisk {
    /// Mounts a disk of this size.
    ///
    /// # Errors
    /// [`SandboxError::Unavailable`] where this account may mount nothing.
    pub fn mount(megabytes: u32) -> Result<Self, SandboxError> {
        let name = format!("daybreak-small-disk-{:08x}", rand::random::<u32>());
        let place = std::env::temp_dir().join(name);
        std::fs::create_dir(&place).map_err(at("create", &place))?;
        let mounted = if running_as_root() {
            let owner = format!("uid={UNPRIVILEGED},gid={UNPRIVILEGED},{}", size(megabytes));
            run(Command::new("mount")
                .args(["-t", "tmpfs", "-o", &owner, "tmpfs"])
                .arg(&place))
            .map(|_| None)
        } else {
            Keeper::start(Command::new("unshare"), &place, megabytes).map(Some)
        };
        let keeper = match mounted {
            Ok(keeper) => keeper,
            Err(failure) => {
                let _ = std::fs::remove_dir(&place);
                return Err(unavailable(&failure));
            }
        };
        let path = keeper
            .as_ref()
            .map_or_else(|| place.clone(), |keeper| keeper.path(&place));
        Ok(Self { place, path, keeper })
    }

    /// Where it is: a folder that is empty at first.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it another size; what is on it stays.
    ///
    /// # Errors
    /// What `mount` says, as where less is asked for than is in use.
    pub fn resize(&mut self, megabytes: u32) -> Result<(), SandboxError> {
        match &mut self.keeper {
            Some(keeper) => keeper.mount_again(&size(megabytes)),
            None => run(Command::new("mount")
                .args(["-o", &format!("remount,{}", size(megabytes)), "tmpfs"])
                .arg(&self.place))
            .map(drop),
        }
    }
}

/// The process in whose namespace a folder lies, where it is not ours.
pub(crate) fn keeper_of(folder: &Path) -> Option<&str> {
    let (keeper, seen_by_it) = folder.to_str()?.strip_prefix("/proc/")?.split_once('/')?;
    seen_by_it.starts_with("root/").then_some(keeper)
}

fn size(megabytes: u32) -> String {
    format!("mode=755,size={megabytes}m")
}

fn unavailable(failure: &SandboxError) -> SandboxError {
    SandboxError::Unavailable {
        what: "small disk to fill".to_owned(),
        why: failure.to_string(),
        hint: "run the tests as root, or let accounts make user namespaces (`unshare --user --map-root-user --mount true`)"
            .to_owned(),
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if self.keeper.take().is_none() {
            let _ = Command::new("umount").arg(&self.place).status();
        }
        let _ = std::fs::remove_dir(&self.place);
    }
}

impl Keeper {
    /// Has `unshare` start it.
    fn start(mut unshare: Command, place: &Path, megabytes: u32) -> Result<Self, SandboxError> {
        let failed = |outcome: String| SandboxError::Program {
            program: "unshare".to_owned(),
            outcome,
        };
        let mut process = unshare
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", KEEP, "sh"])
            .arg(place)
            .arg(size(megabytes))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let mut keeper = Self {
            orders: process.stdin.take(),
            answers: BufReader::new(process.stdout.take().expect("piped")),
            process,
        };
        if keeper.is_done() {
            return Ok(keeper);
        }
        let mut complaint = String::new();
        let complaints = keeper.process.stderr.as_mut().expect("piped");
        let _ = complaints.read_to_string(&mut complaint);
        Err(failed(complaint.trim().to_owned()))
    }

    /// A folder of its own namespace, as everybody else sees it.
    fn path(&self, place: &Path) -> PathBuf {
        let within = place.strip_prefix("/").expect("an absolute path");
        Path::new(&format!("/proc/{}/root", self.process.id())).join(within)
    }

    fn mount_again(&mut self, options: &str) -> Result<(), SandboxError> {
        let told = self
            .orders
            .as_mut()
            .is_some_and(|orders| writeln!(orders, "{options}").is_ok());
        if told && self.is_done() {
            return Ok(());
        }
        Err(SandboxError::Program {
            program: "mount".to_owned(),
            outcome: format!("the small disk does not become `{options}`"),
        })
    }

    fn is_done(&mut self) -> bool {
        let mut answer = String::new();
        self.answers.read_line(&mut answer).is_ok() && answer == "done\n"
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::{Keeper, SmallDisk, keeper_of, unavailable};
    use crate::account::unprivileged;
    use crate::available;

    fn write(path: &Path, megabytes: u32) -> bool {
        let mut copy = unprivileged("dd");
        copy.args(["if=/dev/zero", "bs=1M", &format!("count={megabytes}")])
            .arg(format!("of={}", path.join("file").display()));
        copy.output().expect("dd runs").status.success()
    }

    /// The way of ordinary accounts, also where root runs this.
    #[test]
    fn a_disk_in_a_namespace_is_full_until_it_grows_and_goes_with_its_keeper() {
        let folder = tempfile::tempdir().unwrap();
        let all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), all).unwrap();
        let keeper = Keeper::start(unprivileged("unshare"), folder.path(), 8);
        let Some(mut keeper) = available(keeper.map_err(|failure| unavailable(&failure))) else {
            return;
        };
        let path = keeper.path(folder.path());
        assert!(write(&path, 4));
        assert!(!write(&path, 12));
        keeper.mount_again("mode=755,size=20m").unwrap();
        assert!(write(&path, 12));
        assert!(!folder.path().join("file").exists(), "it is nobody else's");
        drop(keeper);
        assert!(!path.exists());
    }

    #[test]
    fn a_disk_is_the_servers_own_and_leaves_nothing() {
        let Some(mut disk) = available(SmallDisk::mount(8)) else {
            return;
        };
        let path = disk.path().to_owned();
        assert!(!write(&path, 12));
        disk.resize(20).unwrap();
        assert!(write(&path, 12));
        drop(disk);
        assert!(!path.exists());
        let mounts = Command::new("cat").arg("/proc/mounts").output().unwrap();
        let mounts = String::from_utf8_lossy(&mounts.stdout).into_owned();
        assert!(!mounts.contains(&*path.to_string_lossy()), "{mounts}");
    }

    #[test]
    fn a_folder_that_another_process_sees_names_that_process() {
        let own = Path::new("/proc/17/root");
        assert_eq!(keeper_of(&own.join("tmp")), Some("17"));
        for other in ["/tmp/17", "/proc/17/cwd/tmp", "/proc/17"] {
            assert_eq!(keeper_of(Path::new(other)), None, "{other}");
        }
    }
}
