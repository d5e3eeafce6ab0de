//! The journal on its file: who may write, what may be written.

use std::sync::Arc;
use std::time::Duration;

use daybreak_runbook::{
    Clock, Conductor, Entry, Events, Evidence, Fault, FaultyStore, Journal, JournalError, LEASE_LIFETIME,
    ManualClock, RunId, Runbook, Secrets, SqliteStore, Store, StoreError, SystemClock,
};
use secrecy::SecretString;

use crate::toy::{self, Table};

fn start(table: &Table, run: u64) -> (RunId, Vec<Entry>) {
    let runbook = toy::cutover(&table.world);
    let entry = Entry::RunStarted {
        play: runbook.play().into(),
        takes_back: None,
        steps: runbook.plan(),
        conductor: Conductor::this_process("alice"),
    };
    (RunId(run), vec![entry])
}

async fn open(table: &Table, conductor: Conductor, clock: Arc<dyn Clock>) -> Result<Journal, JournalError> {
    Journal::open(
        table.store(),
        conductor,
        Secrets::default(),
        clock,
        Arc::new(Events::new()),
    )
    .await
}

#[tokio::test]
async fn a_second_conductor_is_refused_while_the_first_lives() {
    let table = Table::new();
    let first = table.journal(table.store()).await;
    let (run, entries) = start(&table, 1);
    first.append(run, "alice", entries).await.unwrap();

    let here = Conductor::this_process("bob");
    let refused = open(&table, here.clone(), Arc::new(SystemClock::new()))
        .await
        .err()
        .unwrap();
    let JournalError::Store(StoreError::Held {
        holder, here: true, ..
    }) = &refused
    else {
        panic!("{refused:?}")
    };
    assert_eq!((holder.name.as_str(), holder.pid), ("alice", std::process::id()));

    first.close().await.unwrap();
    open(&table, here, Arc::new(SystemClock::new())).await.unwrap();
}

#[tokio::test]
async fn a_dead_conductor_is_replaced_at_once_and_its_late_write_is_refused() {
    let table = Table::new();
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    let dead = Conductor {
        pid,
        ..Conductor::this_process("dead")
    };
    let old = open(&table, dead, Arc::new(SystemClock::new())).await.unwrap();
    let new = table.journal(table.store()).await;

    let (run, entries) = start(&table, 1);
    let late = old.append(run, "dead", entries.clone()).await.unwrap_err();
    assert!(
        matches!(late, JournalError::Store(StoreError::LeaseLost)),
        "{late:?}"
    );
    assert!(matches!(
        old.append(run, "dead", entries.clone()).await,
        Err(JournalError::EndUnknown)
    ));
    // Nor does the old one's farewell end the new one's lease.
    old.close().await.unwrap();
    new.append(run, "alice", entries).await.unwrap();
    assert_eq!(table.store().read(0).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_conductor_elsewhere_is_taken_for_dead_when_it_was_silent_long_enough() {
    let table = Table::new();
    let clock = Arc::new(ManualClock::new("2027-01-01T00:00:00Z".parse().unwrap()));
    let elsewhere = Conductor {
        place: "another machine".into(),
        pid: 1,
        ..Conductor::this_process("far")
    };
    let far = open(&table, elsewhere, clock.clone()).await.unwrap();
    clock.advance(LEASE_LIFETIME - Duration::from_secs(1));
    let (run, entries) = start(&table, 1);
    far.append(run, "far", entries).await.unwrap();

    clock.advance(LEASE_LIFETIME - Duration::from_millis(1));
    let refused = open(&table, Conductor::this_process("near"), clock.clone())
        .await
        .err()
        .unwrap();
    assert!(
        matches!(refused, JournalError::Store(StoreError::Held { here: false, .. })),
        "{refused:?}"
    );

    clock.advance(Duration::from_millis(1));
    open(&table, Conductor::this_process("near"), clock)
        .await
        .unwrap();
}

#[tokio::test]
async fn after_a_lost_answer_nothing_more_is_written_until_the_journal_is_read_anew() {
    let table = Table::new();
    let store = Arc::new(FaultyStore::scripted(table.store(), [Some(Fault::LoseAnswer)]));
    let journal = table.journal(store).await;
    let (run, entries) = start(&table, 1);
    assert!(matches!(
        journal.append(run, "alice", entries).await,
        Err(JournalError::Store(_))
    ));
    let more = vec![Entry::RunPaused { why: "lunch".into() }];
    assert!(matches!(
        journal.append(run, "alice", more.clone()).await,
        Err(JournalError::EndUnknown)
    ));
    journal.close().await.unwrap();

    let again = table.journal(table.store()).await;
    assert_eq!(again.look(|history| history.runs().len()).await, 1);
    again.append(run, "alice", more).await.unwrap();
}

#[tokio::test]
async fn a_batch_is_written_whole_or_not_at_all() {
    let table = Table::new();
    let journal = table.journal(table.store()).await;
    let (run, mut entries) = start(&table, 1);
    entries.push(Entry::RunCompleted);
    assert!(matches!(
        journal.append(run, "alice", entries).await,
        Err(JournalError::Illegal(_))
    ));
    assert!(table.store().read(0).await.unwrap().is_empty());
    // A refusal is no failure: the journal stays usable.
    let (run, entries) = start(&table, 1);
    journal.append(run, "alice", entries).await.unwrap();
}

#[tokio::test]
async fn secrets_never_reach_the_file() {
    let table = Table::new();
    let secrets = || Secrets::new([SecretString::from("hunter/2!")]).unwrap();
    let open = async |secrets| {
        let conductor = Conductor::this_process("alice");
        Journal::open(
            table.store(),
            conductor,
            secrets,
            table.clock.clone(),
            table.events.clone(),
        )
        .await
        .unwrap()
    };
    let journal = open(secrets()).await;
    let mut step = toy::switch(&table.world, "load");
    step.plan.statements = vec!["CREATE USER u IDENTIFIED BY 'hunter/2!'".into()];
    let runbook = Runbook::builder("migrate").step(step).build().unwrap();
    let conductor = Conductor::this_process("alice");
    let started = |play: &str| Entry::RunStarted {
        play: play.into(),
        takes_back: None,
        steps: runbook.plan(),
        conductor: conductor.clone(),
    };
    let run = RunId(1);
    // In a name it is refused ...
    for (actor, play) in [("alice", "play hunter/2!"), ("hunter/2!", "migrate")] {
        let refused = journal.append(run, actor, vec![started(play)]).await.unwrap_err();
        assert!(
            matches!(refused, JournalError::SecretInRecord { .. }),
            "{refused:?}"
        );
        assert!(!format!("{refused} {refused:?}").contains("hunter"));
    }
    // ... and in words it is taken out.
    let note = Evidence::none()
        .with("url", "mysql://u:hunter%2F2%21@db1/")
        .with("text", "said hunter/2! twice");
    let entries = vec![
        started("migrate"),
        Entry::StepIntended {
            step: "load".into(),
            attempt: 1,
        },
        Entry::StepNoted {
            step: "load".into(),
            note,
        },
    ];
    journal.append(run, "alice", entries).await.unwrap();
    let live = journal.look(|history| history.clone()).await;
    journal.close().await.unwrap();

    let replayed = open(secrets()).await.look(|history| history.clone()).await;
    assert_eq!(live, replayed, "what is in memory is what was written");
    let statement = &replayed.runs()[0].steps[0].planned.plan.statements[0];
    assert_eq!(statement, "CREATE USER u IDENTIFIED BY '[secret]'");
    for file in std::fs::read_dir(table.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("hunter"));
    }
}

#[tokio::test]
async fn the_file_is_its_owners_alone_append_only_and_refused_when_too_new() {
    use std::os::unix::fs::PermissionsExt;
    let table = Table::new();
    table.run(toy::cutover(&table.world)).await.unwrap();
    let path = table.folder.path().join("journal.db");
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );

    let shell = rusqlite::Connection::open(&path).unwrap();
    for change in [
        "UPDATE records SET actor = 'mallory'",
        "DELETE FROM records WHERE seq = 1",
    ] {
        assert!(
            shell
                .execute(change, [])
                .unwrap_err()
                .to_string()
                .contains("append-only")
        );
    }
    shell.execute_batch("PRAGMA user_version = 2").unwrap();
    let refused = SqliteStore::open(&path).err().unwrap();
    assert!(matches!(refused, StoreError::Format(_)), "{refused:?}");
    assert_eq!(refused.hint(), "use the newer release that wrote it");
}

#[tokio::test]
async fn a_journal_changed_by_hand_is_not_conducted_and_the_view_says_where_it_breaks() {
    let table = Table::new();
    table.run(toy::cutover(&table.world)).await.unwrap();
    let shell = rusqlite::Connection::open(table.folder.path().join("journal.db")).unwrap();
    shell
        .execute_batch(
            "DROP TRIGGER records_are_never_changed;
             UPDATE records SET payload = replace(payload, 'prepare', 'PREPARE') WHERE seq = 3",
        )
        .unwrap();
    let conductor = Conductor::this_process("alice");
    let refused = open(&table, conductor.clone(), Arc::new(SystemClock::new()))
        .await
        .err()
        .unwrap();
    assert!(matches!(refused, JournalError::Replay(_)), "{refused:?}");
    // The refusal does not leave the lease behind.
    assert_eq!(table.store().holder().await.unwrap(), None);

    let store = table.store();
    let view = daybreak_runbook::View::load(store.as_ref(), store.as_ref(), &conductor)
        .await
        .unwrap();
    let broken = view.chain.broken.unwrap();
    assert_eq!(
        (broken.seq, broken.why.as_str()),
        (3, "its hash does not match its contents")
    );
    assert_eq!(view.runs.len(), 1, "what stands before the break is shown");
}
