//! One server process: started, watched, signalled, and ended without fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use serde::{Deserialize, Serialize};

use crate::SandboxError;
use crate::account::FastEnd;

/// How long a process may take to end when asked to, before it is killed.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running process. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Process {
    state: Arc<State>,
    end: FastEnd,
}

#[derive(Debug)]
struct State {
    /// The process, until it has ended and been waited for. While it is here its id cannot be anyone else's.
    running: Mutex<Option<Pid>>,
    ended: Condvar,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Option<Pid>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Process {
    /// Starts the command.
    ///
    /// A thread of its own starts it and waits for it: the kernel ends a tied process when the *thread* that started it is gone,
    /// which for a thread of an async runtime may be soon.
    pub(crate) fn start(name: &str, mut command: Command, end: FastEnd) -> Result<Self, SandboxError> {
        let (tell, told) = mpsc::channel();
        let state = Arc::new(State {
            running: Mutex::new(None),
            ended: Condvar::new(),
        });
        let watched = Arc::clone(&state);
        let failed = |source: std::io::Error| SandboxError::Program {
            program: name.to_owned(),
            outcome: source.to_string(),
        };
        std::thread::Builder::new()
            .name(format!("keeper of {name}"))
            .spawn(move || {
                let mut child = match command.spawn() {
                    Ok(child) => child,
                    Err(failure) => return drop(tell.send(Err(failure))),
                };
                let pid = Pid::from_child(&child);
                *watched.lock() = Some(pid);
                let _ = tell.send(Ok(()));
                // Wait without taking it away, so that under the lock the id is either still its own or known to be gone.
                let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
                while waitid(WaitId::Pid(pid), options).is_err_and(|e| e == rustix::io::Errno::INTR) {}
                let mut running = watched.lock();
                let _ = child.wait();
                *running = None;
                watched.ended.notify_all();
            })
            .map_err(failed)?;
        told.recv()
            .expect("the keeper answers before it ends")
            .map_err(failed)?;
        Ok(Self { state, end })
    }

    /// The process id, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.state
            .lock()
            .map(|pid| pid.as_raw_nonzero().get().unsigned_abs())
    }

    /// Whether it still runs.
    pub(crate) fn runs(&self) -> bool {
        self.state.lock().is_some()
    }

    /// Sends a signal, if it still runs.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(pid) = *self.state.lock() {
            let _ = kill_process(pid, signal);
        }
    }

    /// Sends a signal to it and to the processes it has started.
    pub(crate) fn signal_with_children(&self, signal: Signal) {
        let running = self.state.lock();
        let Some(pid) = *running else { return };
        // Asked before, because the children of a dead process are no longer its own; and after, because a stopped one has no more.
        let mut all = children(pid);
        let _ = kill_process(pid, signal);
        all.extend(children(pid));
        for child in all {
            let _ = kill_process(child, signal);
        }
    }

    /// Blocks until it has ended; says whether it has.
    pub(crate) fn wait(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut running = self.state.lock();
        while running.is_some() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            running = self
                .state
                .ended
                .wait_timeout(running, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    /// Kills it and what it has started as a power cut would, and blocks until they are gone: a child that outlived it would keep
    /// PostgreSQL's shared memory from whoever is started next.
    pub(crate) fn kill(&self) {
        let Some(pid) = self.pid() else { return };
        // A stopped process starts no more children while they are listed.
        self.signal(Signal::STOP);
        wait_until(|| state(pid).is_none_or(|state| matches!(state, 'T' | 'Z')));
        let children: Vec<(Pid, u64)> = match *self.state.lock() {
            Some(parent) => children(parent).into_iter().filter_map(with_start).collect(),
            None => Vec::new(),
        };
        self.signal(Signal::KILL);
        for &(child, started) in &children {
            if lives(child, started) {
                let _ = kill_process(child, Signal::KILL);
            }
        }
        self.wait(PATIENCE);
        wait_until(|| !children.iter().any(|&(child, started)| lives(child, started)));
    }

    /// Ends it in the fastest way that leaves nothing outside its folder.
    pub(crate) fn end_at_once(&self) {
        match self.end {
            FastEnd::Kill => self.kill(),
            FastEnd::Quit => self.end_with(Signal::QUIT, PATIENCE),
        }
    }

    /// Asks it to end with `signal` and blocks until it has; kills it if it does not within `patience`.
    pub(crate) fn end_with(&self, signal: Signal, patience: Duration) {
        self.signal(signal);
        self.signal_with_children(Signal::CONT);
        if !self.wait(patience) {
            self.kill();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end_at_once();
    }
}

/// What is written down about a process so that a later run can prove that it is ours.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ProcessRecord {
    pid: u32,
    /// When it was started, in clock ticks since boot.
    started: u64,
    /// Its data directory, which its command line names.
    pub(crate) data: PathBuf,
}

impl ProcessRecord {
    /// Describes a process that runs now.
    pub(crate) fn of(pid: u32, data: &Path) -> Option<Self> {
        Some(Self {
            pid,
            started: start_time(pid)?,
            data: data.to_owned(),
        })
    }

    /// The process id if that very process still runs: same start time, and its command line names the data directory.
    pub(crate) fn alive(&self) -> Option<Pid> {
        let command = fs::read(format!("/proc/{}/cmdline", self.pid)).ok()?;
        let ours = String::from_utf8_lossy(&command).contains(&*self.data.to_string_lossy());
        (ours && start_time(self.pid)? == self.started)
            .then(|| i32::try_from(self.pid).ok().and_then(Pid::from_raw))
            .flatten()
    }
}

/// Field 22 of `/proc/PID/stat`.
fn start_time(pid: u32) -> Option<u64> {
    stat(pid, 22)?.parse().ok()
}

/// Field 3 of `/proc/PID/stat`: `T` when stopped, `Z` when it has ended and nobody has waited for it.
fn state(pid: u32) -> Option<char> {
    stat(pid, 3)?.chars().next()
}

/// A field of `/proc/PID/stat`, counted from 1 as proc(5) does; the second, a name in parentheses, may hold anything.
fn stat(pid: u32, field: usize) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = text.rsplit_once(')')?.1;
    after_name.split_whitespace().nth(field - 3).map(str::to_owned)
}

/// The process with when it was started, by which it is told from a later one of the same id.
fn with_start(process: Pid) -> Option<(Pid, u64)> {
    Some((
        process,
        start_time(process.as_raw_nonzero().get().unsigned_abs())?,
    ))
}

fn lives(process: Pid, started: u64) -> bool {
    let pid = process.as_raw_nonzero().get().unsigned_abs();
    start_time(pid) == Some(started) && state(pid) != Some('Z')
}

/// Blocks until it is so, or for [`PATIENCE`].
fn wait_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The processes whose parent this one is. `task/TID/children` lists them; a server starts them all from its first thread.
fn children(parent: Pid) -> Vec<Pid> {
    let id = parent.as_raw_nonzero();
    fs::read_to_string(format!("/proc/{id}/task/{id}/children"))
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|child| child.parse().ok().and_then(Pid::from_raw))
        .collect()
}
