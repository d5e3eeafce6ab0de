//! Who conducts: the process that holds the journal's lease.

use std::fs;

use serde::{Deserialize, Serialize};

/// A process that conducts a migration; enough of it to tell later whether it still lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conductor {
    /// On whose behalf it acts; the actor of what it writes by itself.
    pub name: String,
    /// The machine's name, for people.
    pub host: String,
    /// Boot and process namespace: two processes with the same value can see each other.
    pub place: String,
    /// The process id within `place`.
    pub pid: u32,
    /// When the process started, in the kernel's units, so that a reused id is not taken for it. 0: unknown.
    pub started: u64,
}

impl Conductor {
    /// This process, acting for `name`.
    ///
    /// Reads `/proc` (Linux). Where there is none, only the process id tells it from others on the same machine.
    pub fn this_process(name: &str) -> Self {
        let pid = std::process::id();
        let line = |path: &str| {
            fs::read_to_string(path)
                .map(|text| text.trim().to_owned())
                .unwrap_or_default()
        };
        let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        Self {
            name: name.to_owned(),
            host: line("/proc/sys/kernel/hostname"),
            place: format!(
                "{} {}",
                line("/proc/sys/kernel/random/boot_id"),
                namespace.display()
            ),
            pid,
            started: start_of(pid).unwrap_or(0),
        }
    }

    /// Whether `self` is known to be gone. False where it cannot be seen from `here`.
    pub fn is_dead_seen_from(&self, here: &Conductor) -> bool {
        if self.place != here.place {
            return false;
        }
        let Some(pid) = i32::try_from(self.pid)
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        else {
            return true;
        };
        match rustix::process::test_kill_process(pid) {
            // Another user's process answers "not permitted": it lives.
            Ok(()) | Err(rustix::io::Errno::PERM) => {
                self.started != 0 && start_of(self.pid).is_some_and(|started| started != self.started)
            }
            Err(_) => true,
        }
    }
}

/// Field 22 of `/proc/PID/stat` (proc(5)): start time in clock ticks since boot. A zombie counts as gone: it can write nothing.
fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command name, field 2, is in parentheses and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if fields.next()? == "Z" {
        return Some(u64::MAX);
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_process_is_alive_and_an_ended_one_is_dead() {
        let here = Conductor::this_process("test");
        assert!(!here.is_dead_seen_from(&here));

        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        assert!(Conductor { pid, ..here.clone() }.is_dead_seen_from(&here));
    }

    #[test]
    fn a_reused_process_id_is_dead_and_a_foreign_machine_unknown() {
        let here = Conductor::this_process("test");
        assert!(
            Conductor {
                started: here.started + 1,
                ..here.clone()
            }
            .is_dead_seen_from(&here)
        );
        assert!(
            !Conductor {
                pid: 0,
                place: "elsewhere".into(),
                ..here.clone()
            }
            .is_dead_seen_from(&here)
        );
    }
}
