//! One file: written, made durable, and read back.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daybreak_model::ValueForm;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::reader::ColumnReader;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::{BoolType, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::column::{self, Cells, Kept};

/// Rows: each a value for every column, `None` for NULL.
pub type Rows = Vec<Vec<Option<Vec<u8>>>>;

/// Metadata under which a file says what it keeps its columns as.
const COLUMNS: &str = "daybreak.columns";

/// Rows of one row group, which a reader has in memory at once.
const GROUP_ROWS: usize = 1 << 20;

/// A column, and what its values are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnForm {
    /// Its name.
    pub name: String,
    /// The form of its values.
    pub form: ValueForm,
}

/// A file that was written, and read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// Rows in it.
    pub rows: u64,
    /// Its size, in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
}

/// What goes wrong with an archive's file.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file cannot be written or read.
    #[error("failed to {what} {path}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no Parquet, or cannot be made.
    #[error("failed to {what} {path}: {source}")]
    Format {
        /// What was being done.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ParquetError,
    },
    /// It is not what was written.
    #[error("{path} {trouble}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        trouble: String,
    },
}

impl ArchiveError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io { .. } => {
                "is there room, and may this account write there? nothing was deleted that is not in a file"
            }
            Self::Format { .. } | Self::Broken { .. } => {
                "the file was damaged or changed after it was written: take it from a backup"
            }
        }
    }
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> ArchiveError {
    let path = path.to_owned();
    move |source| ArchiveError::Io { what, path, source }
}

fn format(what: &'static str, path: &Path) -> impl FnOnce(ParquetError) -> ArchiveError {
    let path = path.to_owned();
    move |source| ArchiveError::Format { what, path, source }
}

fn broken(path: &Path, trouble: impl Into<String>) -> ArchiveError {
    ArchiveError::Broken {
        path: path.to_owned(),
        trouble: trouble.into(),
    }
}

/// Writes rows to a file that is not there yet, makes it durable, and reads it back: when this returns, the file holds every value as
/// it was given.
///
/// # Errors
/// When the file cannot be written, or what is read from it is not what was written.
pub fn write(path: &Path, columns: &[ColumnForm], rows: &Rows) -> Result<Archived, ArchiveError> {
    let unfinished = path.with_extension("unfinished");
    encode(&unfinished, columns, rows)?;
    if read(&unfinished)? != *rows {
        return Err(broken(&unfinished, "does not hold what was written to it"));
    }
    std::fs::rename(&unfinished, path).map_err(io("name", path))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let folder = File::open(folder).map_err(io("open the folder of", path))?;
    folder.sync_all().map_err(io("make durable", path))?;
    let (bytes, sha256) = digest(path)?;
    Ok(Archived {
        rows: rows.len() as u64,
        bytes,
        sha256,
    })
}

/// A file's size and SHA-256.
fn digest(path: &Path) -> Result<(u64, String), ArchiveError> {
    let mut file = BufReader::new(File::open(path).map_err(io("open", path))?);
    let mut hash = Sha256::new();
    let mut bytes = 0;
    let mut block = vec![0; 1 << 16];
    loop {
        let length = file.read(&mut block).map_err(io("read", path))?;
        if length == 0 {
            break;
        }
        bytes += length as u64;
        hash.update(&block[..length]);
    }
    let hash = hash.finalize();
    Ok((bytes, hash.iter().map(|byte| format!("{byte:02x}")).collect()))
}

impl Archived {
    /// Whether a file is the one that was written.
    ///
    /// # Errors
    /// When it is not, or cannot be read.
    pub fn verify(&self, path: &Path) -> Result<(), ArchiveError> {
        let (bytes, sha256) = digest(path)?;
        if bytes == self.bytes && sha256 == self.sha256 {
            return Ok(());
        }
        Err(broken(
            path,
            format!(
                "is not the file that was written: its SHA-256 is {sha256}, and was {}",
                self.sha256
            ),
        ))
    }
}

fn encode(path: &Path, columns: &[ColumnForm], rows: &Rows) -> Result<(), ArchiveError> {
    let failed = |error| format("write", path)(error);
    let mut kept = Vec::with_capacity(columns.len());
    let mut cells = Vec::with_capacity(columns.len());
    for (place, column) in columns.iter().enumerate() {
        let values: Vec<&[u8]> = rows.iter().filter_map(|row| row.get(place)?.as_deref()).collect();
        let (how, values) = column::keep(column.form, &values);
        kept.push(how);
        cells.push(values);
    }
    let fields = columns.iter().zip(&kept);
    let fields: Result<Vec<_>, _> = fields
        .map(|(column, kept)| column::schema(&column.name, *kept).map(Arc::new))
        .collect();
    let schema = Type::group_type_builder("row")
        .with_fields(fields.map_err(failed)?)
        .build()
        .map_err(failed)?;
    let known = serde_json::to_string(&kept).map_err(|error| broken(path, error.to_string()))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by("daybreak".to_owned())
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_key_value_metadata(Some(vec![KeyValue::new(COLUMNS.to_owned(), known)]))
        .build();
    // Rows of a company are nobody else's.
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    let file = file.map_err(io("make", path))?;
    let sync = file.try_clone().map_err(io("make", path))?;
    let mut writer =
        SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).map_err(failed)?;
    let mut group = writer.next_row_group().map_err(failed)?;
    for (place, cells) in cells.iter().enumerate() {
        let levels = rows
            .iter()
            .map(|row| i16::from(row.get(place).is_some_and(Option::is_some)));
        let levels: Vec<i16> = levels.collect();
        let mut column = group
            .next_column()
            .map_err(failed)?
            .ok_or_else(|| broken(path, "has too few columns"))?;
        let levels = Some(&levels[..]);
        let written = match (column.untyped(), cells) {
            (ColumnWriter::Int64ColumnWriter(out), Cells::Long(values)) => {
                out.write_batch(values, levels, None)
            }
            (ColumnWriter::DoubleColumnWriter(out), Cells::Double(values)) => {
                out.write_batch(values, levels, None)
            }
            (ColumnWriter::BoolColumnWriter(out), Cells::Boolean(values)) => {
                out.write_batch(values, levels, None)
            }
            (ColumnWriter::Int32ColumnWriter(out), Cells::Day(values)) => {
                out.write_batch(values, levels, None)
            }
            (ColumnWriter::ByteArrayColumnWriter(out), Cells::Bytes(values)) => {
                out.write_batch(values, levels, None)
            }
            _ => return Err(broken(path, "has a column of another type than was chosen")),
        };
        written.map_err(failed)?;
        column.close().map_err(failed)?;
    }
    group.close().map_err(failed)?;
    writer.close().map_err(failed)?;
    sync.sync_all().map_err(io("make durable", path))
}

/// The rows of a file.
///
/// # Errors
/// When it cannot be read, or is none of ours.
pub fn read(path: &Path) -> Result<Rows, ArchiveError> {
    let failed = |error| format("read", path)(error);
    let file = File::open(path).map_err(io("open", path))?;
    let reader = SerializedFileReader::new(file).map_err(failed)?;
    let metadata = reader.metadata().file_metadata();
    let known = metadata.key_value_metadata().into_iter().flatten();
    let known = known
        .filter(|pair| pair.key == COLUMNS)
        .find_map(|pair| pair.value.as_deref());
    let kept: Vec<Kept> = known
        .and_then(|known| serde_json::from_str(known).ok())
        .ok_or_else(|| {
            broken(
                path,
                "is no archive of ours: it does not say what its columns are",
            )
        })?;
    let mut rows: Rows = Vec::new();
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(failed)?;
        let count = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        let mut read: Rows = vec![Vec::with_capacity(kept.len()); count];
        for (place, kept) in kept.iter().enumerate() {
            let (levels, cells) =
                cells(group.get_column_reader(place).map_err(failed)?, count).map_err(failed)?;
            let values = column::restore(*kept, cells);
            let mut values = values
                .ok_or_else(|| broken(path, "has a column of another type than it says"))?
                .into_iter();
            if levels.len() != count {
                return Err(broken(path, "has a column of fewer values than rows"));
            }
            for (row, level) in read.iter_mut().zip(levels) {
                row.push(if level == 1 { values.next() } else { None });
            }
        }
        rows.append(&mut read);
    }
    Ok(rows)
}

fn cells(reader: ColumnReader, rows: usize) -> Result<(Vec<i16>, Cells), ParquetError> {
    match reader {
        ColumnReader::Int64ColumnReader(reader) => all::<Int64Type>(reader, rows, Cells::Long),
        ColumnReader::DoubleColumnReader(reader) => all::<DoubleType>(reader, rows, Cells::Double),
        ColumnReader::BoolColumnReader(reader) => all::<BoolType>(reader, rows, Cells::Boolean),
        ColumnReader::Int32ColumnReader(reader) => all::<Int32Type>(reader, rows, Cells::Day),
        ColumnReader::ByteArrayColumnReader(reader) => all::<ByteArrayType>(reader, rows, Cells::Bytes),
        _ => Err(ParquetError::General(
            "a column of a type that is never written".to_owned(),
        )),
    }
}

fn all<T: DataType>(
    mut reader: parquet::column::reader::ColumnReaderImpl<T>,
    rows: usize,
    into: fn(Vec<T::T>) -> Cells,
) -> Result<(Vec<i16>, Cells), ParquetError> {
    let (mut levels, mut values) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    while levels.len() < rows {
        let (records, _, _) =
            reader.read_records(rows - levels.len(), Some(&mut levels), None, &mut values)?;
        if records == 0 {
            break;
        }
    }
    Ok((levels, into(values)))
}

#[cfg(test)]
mod tests {
    use daybreak_model::ValueForm;

    use super::{ColumnForm, read, write};

    fn columns() -> Vec<ColumnForm> {
        let column = |(place, form)| ColumnForm {
            name: format!("we\"ird `c{place}`"),
            form,
        };
        let forms = [
            ValueForm::Integer { signed: true },
            ValueForm::Text,
            ValueForm::Date,
            ValueForm::Decimal {
                precision: 30,
                scale: 3,
            },
            ValueForm::Bytes,
            ValueForm::Boolean,
            ValueForm::Float,
            ValueForm::Moment {
                utc: true,
                digits: None,
            },
        ];
        forms.into_iter().enumerate().map(column).collect()
    }

    fn row(texts: [Option<&str>; 8]) -> Vec<Option<Vec<u8>>> {
        texts.map(|text| text.map(|text| text.as_bytes().to_vec())).into()
    }

    #[test]
    fn what_was_written_is_read_and_a_changed_byte_is_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows.parquet");
        let rows = vec![
            row([
                Some("-5"),
                Some("🌅"),
                Some("2026-11-30"),
                Some("12345678901234567890.125"),
                Some("\0\n"),
                Some("true"),
                Some("0.1"),
                Some("2026-11-30 23:59:59.5+00"),
            ]),
            row([None, None, None, None, None, None, None, None]),
            row([
                Some("9"),
                Some(""),
                Some("0000-00-00"),
                Some("-0.001"),
                Some(""),
                Some("false"),
                Some("1e+20"),
                Some("infinity"),
            ]),
        ];
        let archived = write(&path, &columns(), &rows).expect("written");
        assert_eq!(archived.rows, 3);
        assert_eq!(read(&path).expect("read"), rows);
        archived.verify(&path).expect("the same file");
        assert!(!path.with_extension("unfinished").exists());
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).expect("there").permissions());
        assert_eq!(mode & 0o777, 0o600);

        let mut bytes = std::fs::read(&path).expect("its bytes");
        bytes[40] ^= 1;
        std::fs::write(&path, bytes).expect("changed");
        let error = archived.verify(&path).expect_err("another file");
        assert!(
            error.to_string().contains("is not the file that was written"),
            "{error}"
        );
    }

    #[test]
    fn a_folder_that_is_not_there_and_a_foreign_file_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let nowhere = folder.path().join("no").join("rows.parquet");
        let error = write(&nowhere, &columns(), &Vec::new()).expect_err("no folder");
        assert!(error.to_string().contains("rows.unfinished"), "{error}");
        let foreign = folder.path().join("foreign");
        std::fs::write(&foreign, b"PAR1 but not really PAR1").expect("written");
        assert!(read(&foreign).is_err());
    }
}
