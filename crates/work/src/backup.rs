//! A backup of a whole server's data files by Percona XtraBackup or mariadb-backup, on its way to where Aurora restores it from (D2).
//!
//! The backup program's stream is read through as it passes: every chunk has its checksum, every file its end, and the stream tells
//! where the server's binary log stood. It is cut into parts, as AWS advises, and nothing of it touches this machine's disk. The
//! manifest comes last: without one there is no backup.
//!
//! ```text
//! backup-begun.json              whose backup this is
//! files/backup.xbstream000000    the stream, in parts: what Aurora is pointed at
//! backup.json                    written last
//! ```
//!
//! Source: Aurora User Guide, "Physical migration from MySQL by using Percona XtraBackup and Amazon S3".

// Each imports only from those above it.
mod error;
mod stream;

mod position;

mod layout;

mod parts;
mod program;

mod make;

pub use error::BackupError;
pub use layout::{BackupManifest, BackupPart, FOLDER as BACKUP_FOLDER};
pub use make::{BackupReport, BackupSettings, back_up};
pub use program::BackupProgram;
