//! Real kills: a process of its own, SIGKILL before and after every record, and a new process that goes on.

use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::Arc;

use async_trait::async_trait;
use daybreak_runbook::{
    Conductor, Context, Events, Evidence, Executor, FaultPoint, FaultyStore, History, Journal, OnFailure,
    Policy, Probe, RunOptions, RunStatus, Runbook, Secrets, Settings, SqliteStore, Step, StepError, StepPlan,
    Store, SystemClock, Undo, Verdict,
};

const FOLDER: &str = "DAYBREAK_TEST_FOLDER";
const POINT: &str = "DAYBREAK_TEST_POINT";

/// Makes a file, once: making it again would fail.
struct MakeFile {
    plan: StepPlan,
    folder: PathBuf,
}

impl MakeFile {
    fn path(&self) -> PathBuf {
        self.folder.join(&self.plan.id)
    }
}

fn io(e: std::io::Error) -> StepError {
    StepError::caused_by("the file system failed", &e)
}

#[async_trait]
impl Step for MakeFile {
    fn plan(&self) -> StepPlan {
        self.plan.clone()
    }

    async fn probe(&self, _: &Context) -> Result<Probe, StepError> {
        Ok(if self.path().exists() {
            Probe::Done(Evidence::none())
        } else {
            Probe::NotDone
        })
    }

    async fn act(&self, _: &Context) -> Result<Evidence, StepError> {
        std::fs::File::create_new(self.path()).map_err(io)?;
        Ok(Evidence::none())
    }

    async fn verify(&self, _: &Context) -> Result<Verdict, StepError> {
        Ok(Verdict::Holds(Evidence::none()))
    }

    async fn undo(&self, _: &Context) -> Result<Evidence, StepError> {
        match std::fs::remove_file(self.path()) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io(e)),
            _ => Ok(Evidence::none()),
        }
    }
}

fn runbook(folder: &std::path::Path) -> Runbook {
    let step = |id: &str| {
        let plan = StepPlan {
            undo: Undo::By(vec![format!("rm {id}")]),
            ..StepPlan::new(id, "F8", "Makes a file")
        };
        MakeFile {
            plan,
            folder: folder.to_owned(),
        }
    };
    let mut point = step("c-point");
    point.plan.point_of_no_return = true;
    let span: Vec<Arc<dyn Step>> = vec![Arc::new(step("b-span")), Arc::new(point)];
    let mut gated = step("a-gated");
    gated.plan.needs_approval = true;
    Runbook::builder("files")
        .step(gated)
        .span("span", OnFailure::Undo, span)
        .step(step("d-last"))
        .build()
        .unwrap()
}

/// The process that is killed; a test of its own only because a test binary has no other entrance.
#[tokio::test]
async fn conduct_in_a_child_process() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let store: Arc<SqliteStore> = Arc::new(SqliteStore::open(&folder.join("journal.db")).unwrap());
    let journaled: Arc<dyn Store> = match std::env::var(POINT) {
        Ok(point) => {
            let kill = || {
                rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
                    .unwrap();
                std::thread::park();
            };
            Arc::new(FaultyStore::at(
                store.clone(),
                point.parse::<FaultPoint>().unwrap(),
                kill,
            ))
        }
        Err(_) => store.clone(),
    };
    let (clock, events) = (Arc::new(SystemClock::new()), Arc::new(Events::new()));
    let conductor = Conductor::this_process("child");
    let journal = Journal::open(journaled, conductor, Secrets::default(), clock, events)
        .await
        .unwrap();
    // Killed right after the last record, the run is over: nothing is left to do.
    if journal
        .look(|history| history.runs().last().is_some_and(|run| run.status.run.is_ended()))
        .await
    {
        return;
    }
    let approver = Arc::new(Policy::new("policy: test"));
    let executor = Executor::new(journal, runbook(&folder), store, approver, Settings::default());
    let options = RunOptions {
        actor: "child".into(),
        ..RunOptions::default()
    };
    // Like a killed one, a finished child leaves its lease to the next.
    assert_eq!(executor.run(&options).await.unwrap(), RunStatus::Completed);
}

fn child(folder: &std::path::Path, point: Option<&str>) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "kill::conduct_in_a_child_process", "--quiet"])
        .env(FOLDER, folder);
    if let Some(point) = point {
        command.env(POINT, point);
    }
    command.stdout(std::process::Stdio::null()).status().unwrap()
}

async fn journal(folder: &std::path::Path) -> Vec<daybreak_runbook::Record> {
    SqliteStore::open(&folder.join("journal.db"))
        .unwrap()
        .read(0)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_run_killed_around_any_record_is_finished_by_the_next_process() {
    use std::os::unix::process::ExitStatusExt;
    let calm = tempfile::tempdir().unwrap();
    assert!(child(calm.path(), None).success());
    let records = journal(calm.path()).await.len();
    assert_eq!(records, 12, "start, ask, approve, four steps of two records, end");

    for seq in 1..=records {
        for side in ["before", "after"] {
            let point = format!("{side}-record:{seq}");
            let folder = tempfile::tempdir().unwrap();
            let killed = child(folder.path(), Some(&point));
            assert_eq!(killed.signal(), Some(9), "{point}");
            assert!(
                child(folder.path(), None).success(),
                "{point}: the next process completes the run"
            );

            for file in ["a-gated", "b-span", "c-point", "d-last"] {
                assert!(folder.path().join(file).exists(), "{point}: {file}");
            }
            let history = History::replay(&journal(folder.path()).await).unwrap();
            let last = history.runs().last().unwrap();
            assert_eq!(last.status.run, RunStatus::Completed, "{point}");
            assert_eq!(history.runs().len(), 1, "{point}");
        }
    }
}
