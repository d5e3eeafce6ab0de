use serde::{Deserialize, Serialize};

use crate::GtidSet;

/// A place in PostgreSQL's write-ahead log, printed as the server does: `16/B374D848`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lsn(pub u64);

/// A text that is not a log sequence number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a log sequence number")]
pub struct LsnError(String);

impl std::str::FromStr for Lsn {
    type Err = LsnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || LsnError(text.to_owned());
        let (high, low) = text.split_once('/').ok_or_else(error)?;
        let high = u32::from_str_radix(high, 16).map_err(|_| error())?;
        let low = u32::from_str_radix(low, 16).map_err(|_| error())?;
        Ok(Self(u64::from(high) << 32 | u64::from(low)))
    }
}

impl std::fmt::Display for Lsn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

impl TryFrom<String> for Lsn {
    type Error = LsnError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Lsn> for String {
    fn from(lsn: Lsn) -> Self {
        lsn.to_string()
    }
}

/// How far a server's change stream has come: what replication starts from and what a cut-over waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// MySQL with GTID: every transaction executed.
    Gtid(GtidSet),
    /// MySQL or MariaDB without GTID: the binary log's file and the offset in it, in bytes.
    BinlogFile {
        /// Such as `binlog.000042`.
        file: String,
        /// Offset of the next event.
        offset: u64,
    },
    /// PostgreSQL.
    Lsn(Lsn),
}

impl Position {
    /// Whether everything up to `other` is also up to here. Positions of different kinds, or in binary logs of
    /// different base names, cannot be compared: false, the answer that makes a caller wait rather than go on.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Gtid(mine), Self::Gtid(theirs)) => mine.contains(theirs),
            (Self::Lsn(mine), Self::Lsn(theirs)) => mine >= theirs,
            (
                Self::BinlogFile {
                    file: mine,
                    offset: here,
                },
                Self::BinlogFile {
                    file: theirs,
                    offset: there,
                },
            ) => match (binlog_number(mine), binlog_number(theirs)) {
                (Some((base, number)), Some((other_base, other_number))) if base == other_base => {
                    (number, here) >= (other_number, there)
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// A text that is no position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a position")]
pub struct PositionError(String);

/// Reads what is printed: a GTID set, `FILE:OFFSET` of a binary log, or a log sequence number.
impl std::str::FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(lsn) = text.parse() {
            return Ok(Self::Lsn(lsn));
        }
        // The name of a binary log ends in its number; a GTID set begins with a UUID, which has no dot.
        if let Some((file, offset)) = text.rsplit_once(':')
            && binlog_number(file).is_some()
            && let Ok(offset) = offset.parse()
        {
            return Ok(Self::BinlogFile {
                file: file.to_owned(),
                offset,
            });
        }
        let error = || PositionError(text.to_owned());
        match text.parse::<GtidSet>() {
            Ok(set) if !set.is_empty() => Ok(Self::Gtid(set)),
            _ => Err(error()),
        }
    }
}

/// Splits `binlog.000042` into its base name and number; numbers grow past six digits.
fn binlog_number(file: &str) -> Option<(&str, u64)> {
    let (base, number) = file.rsplit_once('.')?;
    Some((base, number.parse().ok()?))
}

impl std::fmt::Display for Position {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Gtid(set) => set.fmt(formatter),
            Self::BinlogFile { file, offset } => write!(formatter, "{file}:{offset}"),
            Self::Lsn(lsn) => lsn.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lsn, Position};

    fn file(file: &str, offset: u64) -> Position {
        Position::BinlogFile {
            file: file.to_owned(),
            offset,
        }
    }

    #[test]
    fn covers_compares_only_what_can_be_compared() {
        assert!(file("binlog.000010", 4).covers(&file("binlog.000009", 900)));
        assert!(file("binlog.1000000", 4).covers(&file("binlog.999999", 4)));
        assert!(!file("binlog.000009", 900).covers(&file("binlog.000010", 4)));
        assert!(file("binlog.000009", 900).covers(&file("binlog.000009", 900)));
        assert!(!file("other.000010", 4).covers(&file("binlog.000009", 4)));
        assert!(!Position::Lsn(Lsn(9)).covers(&file("binlog.000009", 4)));
        assert!(Position::Lsn(Lsn(9)).covers(&Position::Lsn(Lsn(9))));
        let gtids = |text: &str| Position::Gtid(text.parse().expect("valid"));
        let uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
        assert!(gtids(&format!("{uuid}:1-9")).covers(&gtids(&format!("{uuid}:3-9"))));
        assert!(!gtids(&format!("{uuid}:1-9")).covers(&gtids(&format!("{uuid}:3-10"))));
    }

    #[test]
    fn a_position_reads_what_it_prints() {
        let uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
        for text in [
            "16/B374D848",
            "mysql-bin.000042:4711",
            "db1.company.binlog.1000001:4",
            &format!("{uuid}:1-9"),
        ] {
            assert_eq!(text.parse::<Position>().expect("valid").to_string(), text);
        }
        for text in ["", "binlog.000001", "binlog:4", "binlog.000001:x", "4711", uuid] {
            assert!(text.parse::<Position>().is_err(), "{text}");
        }
    }

    #[test]
    fn lsn_reads_what_it_prints() {
        for text in ["0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF"] {
            assert_eq!(text.parse::<Lsn>().expect("valid").to_string(), text);
        }
        assert!("16".parse::<Lsn>().is_err());
        assert!("1/2".parse::<Lsn>().expect("valid") < "2/0".parse::<Lsn>().expect("valid"));
    }
}
