//! A wire in front of a real server can be held, cut, slowed and restored.

use std::time::{Duration, Instant};

use daybreak_sandbox::{Estate, EstateOptions, Sandbox, ServerKind, Wire, available};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, OptsBuilder};

#[tokio::test]
async fn a_network_fails_in_every_way() {
    let sandbox = Sandbox::open().unwrap();
    let options = EstateOptions::new(ServerKind::Mysql97);
    let Some(estate) = available(Estate::start(&sandbox, options).await) else {
        return;
    };
    let wire = Wire::to(estate.primary.address()).await.unwrap();
    let url = estate
        .primary
        .url_through(wire.port(), &estate.app, &estate.database);
    // Left to itself the driver goes round the wire by the local socket.
    let options = OptsBuilder::from_opts(Opts::from_url(&url).unwrap()).prefer_socket(false);
    let connect = || Conn::new(options.clone());
    let mut connection = connect().await.unwrap();
    let ask = "SELECT 1";

    wire.delay(Duration::from_millis(50));
    let started = Instant::now();
    assert_eq!(connection.query_first(ask).await.unwrap(), Some(1));
    assert!(
        started.elapsed() >= Duration::from_millis(100),
        "there and back takes twice the delay"
    );
    wire.delay(Duration::ZERO);

    wire.hold();
    let held = tokio::time::timeout(Duration::from_millis(300), connection.query_first::<u8, _>(ask)).await;
    assert!(held.is_err(), "nothing passes a wire that is held");
    let waiting = tokio::time::timeout(Duration::from_millis(300), connect()).await;
    assert!(waiting.is_err(), "no new connection passes either");
    wire.restore();
    // The one that was given up in the middle is of no use; a new one is.
    drop(connection);
    let mut connection = connect().await.unwrap();
    assert_eq!(connection.query_first(ask).await.unwrap(), Some(1));

    wire.cut();
    connection.query_first::<u8, _>(ask).await.unwrap_err();
    connect().await.unwrap_err();
    wire.restore();
    let mut connection = connect().await.unwrap();
    assert_eq!(connection.query_first(ask).await.unwrap(), Some(1));

    let caught = wire.hold_at("'over here'", 1);
    let here = "SELECT 'over here'";
    let first: Option<String> = connection.query_first(here).await.unwrap();
    assert_eq!(first.as_deref(), Some("over here"), "once they pass");
    let (held, ()) = tokio::join!(connection.query_first::<String, _>(here), async {
        caught.await;
        wire.cut();
    });
    held.unwrap_err();
    wire.restore();
    let mut connection = connect().await.unwrap();

    wire.reset_connections();
    connection.query_first::<u8, _>(ask).await.unwrap_err();
    let mut connection = connect().await.unwrap();
    // Much in both directions at once.
    let long = "x".repeat(8_000_000);
    let back: Option<String> = connection.exec_first("SELECT ?", (&long,)).await.unwrap();
    assert_eq!(back.map(|text| text.len()), Some(long.len()));
    drop(wire);
    connection.query_first::<u8, _>(ask).await.unwrap_err();
}
