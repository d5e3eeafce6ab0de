use std::ffi::OsString;

/// How a server's own client programs log in to it. Neither holds a secret: those are in files that nobody else may read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientLogin {
    /// Come before every other argument.
    pub arguments: Vec<OsString>,
    /// Variables of the environment.
    pub environment: Vec<(&'static str, OsString)>,
}

/// What is asked of the programs that dump a server and load another.
#[derive(Debug, Clone)]
pub struct ToolWish<'a> {
    /// What the dumping program says of its version.
    pub version: &'a str,
    /// What is brought.
    pub schemas: &'a [String],
    /// Whether replication starts by GTID.
    pub by_gtid: bool,
    /// The snapshot that is dumped, by its name ([`Snapshot::shared_as`](crate::Snapshot::shared_as)).
    pub snapshot: Option<&'a str>,
}

/// What they are called with, beside how they log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCalls {
    /// Arguments of the program that dumps.
    pub dump: Vec<String>,
    /// Arguments of the program that loads what it reads.
    pub load: Vec<String>,
    /// What the program that loads is given first.
    pub before: &'static str,
    /// What it is given last, once the other has ended well: without it nothing was loaded, where that can be.
    pub after: &'static str,
    /// Lines of the dump that are not passed on, each as a whole.
    pub left_out: Vec<String>,
    /// How the first line begins from which on everything is passed on; none: everywhere lines are left out.
    pub left_out_until: &'static [&'static str],
}
