/// Where a file of rows lies for whoever loads it without us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFile<'a> {
    /// Beside the client that loads it: its path as the client is given it.
    Local(&'a str),
    /// In S3, for Aurora to fetch by itself.
    S3 {
        /// Such as `eu-central-1`.
        region: &'a str,
        /// The bucket's name.
        bucket: &'a str,
        /// MySQL family: the key of the manifest that lists a table's files; PostgreSQL: that of one file.
        key: &'a str,
    },
}
