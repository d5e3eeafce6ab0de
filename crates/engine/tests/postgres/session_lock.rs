//! The lock of a session that takes rows out.

use std::time::Duration;

use crate::pair::{ok, own, sandbox};

#[tokio::test]
async fn whoever_asks_for_it_waits_until_the_session_has_ended() {
    let sandbox = sandbox();
    for major in [13, 18] {
        let Some(side) = own(&sandbox, "source", major).await else {
            continue;
        };
        let mut first = ok(side.database.trimmer("public").await);
        let mut second = ok(side.database.trimmer("public").await);
        ok(first.hold("daybreak_run_1").await);
        ok(second.hold("daybreak_run_2").await);
        let mut waiting = Box::pin(second.hold("daybreak_run_1"));
        let waited = tokio::time::timeout(Duration::from_secs(1), &mut waiting).await;
        assert!(
            waited.is_err(),
            "{major}: it has it although another session lives"
        );
        drop(first);
        let has = tokio::time::timeout(Duration::from_secs(20), &mut waiting).await;
        ok(has.expect("the session has ended"));
    }
}
