//! What lies where in a dump. The names of files and of these fields are public.
//!
//! ```text
//! begun.json               written first: whose dump this is
//! rows/T-1a2b3c4d/         a folder for each table
//!     files.json           its ranges, each with its digest and its file
//!     000001.tsv           rows of a range as `LOAD DATA` or `COPY` take them
//!     aurora.manifest      for `LOAD DATA FROM S3 MANIFEST`
//! before.sql rows.sql after.sql
//! manifest.json            written last
//! ```

use crate::hex::hex;
use daybreak_model::{
    ChunkDigest, Family, Flavor, IdentityValue, KeyRange, Part, Position, RowRange, SchemaImage, Scope,
    Table, TableName,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The version of this format.
/// 2: expressions of MySQL's definitions are in one spelling, so that those of 1 are not recognised.
pub(super) const FORMAT: u32 = 2;
/// Whose dump is being made here.
pub(super) const BEGUN: &str = "begun.json";
/// What there is once it is whole.
pub(super) const MANIFEST: &str = "manifest.json";
/// The folder of all rows.
pub(super) const ROWS: &str = "rows";
/// A table's list of files, in its folder.
pub(super) const LIST: &str = "files.json";
/// What Aurora MySQL is given of a table, in its folder.
pub(super) const AURORA: &str = "aurora.manifest";

/// How files of rows are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Packing {
    /// By zstd: for us alone. Aurora imports nothing so packed.
    #[default]
    Zstd,
    /// As they are: `LOAD DATA`, `COPY` and Aurora take them without us.
    None,
}

/// The first thing written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Begun {
    pub(super) format: u32,
    /// The server, whatever its address ([`Identity::unique_id`](daybreak_engine::Identity)).
    pub(super) server: String,
    /// Its address.
    pub(super) address: String,
    pub(super) schemas: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) part: Option<Part>,
    pub(super) packing: Packing,
    /// What its objects are made for.
    pub(super) target: Flavor,
}

/// A dump that is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this format.
    pub format: u32,
    /// Another for each dump.
    pub id: String,
    /// When it was whole.
    pub at: Timestamp,
    /// The server it is of, whatever its address.
    pub server: String,
    /// Its address.
    pub address: String,
    /// What that ran.
    pub source: Flavor,
    /// What the objects are made for.
    pub target: Flavor,
    /// Where the source's change stream stood: replication starts here.
    pub position: Position,
    /// The replication link whose changes begin there (PostgreSQL: the slot).
    pub link: String,
    /// How files are packed.
    pub packing: Packing,
    /// The schemas.
    pub scope: Scope,
    /// Next values of counters and sequences, read after the rows.
    pub identity_values: Vec<IdentityValue>,
    /// The tables' files, in the order of the image's tables.
    pub tables: Vec<TableEntry>,
    /// The schema, as it is carried to the target.
    pub image: SchemaImage,
}

/// A table in the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEntry {
    /// The table.
    pub table: TableName,
    /// Its folder.
    pub folder: String,
    /// Rows in its files.
    pub rows: u64,
    /// Bytes of these, unpacked.
    pub bytes: u64,
    /// SHA-256 of its list of files, in hexadecimal.
    pub list_sha256: String,
}

/// A table's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TableFiles {
    /// As it was when it was cut.
    pub(super) table: Table,
    pub(super) ranges: Vec<RangeFile>,
}

/// A range of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RangeFile {
    pub(super) range: RowRange,
    /// What there is of it; nothing where it was not reached yet.
    pub(super) done: Option<Done>,
}

/// What a range was in the snapshot, and where it lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) digest: ChunkDigest,
    /// Bytes, unpacked.
    pub(super) bytes: u64,
    /// Absent where there are none.
    pub(super) file: Option<Stored>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    /// Its name in the table's folder.
    pub(super) name: String,
    /// Bytes as it lies there.
    pub(super) size: u64,
    /// SHA-256 of these, in hexadecimal.
    pub(super) sha256: String,
}

impl TableFiles {
    /// Whether its ranges are every row that the table may have, each once: a list that lacks one would lose its rows unseen.
    pub(super) fn is_all(&self) -> bool {
        let ranges: Vec<RowRange> = self.ranges.iter().map(|range| range.range.clone()).collect();
        let open = RowRange::Keys(KeyRange::default());
        matches!(RowRange::joined(&ranges), Some(all) if all == RowRange::Whole || all == open)
    }

    /// Rows and unpacked bytes of what is there.
    pub(super) fn sums(&self) -> (u64, u64) {
        let done = self.ranges.iter().filter_map(|range| range.done.as_ref());
        done.fold((0, 0), |(rows, bytes), done| {
            (rows + done.digest.rows, bytes + done.bytes)
        })
    }
}

/// A table's folder: as much of its name as any store takes, and what tells it from all others.
pub(super) fn folder(table: &TableName) -> String {
    let plain: String = table
        .to_string()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' || c == '_' {
                c
            } else {
                '-'
            }
        })
        .take(60)
        .collect();
    let mut hash = Sha256::new();
    hash.update(table.schema.as_bytes());
    hash.update([0]);
    hash.update(table.name.as_bytes());
    format!("rows/{plain}-{}", &hex(&hash.finalize())[..8])
}

/// A range's file, by its place among the table's and by what is in it: a file that a list names is never written over with other
/// rows.
pub(super) fn file_name(place: usize, digest: &ChunkDigest, family: Family, packing: Packing) -> String {
    let kind = match family {
        Family::Mysql => "tsv",
        Family::Postgres => "copy",
    };
    let packed = match packing {
        Packing::Zstd => ".zst",
        Packing::None => "",
    };
    let rows = Sha256::digest(format!("{} {} {}", digest.rows, digest.sum, digest.second_sum));
    format!("{:06}-{}.{kind}{packed}", place + 1, &hex(&rows)[..8])
}

#[cfg(test)]
mod tests {
    use daybreak_model::{ChunkDigest, Family, KeyBound, KeyPart, KeyRange, RowRange, Table, TableName};

    use super::{Packing, RangeFile, TableFiles, file_name, folder};

    #[test]
    fn a_list_is_of_every_row_or_of_none() {
        let bound = |number: i128| Some(KeyBound(vec![KeyPart::Integer(number)]));
        let keys = |after, up_to| RowRange::Keys(KeyRange { after, up_to });
        let is_all = |ranges: &[RowRange]| {
            let table = Table {
                name: TableName::new("s", "t"),
                columns: Vec::new(),
                key: None,
                estimated_rows: 0,
                estimated_bytes: 0,
            };
            let ranges = ranges.iter().map(|range| RangeFile {
                range: range.clone(),
                done: None,
            });
            TableFiles {
                table,
                ranges: ranges.collect(),
            }
            .is_all()
        };
        let (first, middle, last) = (
            keys(None, bound(3)),
            keys(bound(3), bound(7)),
            keys(bound(7), None),
        );
        assert!(is_all(&[RowRange::Whole]) && is_all(&[keys(None, None)]));
        assert!(is_all(&[first.clone(), middle.clone(), last.clone()]));
        for part in [
            vec![],
            vec![first.clone(), last.clone()],
            vec![first.clone(), middle.clone()],
            vec![middle, last],
            vec![first, RowRange::Whole],
        ] {
            assert!(!is_all(&part), "{part:?}");
        }
    }

    #[test]
    fn hostile_names_have_folders_of_their_own() {
        let names = [
            ("a", "b.c"),
            ("a.b", "c"),
            ("a", "b/c"),
            ("a", "b\\c"),
            ("..", "/"),
        ];
        let folders: Vec<String> = names
            .iter()
            .map(|(schema, name)| folder(&TableName::new(*schema, *name)))
            .collect();
        for (place, folder) in folders.iter().enumerate() {
            let rest = folder.strip_prefix("rows/").expect("below rows");
            assert!(!rest.contains(['/', '\\']) && rest != "..", "{folder}");
            assert!(!folders[..place].contains(folder), "{folder}");
        }
        assert!(folder(&TableName::new("s", "x".repeat(64))).len() < 80);
    }

    #[test]
    fn a_file_says_what_it_is() {
        let digest = |rows| ChunkDigest {
            rows,
            sum: u128::MAX,
            second_sum: 0,
        };
        let name = |place, rows, family, packing| file_name(place, &digest(rows), family, packing);
        let first = name(0, 1, Family::Mysql, Packing::Zstd);
        assert!(
            first.starts_with("000001-") && first.ends_with(".tsv.zst"),
            "{first}"
        );
        assert_eq!(first.len(), "000001-5e6f7a8b.tsv.zst".len());
        assert_ne!(first, name(0, 2, Family::Mysql, Packing::Zstd));
        let other = name(1_000_000, 1, Family::Postgres, Packing::None);
        assert!(
            other.starts_with("1000001-") && other.ends_with(".copy"),
            "{other}"
        );
    }
}
