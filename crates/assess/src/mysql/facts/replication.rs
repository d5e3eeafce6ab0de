use daybreak_engine::EngineError;

use super::Fact;
use super::asking::{Answer, Asking};

/// What it follows another server by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Channel {
    /// Empty for the only one.
    pub(crate) name: String,
    /// `host:port`.
    pub(crate) source: String,
    pub(crate) receives: bool,
    pub(crate) applies: bool,
    /// Rules that leave something out: name and value.
    pub(crate) filters: Vec<(&'static str, String)>,
    /// The last error, its number first.
    pub(crate) error: Option<String>,
    /// Seconds it stays behind on purpose.
    pub(crate) delay: u64,
}

impl Channel {
    /// Its name, for a reader.
    pub(crate) fn object(&self) -> String {
        if self.name.is_empty() {
            format!("replication from {}", self.source)
        } else {
            format!("replication channel {} from {}", self.name, self.source)
        }
    }
}

/// Columns of `SHOW SLAVE STATUS` by place: those up to 38 have stood where they are since MySQL 5.5 and stand there in
/// every version since, MariaDB's `SHOW ALL SLAVES STATUS` having two before them (manuals, "SHOW REPLICA STATUS").
const FILTERS: [&str; 6] = [
    "replicate_do_db",
    "replicate_ignore_db",
    "replicate_do_table",
    "replicate_ignore_table",
    "replicate_wild_do_table",
    "replicate_wild_ignore_table",
];

pub(super) async fn channels(asking: &Asking<'_>) -> Result<Fact<Vec<Channel>>, EngineError> {
    let maria_db = asking.is_maria_db();
    let (question, need) = match () {
        () if maria_db && asking.maria_db_from(10, 5) => {
            ("SHOW ALL SLAVES STATUS", "SLAVE MONITOR|REPLICA MONITOR|SUPER")
        }
        () if maria_db => ("SHOW ALL SLAVES STATUS", "REPLICATION CLIENT|SUPER"),
        () if asking.mysql_at(8, 0, 22) => ("SHOW REPLICA STATUS", "REPLICATION CLIENT|SUPER"),
        () => ("SHOW SLAVE STATUS", "REPLICATION CLIENT|SUPER"),
    };
    let read = move |mut row: Answer| channel(&mut row, maria_db);
    asking
        .list("the state of replication", &[need], question, read)
        .await
}

fn channel(row: &mut Answer, maria_db: bool) -> Channel {
    let mut channel = Channel::default();
    if maria_db {
        channel.name = row.text();
        row.skip(1);
    }
    row.skip(1);
    let host = row.text();
    row.skip(1);
    channel.source = format!("{host}:{}", row.text());
    row.skip(6);
    (channel.receives, channel.applies) = (row.text() == "Yes", row.text() == "Yes");
    channel.filters = FILTERS
        .iter()
        .map(|name| (*name, row.text()))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    row.skip(16);
    let errors = [(row.number(), row.text()), (row.number(), row.text())];
    channel.error = errors
        .into_iter()
        .find(|(number, _)| *number > 0)
        .map(|(number, text)| {
            // What follows may be a statement, with values in it.
            format!(
                "{number} {}",
                text.split("Query:").next().unwrap_or_default().trim()
            )
        });
    // Up to the delay: MySQL has Ignore_Server_Ids, Server_Id, UUID, Info_File; MariaDB four more.
    row.skip(if maria_db { 9 } else { 4 });
    channel.delay = row.number();
    if !maria_db {
        // SQL_Remaining_Delay, running state, retry count, bind, two times, two certificates, two GTID sets, auto position,
        // rewrite; then the channel, since 5.7.
        row.skip(12);
        channel.name = row.text();
    }
    channel
}

/// Databases that the binary log leaves out: what `binlog_do_db` and `binlog_ignore_db` say.
pub(super) async fn logged(asking: &Asking<'_>) -> Result<Fact<Vec<(String, String)>>, EngineError> {
    let (question, need) = match () {
        () if asking.maria_db_from(10, 5) => {
            ("SHOW MASTER STATUS", "BINLOG MONITOR|REPLICATION CLIENT|SUPER")
        }
        () if asking.mysql_from(8, 2) => ("SHOW BINARY LOG STATUS", "REPLICATION CLIENT|SUPER"),
        () => ("SHOW MASTER STATUS", "REPLICATION CLIENT|SUPER"),
    };
    let read = |mut row: Answer| {
        row.skip(2);
        (row.text(), row.text())
    };
    asking
        .list("what the binary log leaves out", &[need], question, read)
        .await
}

#[cfg(test)]
mod tests {
    use super::{Answer, channel};

    #[test]
    fn columns_are_read_by_place() {
        let mut row: Vec<Option<String>> = (0..57).map(|at| Some(format!("column {at}"))).collect();
        let mut set = |at: usize, value: &str| row[at] = Some(value.to_owned());
        set(1, "db1");
        set(3, "3306");
        set(10, "Yes");
        set(11, "No");
        (12..18).for_each(|at| set(at, ""));
        set(15, "shop.log");
        set(34, "0");
        set(36, "1032");
        set(37, "no such row. Query: 'secret'");
        set(42, "3600");
        set(55, "second");
        let mysql = channel(&mut Answer::new(row), false);
        assert_eq!(
            (mysql.source.as_str(), mysql.receives, mysql.applies),
            ("db1:3306", true, false)
        );
        assert_eq!(mysql.filters, [("replicate_ignore_table", "shop.log".to_owned())]);
        assert_eq!(mysql.error.as_deref(), Some("1032 no such row."));
        assert_eq!((mysql.delay, mysql.name.as_str()), (3600, "second"));
    }
}
