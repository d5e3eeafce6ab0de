//! A group of MySQL servers (Group Replication) is an estate like any other: on real servers.

use std::time::Duration;

use daybreak_sandbox::{Login, Server, ServerKind, available};

use crate::looking::{Looking, list};

/// Joins a server to the group of those that listen at these ports.
async fn join(server: &Server, admin: &Login, seeds: &str, begins: bool) {
    let (user, password) = (admin.name(), admin.password());
    let prepare = format!(
        "SET SESSION sql_log_bin = 0; \
         CREATE USER {user}@'%' IDENTIFIED BY '{password}'; GRANT ALL ON *.* TO {user}@'%' WITH GRANT OPTION; \
         CHANGE REPLICATION SOURCE TO SOURCE_USER = '{user}', SOURCE_PASSWORD = '{password}' FOR CHANNEL 'group_replication_recovery'; \
         RESET BINARY LOGS AND GTIDS; \
         SET GLOBAL group_replication_group_name = 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa'; \
         SET GLOBAL group_replication_communication_stack = 'MYSQL'; \
         SET GLOBAL group_replication_recovery_use_ssl = ON; \
         SET GLOBAL group_replication_ssl_mode = 'REQUIRED'; \
         SET GLOBAL group_replication_local_address = '127.0.0.1:{}'; \
         SET GLOBAL group_replication_group_seeds = '{seeds}'; \
         SET GLOBAL group_replication_bootstrap_group = {begins}; \
         START GROUP_REPLICATION; \
         SET GLOBAL group_replication_bootstrap_group = OFF",
        server.port()
    );
    if let Err(error) = server.rows(&prepare).await {
        panic!("{error}\n{}", server.log_tail(30));
    }
    let state = "SELECT MEMBER_STATE FROM performance_schema.replication_group_members WHERE MEMBER_ID = @@server_uuid";
    let patience = Duration::from_secs(60);
    if let Err(error) = server.wait_for(state, "ONLINE", patience).await {
        panic!("{error}\n{}", server.log_tail(30));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_mysql_is_found_and_compared_from_its_secondary() {
    let looking = Looking::new();
    let start = async |name: &str| {
        let setup = looking.sandbox.server(ServerKind::Mysql97).name(name).gtid(true);
        let setup = setup.setting("plugin_load_add", "group_replication.so");
        available(setup.start().await)
    };
    let (Some(first), Some(second)) = (start("first").await, start("second").await) else {
        return;
    };
    let admin = Login::new("admin", "Gr-0up-of-2");
    let seeds = format!("127.0.0.1:{},127.0.0.1:{}", first.port(), second.port());
    join(&first, &admin, &seeds, true).await;
    join(&second, &admin, &seeds, false).await;
    let rows = "CREATE DATABASE shop; CREATE TABLE shop.stock (id INT PRIMARY KEY, pieces INT); \
                INSERT INTO shop.stock VALUES (1, 10), (2, 20)";
    first.rows(rows).await.expect("written");
    let there = "SELECT COUNT(*) FROM shop.stock";
    second
        .wait_for(there, "2", Duration::from_secs(30))
        .await
        .expect("applied");

    let address = |server: &Server| server.address().to_string();
    let found = looking.json(&second, &admin, &["topology"], 0).await;
    assert_eq!(found["primary"], address(&first), "{found}");
    assert_eq!(list(&found, "servers").len(), 2, "{found}");
    assert_eq!(list(&found, "unreached").len(), 0, "{found}");
    let edges = list(&found, "links");
    assert_eq!(edges.len(), 1, "{found}");
    assert_eq!(
        (&edges[0]["from"], &edges[0]["to"], &edges[0]["kind"]),
        (&address(&first).into(), &address(&second).into(), &"group".into())
    );
    assert_eq!(list(&edges[0], "found").len(), 2, "both told of it: {found}");

    // An account that may not see the group says so, with the statement that lets it.
    let looker = Login::new("looker", "0nly-Looks");
    let (user, password) = (looker.name(), looker.password());
    let account = format!(
        "CREATE USER {user}@'%' IDENTIFIED BY '{password}'; \
         GRANT REPLICATION CLIENT, REPLICATION SLAVE, PROCESS, SHOW VIEW ON *.* TO {user}@'%'"
    );
    first.rows(&account).await.expect("made");
    let made = format!(
        "SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = '''{user}''@''%''' AND PRIVILEGE_TYPE = 'SHOW VIEW'"
    );
    second
        .wait_for(&made, "1", Duration::from_secs(30))
        .await
        .expect("applied");
    let found = looking.json(&second, &looker, &["topology"], 0).await;
    let untold = list(&list(&found, "servers")[0], "could_not_tell");
    let grant = "GRANT SELECT ON performance_schema.replication_group_members TO 'looker'@'%'";
    assert!(untold.iter().any(|untold| untold["grant"] == grant), "{found}");

    let schema = looking.json(&second, &admin, &["schema-check"], 0).await;
    assert_eq!(schema["verdict"], "same", "{schema}");
    let rows = looking.json(&second, &admin, &["data-check"], 0).await;
    assert_eq!(rows["verdict"], "same", "{rows}");
}
