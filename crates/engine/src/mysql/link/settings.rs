//! The statements that point a follower at its leader.

use daybreak_model::{Flavor, GtidSet, LinkSettings, Position, Version};

use super::super::{account, quote};
use super::Link;
use crate::Statement;

/// Where a follower starts.
#[derive(Debug, Clone)]
pub(super) enum Start {
    /// At a snapshot's position.
    At(Position),
    /// At the leader's end.
    Now,
}

/// Whether the link is encrypted: as the plan says, and wherever a password could not be exchanged otherwise.
pub(super) fn encrypted(settings: &LinkSettings, from: &Flavor, to: &Flavor) -> bool {
    settings.tls || (to.is_managed() && from.prefers_caching_sha2() && !from.has_native_password())
}

/// The statements that configure a follower; the first that the server's version has is taken where there are several.
pub(super) fn configure(
    link: &Link,
    from: &Flavor,
    to: &Flavor,
    start: &Position,
    from_gtid: bool,
    to_gtid: bool,
) -> Vec<Vec<String>> {
    let tls = encrypted(&link.settings, from, to);
    if to.is_managed() {
        by_procedure(link, to, start, tls, to_gtid && !from_gtid)
    } else {
        vec![vec![by_statement(link, to, start, tls, to_gtid && !from_gtid)]]
    }
}

/// Alternatives, each a list of calls: the fifth argument of the auto-position procedure came late.
fn by_procedure(link: &Link, to: &Flavor, start: &Position, tls: bool, assign: bool) -> Vec<Vec<String>> {
    let (host, port) = link.from.endpoint.replication_address();
    let noun = if to.rds_says_source() { "source" } else { "master" };
    let login = format!(
        "{}, {port}, {}, {}",
        quote::text(&host),
        quote::text(&link.settings.user),
        quote::text(link.settings.password.expose())
    );
    let mut before = Vec::new();
    if to.rds_assigns_gtids() {
        let mode = if assign { "LOCAL" } else { "OFF" };
        before.push(format!(
            "CALL mysql.rds_assign_gtids_to_anonymous_transactions('{mode}')"
        ));
    }
    let tls = u8::from(tls);
    let mut after = Vec::new();
    let auto = matches!(start, Position::Gtid(_));
    if auto && to.rds_sets_source_ssl() {
        after.push(format!("CALL mysql.rds_set_binlog_source_ssl({tls})"));
    }
    let with = |call: String| {
        before
            .iter()
            .cloned()
            .chain([call])
            .chain(after.iter().cloned())
            .collect()
    };
    match start {
        Position::BinlogFile { file, offset } => vec![with(format!(
            "CALL mysql.rds_set_external_{noun}({login}, {}, {offset}, {tls})",
            quote::text(file)
        ))],
        Position::Gtid(_) | Position::Lsn(_) => vec![
            with(format!(
                "CALL mysql.rds_set_external_{noun}_with_auto_position({login}, {tls})"
            )),
            with(format!(
                "CALL mysql.rds_set_external_{noun}_with_auto_position({login})"
            )),
        ],
    }
}

fn by_statement(link: &Link, to: &Flavor, start: &Position, tls: bool, assign: bool) -> String {
    let (host, port) = link.from.endpoint.replication_address();
    let (head, word) = if to.says_replication_source() {
        ("CHANGE REPLICATION SOURCE TO", "SOURCE")
    } else {
        ("CHANGE MASTER TO", "MASTER")
    };
    let mut options = vec![
        format!("{word}_HOST = {}", quote::text(&host)),
        format!("{word}_PORT = {port}"),
        format!("{word}_USER = {}", quote::text(&link.settings.user)),
        format!(
            "{word}_PASSWORD = {}",
            quote::text(link.settings.password.expose())
        ),
        format!("{word}_SSL = {}", u8::from(tls)),
        verifies(link, word),
        format!("{word}_CONNECT_RETRY = 1"),
    ];
    if to.says_replication_source() {
        options.push("SOURCE_RETRY_COUNT = 864000".to_owned());
        if !tls {
            options.push("GET_SOURCE_PUBLIC_KEY = 1".to_owned());
        }
        let mode = if assign { "LOCAL" } else { "OFF" };
        options.push(format!("ASSIGN_GTIDS_TO_ANONYMOUS_TRANSACTIONS = {mode}"));
    }
    match start {
        Position::BinlogFile { file, offset } => {
            if to.has_gtid() {
                options.push(format!("{word}_AUTO_POSITION = 0"));
            }
            options.push(format!("{word}_LOG_FILE = {}", quote::text(file)));
            options.push(format!("{word}_LOG_POS = {offset}"));
        }
        Position::Gtid(_) | Position::Lsn(_) => options.push(format!("{word}_AUTO_POSITION = 1")),
    }
    link.on_channel(&format!("{head} {}", options.join(", ")))
}

/// What a link verifies its leader by: without a file, nothing, also where it did before.
fn verifies(link: &Link, word: &str) -> String {
    match link.settings.ca_on_follower() {
        Some(file) => format!(
            "{word}_SSL_CA = {}, {word}_SSL_VERIFY_SERVER_CERT = 1",
            quote::text(file)
        ),
        None => format!("{word}_SSL_CA = '', {word}_SSL_VERIFY_SERVER_CERT = 0"),
    }
}

/// The statement that adds transactions to what a follower never fetches.
pub(super) fn purge(to: &Flavor, set: &GtidSet) -> String {
    let set = quote::text(&format!("+{set}"));
    if to.is_managed() {
        format!("CALL mysql.rds_gtid_purged({set})")
    } else {
        format!("SET GLOBAL gtid_purged = {set}")
    }
}

/// Whether a follower commits empty transactions in the place of those that it never fetches: the source, on the way back, where
/// other servers may follow it.
pub(super) fn commits_empty(link: &Link, to: &Flavor) -> bool {
    link.settings.back && !to.is_managed()
}

/// The statements that commit nothing as this transaction.
pub(super) fn empty(gtid: &str) -> String {
    format!("SET SESSION gtid_next = {}; BEGIN; COMMIT; ", quote::text(gtid))
}

/// The statement that starts a configured follower.
pub(super) fn start(to: &Flavor) -> &'static str {
    if to.is_managed() {
        "CALL mysql.rds_start_replication"
    } else {
        to.start_replica()
    }
}

/// A flavor that was not asked yet is taken for MySQL 8.4 on the company's own machines.
fn modern() -> Flavor {
    Flavor {
        product: daybreak_model::Product::Mysql,
        version: Version::new(8, 4, 0),
        hosting: daybreak_model::Hosting::SelfManaged,
    }
}

fn shown(server: &super::Server, what: &str, text: String) -> (String, Statement) {
    let what = what.to_owned();
    (server.name().to_owned(), Statement { what, text })
}

/// The statements that make the account, for the plan; its password is left open.
pub(super) fn shown_to_prepare(link: &Link) -> Vec<(String, Statement)> {
    let modern = modern();
    let from = link.from.known_flavor().unwrap_or(&modern);
    let to = link.to.known_flavor().unwrap_or(&modern);
    let native = !encrypted(&link.settings, from, to);
    let make = account::statements(from, &link.account(), "…", native);
    let grant = format!(
        "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {}",
        link.account()
    );
    make.into_iter()
        .map(|text| shown(&link.from, "make the replication account", text))
        .chain([shown(&link.from, "let the account replicate", grant)])
        .collect()
}

/// The statements that start the follower, for the plan; the password and what is not known before are left open.
pub(super) fn shown_to_start(link: &Link) -> Vec<(String, Statement)> {
    let modern = modern();
    let from = link.from.known_flavor().unwrap_or(&modern);
    let to = link.to.known_flavor().unwrap_or(&modern);
    let mut statements: Vec<(String, Statement)> = Vec::new();
    let position = if link.settings.gtid {
        let purge = if commits_empty(link, to) {
            empty("…")
        } else {
            purge(to, &GtidSet::default()).replace("'+'", "'+…'")
        };
        statements.push(shown(&link.to, "never fetch what the load brought", purge));
        Position::Gtid(GtidSet::default())
    } else {
        Position::BinlogFile {
            file: "…".to_owned(),
            offset: 4,
        }
    };
    let password = quote::text(link.settings.password.expose());
    let calls = configure(link, from, to, &position, link.settings.gtid, link.settings.gtid);
    for text in calls.into_iter().next().unwrap_or_default() {
        let text = text.replace(&password, "'…'");
        statements.push(shown(&link.to, "point it at its source", text));
    }
    if let Some(part) = link.settings.taken() {
        statements.push(shown(
            &link.to,
            "take the changes of its own tables alone",
            super::only::shown(to, part),
        ));
    }
    let begin = if to.is_managed() {
        start(to).to_owned()
    } else {
        link.on_channel(start(to))
    };
    statements.push(shown(&link.to, "start replication", begin));
    statements
}
