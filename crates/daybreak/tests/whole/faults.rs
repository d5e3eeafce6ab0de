//! A server dies, or the network to it is cut or falls silent, right before each step of a move of writes: traffic goes on
//! within the gate's deadline on the side that may be written, and before anything is mended where that is the other side;
//! nothing is lost, and the same command completes the move once the fault is mended.

use std::time::{Duration, Instant};

use daybreak_sandbox::application::Bank;
use daybreak_sandbox::{AuroraOptions, Engine, EstateOptions, Server, ServerKind, Wire};
use tokio::process::{Child, Command};

use crate::ground::{self, Ground};

/// The gate's deadline in these plans.
const DEADLINE: Duration = Duration::from_secs(2);
/// What a busy machine may add to it, and to a server's start.
const SLACK: Duration = Duration::from_secs(4);
/// How long the fault lasts at least: longer than the gate holds anybody.
const AWAY: Duration = Duration::from_millis(2_500);
const STEPS: [&str; 9] = [
    "check", "ready", "hold", "fence", "reach", "turn", "open", "shift", "confirm",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    OldWriterKilled,
    NewWriterKilled,
    OldWriterCut,
    NewWriterCut,
    OldWriterSilent,
    NewWriterSilent,
}

/// At each step either server dies and the network to either fails, to one by resets and to the other by silence, in turn.
const FAULTS: [[Fault; 4]; 2] = [
    [
        Fault::OldWriterKilled,
        Fault::NewWriterKilled,
        Fault::OldWriterCut,
        Fault::NewWriterSilent,
    ],
    [
        Fault::OldWriterKilled,
        Fault::NewWriterKilled,
        Fault::OldWriterSilent,
        Fault::NewWriterCut,
    ],
];

impl Fault {
    /// The death of a side.
    fn killing(old: usize, side: usize) -> Self {
        if side == old {
            Self::OldWriterKilled
        } else {
            Self::NewWriterKilled
        }
    }

    /// The place of the side it befalls: 0 for the source, 1 for the target.
    fn side(self, old: usize) -> usize {
        match self {
            Self::OldWriterKilled | Self::OldWriterCut | Self::OldWriterSilent => old,
            Self::NewWriterKilled | Self::NewWriterCut | Self::NewWriterSilent => 1 - old,
        }
    }
}

fn server(ground: &Ground, side: usize) -> &Server {
    if side == 0 {
        &ground.estate.primary
    } else {
        ground.cluster.writer()
    }
}

fn wire(ground: &Ground, side: usize) -> &Wire {
    &ground.wires.as_ref().expect("this ground has wires")[side]
}

/// Waits until the conductor has stopped itself at its point; false when it ended before.
pub(crate) async fn stops(conductor: &mut Child) -> bool {
    let status = format!("/proc/{}/status", conductor.id().expect("it runs"));
    let begun = Instant::now();
    loop {
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "the conductor gets there"
        );
        if conductor.try_wait().expect("it can be asked").is_some() {
            return false;
        }
        match std::fs::read_to_string(&status) {
            Ok(text) if text.contains("State:\tT") => return true,
            _ => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

pub(crate) fn goes_on(conductor: &Child) {
    send(conductor, rustix::process::Signal::CONT);
}

fn send(conductor: &Child, signal: rustix::process::Signal) {
    let id = i32::try_from(conductor.id().expect("it runs")).expect("a process id");
    let id = rustix::process::Pid::from_raw(id).expect("a process id");
    rustix::process::kill_process(id, signal).expect("it is ours");
}

/// Ctrl-C before a step of the cut-over: the program ends with 130, and never in the pause, where nobody may write.
async fn interrupted_before(ground: &Ground, step: &str) {
    let conductor = ground.daybreak(&["run", "--yes"]);
    let conductor = conductor.as_std();
    // Whoever runs tests in the background may ignore Ctrl-C, and so does the program then.
    let mut conductor = Command::new("env")
        .arg("--default-signal=INT")
        .arg(conductor.get_program())
        .args(conductor.get_args())
        .envs(
            conductor
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env("DAYBREAK_STOP_AT", format!("before-step:{step}"))
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the program runs");
    assert!(stops(&mut conductor).await, "{step} is reached");
    send(&conductor, rustix::process::Signal::INT);
    goes_on(&conductor);
    let ended = tokio::time::timeout(Duration::from_secs(60), conductor.wait_with_output()).await;
    let ended = ended.expect("it ends").expect("it runs");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(130), "{step}: {said}");
    assert!(
        said.contains("the same command goes on from here"),
        "{step}: {said}"
    );
    let [source, target] = ground.writable().await;
    assert!(source != target, "{step}: one side is written: {said}");
}

async fn befall(ground: &Ground, fault: Fault, side: usize) {
    match fault {
        Fault::OldWriterKilled | Fault::NewWriterKilled => {
            server(ground, side).kill_hard().await.expect("it is killed");
        }
        Fault::OldWriterCut | Fault::NewWriterCut => wire(ground, side).cut(),
        Fault::OldWriterSilent | Fault::NewWriterSilent => wire(ground, side).hold(),
    }
}

async fn mend(ground: &Ground, fault: Fault, side: usize) {
    match fault {
        Fault::OldWriterKilled | Fault::NewWriterKilled => {
            server(ground, side).start().await.expect("it starts again");
        }
        Fault::OldWriterCut | Fault::NewWriterCut | Fault::OldWriterSilent | Fault::NewWriterSilent => {
            wire(ground, side).restore();
        }
    }
}

/// Where the gate points: 0 for the source, 1 for the target.
pub(crate) async fn pointed(ground: &Ground) -> usize {
    let lines = ground.succeed(&["--format", "json", "status"]).await;
    let side = lines
        .iter()
        .find_map(|line| line["gate"]["side"].as_str())
        .unwrap_or_else(|| panic!("the status names the gate's side: {lines:?}"));
    usize::from(side == "target")
}

/// Waits until the application has written more, until `end` at the latest.
pub(crate) async fn writes_go_on(bank: &Bank, end: Instant) -> bool {
    let before = bank.acknowledged();
    while bank.acknowledged() < before + 10 {
        if Instant::now() > end {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}

async fn one_fault(ground: &Ground, bank: &Bank, old: usize, step: &str, fault: Fault) {
    let (command, play) = if old == 0 {
        ("run", "cutover")
    } else {
        ("failback", "failback")
    };
    let case = format!("{fault:?} before {play}.{step}");
    let arguments = ["--format", "json", command, "--yes"];
    let mut conductor = ground.daybreak(&arguments);
    let mut conductor = conductor
        .env("DAYBREAK_STOP_AT", format!("before-step:{play}.{step}"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program runs");
    if !stops(&mut conductor).await {
        let ended = conductor.wait_with_output().await.expect("it ran");
        let words = String::from_utf8_lossy(&ended.stdout).into_owned();
        panic!("{case}: the step is not reached\n{words}");
    }
    let side = fault.side(old);
    let befell = Instant::now();
    befall(ground, fault, side).await;
    goes_on(&conductor);
    tokio::time::sleep(AWAY).await;
    let goes_on_without = match pointed(ground).await {
        serving if serving == side => None,
        _ => Some(writes_go_on(bank, befell + DEADLINE + SLACK).await),
    };
    mend(ground, fault, side).await;
    let away = befell.elapsed();
    let ended = tokio::time::timeout(Duration::from_secs(120), conductor.wait_with_output()).await;
    let ended = ended
        .unwrap_or_else(|_| panic!("{case}: the conductor ends"))
        .expect("it runs");
    let words = [&ended.stdout, &ended.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    let words = words.concat();
    assert!(
        matches!(ended.status.code(), Some(0 | 1)),
        "{case}: done, or taken back: {}\n{words}",
        ended.status
    );
    assert_ne!(
        goes_on_without,
        Some(false),
        "{case}: writes go on while the fault lasts\n{words}"
    );
    // Applications write again, on the side that the gate points at; it may be written, and no other.
    assert!(
        writes_go_on(bank, Instant::now() + DEADLINE + SLACK).await,
        "{case}: writes go on\n{words}"
    );
    let serving = pointed(ground).await;
    let writable = ground.writable().await;
    assert!(
        writable[serving],
        "{case}: the gate points at a side that may be written\n{words}"
    );
    // A managed MySQL does not keep its fence over a restart: the next move closes it before anything else.
    let reopened = fault == Fault::killing(old, 1) && ground.estate.primary.kind().engine() == Engine::Mysql;
    assert!(
        !writable[1 - serving] || (reopened && serving == 0),
        "{case}: the other side is closed\n{words}"
    );
    if ended.status.success() {
        assert_eq!(serving, 1 - old, "{case}: done means moved");
    }
    let pause = bank.longest_pause(befell).await.length;
    let away = if serving == side { away } else { Duration::ZERO };
    assert!(
        pause < away + DEADLINE + SLACK,
        "{case}: writes stopped for {pause:?}\n{words}"
    );
    // Mended, the same command completes the move.
    if serving == old || !ended.status.success() {
        completes(ground, &arguments, old).await;
    }
    let only = [old == 1, old == 0];
    assert_eq!(
        ground.writable().await,
        only,
        "{case}: exactly one side is writable in the end"
    );
}

/// Carries a move out. A busy machine may need more than the pause's two seconds: then everything was taken back, and the next try
/// may do.
async fn completes(ground: &Ground, arguments: &[&str], old: usize) {
    for _ in 0..2 {
        let output = ground.run(arguments).await;
        if output.status.success() {
            return;
        }
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("the pause ran out of its time"), "{said}");
        assert_eq!(
            ground.writable().await,
            [old == 0, old == 1],
            "taken back: {said}"
        );
    }
    ground.succeed(arguments).await;
}

async fn at_every_step(estate: EstateOptions, cluster: AuroraOptions) {
    let Some(mut ground) = ground::lay(estate, cluster).await else {
        return;
    };
    ground.found(200).await;
    ground.wire().await;
    let deadline = format!("deadline_seconds = {:.1}", DEADLINE.as_secs_f64());
    ground
        .init(|plan| {
            let text = format!("{plan}\n");
            let text = text.replace("# deadline_seconds = 8.0", &deadline);
            assert!(
                text.contains(&format!("\n{deadline}")),
                "the plan has the deadline:\n{text}"
            );
            text
        })
        .await;
    ground.start_gate().await;
    let bank = ground.open_bank(6);
    let until = ["--format", "json", "run", "--yes", "--until", "data.check"];
    ground.succeed(&until).await;
    for step in ["cutover.check", "cutover.fence"] {
        interrupted_before(&ground, step).await;
    }
    completes(&ground, &["--format", "json", "run", "--yes"], 0).await;
    let mut old = 1;
    for (place, step) in STEPS.iter().enumerate() {
        let mut faults = FAULTS[place / 2 % FAULTS.len()];
        // So that over the steps each fault is met in both directions.
        faults.rotate_left(place % 4);
        for fault in faults {
            one_fault(&ground, &bank, old, step, fault).await;
            old = 1 - old;
        }
    }
    let ledger = bank.close().await;
    ground.assert_books(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql() {
    let cluster = AuroraOptions::mysql().gtid(true);
    at_every_step(EstateOptions::new(ServerKind::Mysql97).gtid(true), cluster).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    let cluster = AuroraOptions::postgres(17);
    at_every_step(EstateOptions::new(ServerKind::Postgres(15)), cluster).await;
}
