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
    use super::Lsn;

    #[test]
    fn lsn_reads_what_it_prints() {
        for text in ["0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF"] {
            assert_eq!(text.parse::<Lsn>().expect("valid").to_string(), text);
        }
        assert!("16".parse::<Lsn>().is_err());
        assert!("1/2".parse::<Lsn>().expect("valid") < "2/0".parse::<Lsn>().expect("valid"));
    }
}
