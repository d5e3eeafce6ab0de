//! How many files of what size a dump may have. Pure.

use super::DumpError;

/// What a dump keeps to, so that Aurora can take its files from S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DumpLimits {
    /// Bytes in one file. S3 takes objects of up to 5 TB (Amazon S3 User Guide, "Uploading objects").
    pub file_bytes: u64,
    /// Files in all. RDS restores from no more than a million (Aurora User Guide, "Migrating data from an external MySQL
    /// database", for physical backups; kept here, too, for who lists and copies them).
    pub files: u64,
}

impl Default for DumpLimits {
    fn default() -> Self {
        Self {
            file_bytes: 5_000_000_000_000,
            files: 1_000_000,
        }
    }
}

/// Files beside those of rows: a list and a manifest for each table, and some for all.
const PER_TABLE: u64 = 2;
const FOR_ALL: u64 = 8;

impl DumpLimits {
    /// Bytes of rows in one file, so that there are not too many of them: `wanted`, or more.
    ///
    /// # Errors
    /// When there are too many tables, whatever is done.
    pub(super) fn range_bytes(&self, tables: &[u64], wanted: u64) -> Result<u64, DumpError> {
        let count = tables.len() as u64;
        // A file of each table that is less than full.
        let fixed = FOR_ALL + count * (PER_TABLE + 1);
        let Some(room) = self.files.checked_sub(fixed).filter(|room| *room > 0) else {
            return Err(DumpError::TooLarge(format!(
                "{count} tables make more than {} files",
                self.files
            )));
        };
        let bytes: u64 = tables.iter().sum();
        // Estimates may be half of what there is.
        Ok(wanted.max(bytes.saturating_mul(2).div_ceil(room)))
    }

    /// Bytes in one part of an upload, so that S3's 10,000 parts (Amazon S3 User Guide, "Amazon S3 multipart upload limits") hold
    /// a file of about `estimated` bytes, which may be half of what there is. No less than S3's 5 MiB.
    pub(super) fn part_bytes(estimated: u64) -> usize {
        let part = estimated.div_ceil(4_000).max(5 << 20);
        usize::try_from(part).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::DumpLimits;

    #[test]
    fn files_grow_before_there_are_too_many() {
        let limits = DumpLimits {
            files: 1000,
            ..DumpLimits::default()
        };
        assert_eq!(
            limits.range_bytes(&[1 << 20, 1 << 20], 64 << 20).ok(),
            Some(64 << 20)
        );
        // Some 986 files are left for 200 GB that may be 400.
        let bytes = limits
            .range_bytes(&[200_000_000_000; 1], 64 << 20)
            .expect("larger files");
        assert!(400_000_000_000 / bytes < 1000, "{bytes}");
        let error = limits
            .range_bytes(&[1; 400], 64 << 20)
            .expect_err("too many tables");
        assert_eq!(error.to_string(), "400 tables make more than 1000 files");
    }

    #[test]
    fn parts_are_neither_too_small_nor_too_many() {
        assert_eq!(DumpLimits::part_bytes(0), 5 << 20);
        let part = DumpLimits::part_bytes(5_000_000_000_000) as u64;
        assert!(5_000_000_000_000 / part < 10_000 && part <= 5 << 30, "{part}");
    }
}
