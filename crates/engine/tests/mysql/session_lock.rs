//! The lock of a session that takes rows out.

use std::time::Duration;

use daybreak_sandbox::ServerKind;

use crate::ground::pair;

#[tokio::test]
async fn whoever_asks_for_it_waits_until_the_session_has_ended() {
    for kind in [ServerKind::Mysql97, ServerKind::MariaDb1011] {
        let Some(pair) = pair(kind, false).await else {
            continue;
        };
        let mut first = pair.source.trimmer("mysql").await.unwrap();
        let mut second = pair.source.trimmer("mysql").await.unwrap();
        first.hold("daybreak_run_1").await.unwrap();
        second.hold("daybreak_run_2").await.unwrap();
        let mut waiting = Box::pin(second.hold("daybreak_run_1"));
        let waited = tokio::time::timeout(Duration::from_secs(1), &mut waiting).await;
        assert!(
            waited.is_err(),
            "{kind}: it has it although another session lives"
        );
        drop(first);
        let has = tokio::time::timeout(Duration::from_secs(20), &mut waiting).await;
        has.expect("the session has ended").unwrap();
    }
}
