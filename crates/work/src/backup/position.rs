//! Where the binary log stood, in the words of the backup program.

use daybreak_model::{GtidSet, Position};
use serde::{Deserialize, Serialize};

/// Where a server's binary log stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPosition {
    /// Its file.
    pub file: String,
    /// The offset in it, in bytes.
    pub offset: u64,
    /// Every transaction executed; absent where GTIDs are off, and on MariaDB, whose GTIDs no Aurora knows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gtid_set: Option<GtidSet>,
}

impl LogPosition {
    /// As replication by GTID, or by file and offset, starts from it.
    #[must_use]
    pub fn to_start_from(&self, by_gtid: bool) -> Option<Position> {
        if by_gtid {
            return self.gtid_set.clone().map(Position::Gtid);
        }
        Some(Position::BinlogFile {
            file: self.file.clone(),
            offset: self.offset,
        })
    }

    /// `FILE ⇥ OFFSET ⇥ GTIDS`, the last over several lines, as `xtrabackup_binlog_info` has it.
    pub(super) fn of_binlog_info(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '\t');
        let file = parts.next()?.trim();
        let offset = parts.next()?.trim().parse().ok()?;
        let set = parts.next().and_then(gtid_set);
        (!file.is_empty()).then(|| Self {
            file: file.to_owned(),
            offset,
            gtid_set: set,
        })
    }

    /// The statements by which another replica would follow the same primary, as `xtrabackup_slave_info` has them.
    pub(super) fn of_replica_info(text: &str) -> Option<Self> {
        let quoted = |word: &str| {
            let (_, rest) = text.split_once(word)?;
            let (value, _) = rest
                .trim_start_matches([' ', '='])
                .strip_prefix('\'')?
                .split_once('\'')?;
            Some(value)
        };
        let set = quoted("gtid_purged").and_then(gtid_set);
        let named = quoted("MASTER_LOG_FILE").or_else(|| quoted("SOURCE_LOG_FILE"));
        let offset = || {
            let (_, rest) = text.split_once("_LOG_POS")?;
            let digits = rest.trim_start_matches([' ', '=']);
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            digits[..end].parse().ok()
        };
        match (named, offset()) {
            (Some(file), Some(offset)) => Some(Self {
                file: file.to_owned(),
                offset,
                gtid_set: set,
            }),
            // A replica that follows by GTID says nothing of files.
            _ => set.map(|set| Self {
                file: String::new(),
                offset: 0,
                gtid_set: Some(set),
            }),
        }
    }
}

fn gtid_set(text: &str) -> Option<GtidSet> {
    let text: String = text.split_whitespace().collect();
    text.parse().ok().filter(|set: &GtidSet| !set.is_empty())
}

#[cfg(test)]
mod tests {
    use daybreak_model::Position;

    use super::LogPosition;

    const UUID: &str = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

    #[test]
    fn what_the_programs_write_is_read() {
        let mysql = LogPosition::of_binlog_info(&format!(
            "binlog.000003\t157\t{UUID}:1-9,\n{}:1\n",
            UUID.replace('3', "4")
        ));
        let mysql = mysql.expect("a position");
        assert_eq!((&*mysql.file, mysql.offset), ("binlog.000003", 157));
        let Some(Position::Gtid(set)) = mysql.to_start_from(true) else {
            panic!("a GTID set");
        };
        assert_eq!(set.count(), 10);
        let maria = LogPosition::of_binlog_info("mysql-bin.000002\t1234\t0-1-5\n").expect("a position");
        assert_eq!(maria.to_start_from(true), None);
        assert_eq!(
            maria.to_start_from(false).map(|position| position.to_string()),
            Some("mysql-bin.000002:1234".to_owned())
        );
        for none in ["", "\n", "binlog.000003", "\t\t"] {
            assert_eq!(LogPosition::of_binlog_info(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_replica_tells_of_its_primary() {
        for text in [
            "CHANGE MASTER TO MASTER_LOG_FILE='mysql-bin.000007', MASTER_LOG_POS=4711;\n",
            "CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='mysql-bin.000007', SOURCE_LOG_POS=4711\n",
        ] {
            let told = LogPosition::of_replica_info(text).expect("a position");
            assert_eq!((&*told.file, told.offset), ("mysql-bin.000007", 4711), "{text}");
        }
        let by_gtid =
            format!("SET GLOBAL gtid_purged='{UUID}:1-5';\nCHANGE MASTER TO MASTER_AUTO_POSITION=1;\n");
        let told = LogPosition::of_replica_info(&by_gtid).expect("a position");
        assert_eq!(
            told.gtid_set.map(|set| set.to_string()),
            Some(format!("{UUID}:1-5"))
        );
        assert_eq!(LogPosition::of_replica_info(""), None);
    }
}
