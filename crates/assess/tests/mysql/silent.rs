//! Servers that are set up so that little can be asked of them or done with them.

use std::fs;
use std::time::Duration;

use daybreak_sandbox::{Login, ServerKind};

use crate::ground::{self, Options, Planted};

pub(crate) const OPTIONS: Options = &[
    ("log_bin", ""),
    ("log_slave_updates", ""),
    ("binlog_format", ""),
    ("server_id", "0"),
    ("skip_grant_tables", "ON"),
    ("performance_schema", "OFF"),
    ("lower_case_table_names", "1"),
    ("max_connections", "10"),
];

pub(crate) const PLANTED: &[Planted] = &[
    ("mysql.binlog.off", "log_bin", ""),
    ("mysql.replication.server_id", "server_id", ""),
    ("mysql.setting.skip_grants", "skip_grant_tables", ""),
    ("mysql.setting.performance_schema", "performance_schema", ""),
    ("mysql.setting.name_case", "lower_case_table_names", ""),
    ("mysql.setting.page_size", "innodb_page_size", ""),
    ("mysql.load.connections", "max_connections", ""),
];

#[tokio::test]
async fn a_silent_server_is_seen_for_what_it_is() {
    let Some(server) = ground::server(ServerKind::Mysql56, OPTIONS).await else {
        return;
    };
    // The size of its pages is decided when InnoDB makes its files.
    server.stop().await.unwrap();
    for file in ["ibdata1", "ib_logfile0", "ib_logfile1"] {
        fs::remove_file(server.data_dir().join(file)).unwrap();
    }
    server.set("innodb_page_size", "8k");
    server.start().await.unwrap();
    let mut sleepers = tokio::task::JoinSet::new();
    let server = std::sync::Arc::new(server);
    for _ in 0..8 {
        let server = std::sync::Arc::clone(&server);
        sleepers.spawn(async move { server.rows("SELECT SLEEP(2)").await.map(drop) });
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    while let Some(ended) = sleepers.join_next().await {
        ended.unwrap().unwrap();
    }
    let verdict = ground::verdict(&server, &Login::new("anybody", "at all"), "aurora-mysql 8.4").await;
    ground::assert_all_found(&verdict, PLANTED);
}
