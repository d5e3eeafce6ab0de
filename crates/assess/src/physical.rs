//! Whether Aurora restores a server's data files from a backup in S3, and what such a restore leaves behind (D2).
//!
//! Source: Aurora User Guide, "Physical migration from MySQL by using Percona XtraBackup and Amazon S3", "Limitations and
//! considerations".

use std::sync::Arc;

use daybreak_engine::{Database, EngineError};
use daybreak_model::{AuroraLine, Severity, Version};
use serde::Serialize;

use crate::verdict::weighed;
use crate::ways::files_refused;
use crate::{About, Crossing, Verdict};

/// Checks of an assessment that a restore of files asks for, too, and how much they matter to it: there, whether the data arrive at all,
/// here, whether their files do.
const SHARED: [(&str, Severity); 17] = [
    // Refused.
    ("mysql.setting.page_size", Severity::Blocks),
    ("mysql.table.data_directory", Severity::Blocks),
    ("mysql.table.encrypted", Severity::Blocks),
    ("mysql.tablespace.encrypted", Severity::Blocks),
    ("mysql.plugin.component", Severity::Blocks),
    ("mysql.plugin.unsupported", Severity::Blocks),
    // Without it nobody knows where replication starts.
    ("mysql.binlog.off", Severity::Blocks),
    ("mysql.setting.durability", Severity::Degrades),
    // Left behind or taken away.
    ("mysql.account.create_tablespace", Severity::Degrades),
    ("mysql.account.dynamic_privilege", Severity::Degrades),
    ("mysql.account.file", Severity::Degrades),
    ("mysql.account.shutdown", Severity::Degrades),
    ("mysql.account.super", Severity::Degrades),
    ("mysql.schema.system_object", Severity::Degrades),
    // Converted by the restore, which takes its time.
    ("mysql.table.engine", Severity::Note),
    ("mysql.table.page_compression", Severity::Note),
    ("mysql.table.row_format_compressed", Severity::Note),
];

/// How much a check matters to a restore of files; none where it does not.
fn weight(about: &About) -> Option<Severity> {
    if about.crossing == Crossing::Physical {
        return Some(about.severity);
    }
    let shared = SHARED.iter().find(|(id, _)| *id == about.id);
    shared.map(|(_, severity)| *severity)
}

/// Looks at one server of the MySQL family with every check of a restore of its files as this line. Read-only.
///
/// # Errors
/// When the server cannot be asked at all. What one check cannot see is a finding that says so.
pub async fn physical(server: &Arc<dyn Database>, line: &'static AuroraLine) -> Result<Verdict, EngineError> {
    weighed(server, line, weight).await
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupFile {
    /// Its key below the backup's prefix.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

/// A backup, and what is to be made of it.
#[derive(Debug, Clone)]
pub struct Backup<'a> {
    /// What the backup program was called with.
    pub arguments: &'a [String],
    /// The backup program's version, where it is known.
    pub tool: Option<Version>,
    /// What the server ran.
    pub server: Version,
    /// What the cluster is to run.
    pub line: &'a AuroraLine,
    /// What lies in the bucket.
    pub files: &'a [BackupFile],
    /// Bytes of the database, unpacked, as estimated.
    pub database_bytes: u64,
    /// Where the bucket is.
    pub bucket_region: &'a str,
    /// Where the cluster is to be.
    pub cluster_region: &'a str,
    /// The classes of the cluster's instances.
    pub classes: &'a [String],
}

/// A rule that a backup does not meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupRefusal {
    /// Which rule.
    pub rule: &'static str,
    /// What was seen.
    pub what: String,
    /// What to do.
    pub hint: &'static str,
}

/// Options that make a backup partial.
const PARTIAL: [&str; 6] = [
    "--tables",
    "--tables-exclude",
    "--tables-file",
    "--databases",
    "--databases-exclude",
    "--databases-file",
];
/// The largest object.
const OBJECT_BYTES: u64 = 5_000_000_000_000;
/// The most files.
const FILES: usize = 1_000_000;
/// The largest database.
const DATABASE_BYTES: u64 = 64 << 40;

/// The rules of a restore that a backup does not meet. Pure.
#[must_use]
pub fn backup_refusals(backup: &Backup<'_>) -> Vec<BackupRefusal> {
    let mut refusals = Vec::new();
    let mut refuse = |rule, what, hint| refusals.push(BackupRefusal { rule, what, hint });
    for argument in backup.arguments {
        let option = argument.split('=').next().unwrap_or_default();
        if PARTIAL.contains(&option) {
            let hint = "back the whole server up: what is not wanted is dropped after the restore";
            refuse("partial", format!("{option} makes the backup partial"), hint);
        }
        if option == "--compress" || option.starts_with("--compress-") {
            let hint = "leave it out: nobody says that what the backup program packs by itself is restored";
            refuse("packed", format!("{option} packs each file by itself"), hint);
        }
        if option == "--encrypt" || option.starts_with("--encrypt-") {
            refuse(
                "encrypted",
                format!("{option} encrypts the backup"),
                "leave it out, and let the bucket encrypt",
            );
        }
    }
    if let Some(why) = files_refused(backup.server, backup.line) {
        refuse(
            "version",
            why,
            "choose a line of the server's own major version that is no older than it is",
        );
    }
    let series = (backup.server.major, backup.server.minor);
    if let Some(tool) = backup.tool {
        let fits = match series {
            (5, 7) => (tool.major, tool.minor) == (2, 4),
            _ => (tool.major, tool.minor) == series && tool.patch >= backup.server.patch,
        };
        if !fits {
            let what = format!("XtraBackup {tool} does not back {} up", backup.server);
            let hint = "take XtraBackup 2.4 for 5.7; for 8.0 one of 8.0 that is no older than the server";
            refuse("tool", what, hint);
        }
    }
    if backup.bucket_region != backup.cluster_region {
        let what = format!(
            "the bucket is in {}, the cluster in {}",
            backup.bucket_region, backup.cluster_region
        );
        refuse("region", what, "take a bucket in the region of the cluster");
    }
    for class in backup.classes {
        if class == "db.serverless" {
            let hint = "restore as a provisioned class, and change it afterwards";
            refuse("serverless", "the cluster is to be serverless".to_owned(), hint);
        }
        if class == "db.t2.micro" {
            refuse(
                "class",
                format!("{class} restores no backup"),
                "take a larger class",
            );
        }
    }
    if backup.files.len() > FILES {
        let what = format!("{} files, and {FILES} are the most", backup.files.len());
        refuse(
            "files",
            what,
            "stream the backup into parts (`--stream=xbstream`): each counts as one file",
        );
    }
    let mut total: u64 = 0;
    for file in backup.files {
        total = total.saturating_add(file.bytes);
        if file.bytes > OBJECT_BYTES {
            let what = format!(
                "{} has {} bytes, and {OBJECT_BYTES} are the most",
                file.name, file.bytes
            );
            refuse("object", what, "cut the stream into smaller parts");
        }
        if let Some((what, hint)) = format_refused(&file.name, series) {
            refuse("format", what, hint);
        }
    }
    let packed = backup.files.iter().any(|file| file.name.contains(".gz"));
    let room = DATABASE_BYTES - if packed { total.min(DATABASE_BYTES) } else { 0 };
    if backup.database_bytes > room || total > DATABASE_BYTES {
        let what = format!("{} bytes of data and {total} of backup", backup.database_bytes);
        refuse(
            "size",
            what,
            "no more than 64 TiB are restored, less what a packed backup takes: part the data first",
        );
    }
    refusals
}

/// Why a file's format is not taken: its stem's last kind counts, beside the number of a part.
fn format_refused(name: &str, series: (u16, u16)) -> Option<(String, &'static str)> {
    let file = name.rsplit('/').next().unwrap_or(name);
    // `split` puts the number of a part behind the kind.
    let kinds: Vec<&str> = file
        .split('.')
        .skip(1)
        .map(|kind| kind.trim_end_matches(|c: char| c.is_ascii_digit()))
        .collect();
    let packed_by_tool = ["qp", "zst", "lz"].iter().find(|kind| kinds.contains(kind));
    if let Some(kind) = packed_by_tool {
        let hint = "make the backup without `--compress`";
        return Some((
            format!("{name} is packed by the backup program (.{kind}…), which is not restored"),
            hint,
        ));
    }
    if kinds.contains(&"xbcrypt") {
        return Some((
            format!("{name} is encrypted"),
            "make the backup without `--encrypt`",
        ));
    }
    let streamed = ["tar", "gz"].iter().find(|kind| kinds.contains(kind));
    if let (Some(kind), (8, _)) = (streamed, series) {
        let hint = "of XtraBackup 8.0 only `--stream=xbstream` is restored, unpacked";
        return Some((format!("{name} is .{kind}"), hint));
    }
    None
}

#[cfg(test)]
mod tests {
    use daybreak_model::{AuroraLine, Version};

    use super::{Backup, BackupFile, SHARED, backup_refusals};
    use crate::{Crossing, all_checks};

    #[test]
    fn what_is_shared_is_there() {
        let checks = all_checks();
        for (id, _) in SHARED {
            assert!(checks.iter().any(|about| about.id == id), "{id}");
        }
        let own = checks.iter().filter(|about| about.crossing == Crossing::Physical);
        assert_eq!(own.count(), 5);
    }

    fn good() -> Backup<'static> {
        Backup {
            arguments: &[],
            tool: None,
            server: Version::new(8, 0, 36),
            line: AuroraLine::named("aurora-mysql 3.10").expect("a line"),
            files: &[],
            database_bytes: 0,
            bucket_region: "eu-central-1",
            cluster_region: "eu-central-1",
            classes: &[],
        }
    }

    fn rules(backup: &Backup<'_>) -> Vec<&'static str> {
        backup_refusals(backup)
            .iter()
            .map(|refusal| refusal.rule)
            .collect()
    }

    fn line_of(server: Version) -> &'static AuroraLine {
        let name = match (server.major, server.minor) {
            (5, 7) => "2.12",
            _ => "3.10",
        };
        AuroraLine::named(&format!("aurora-mysql {name}")).expect("a line")
    }

    #[test]
    fn versions_meet() {
        let newer = Backup {
            server: Version::new(8, 0, 45),
            ..good()
        };
        assert_eq!(rules(&newer), ["version"]);
    }

    fn with_files(server: Version, files: &[(&str, u64)]) -> Vec<&'static str> {
        let file = |(name, bytes): &(&str, u64)| BackupFile {
            name: (*name).to_owned(),
            bytes: *bytes,
        };
        let files: Vec<BackupFile> = files.iter().map(file).collect();
        rules(&Backup {
            server,
            line: line_of(server),
            files: &files,
            ..good()
        })
    }

    fn with_arguments(arguments: &[&str]) -> Vec<&'static str> {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        rules(&Backup {
            arguments: &arguments,
            ..good()
        })
    }

    #[test]
    fn a_whole_stream_is_taken() {
        assert_eq!(rules(&good()), [""; 0]);
        assert_eq!(
            with_arguments(&["--backup", "--stream=xbstream", "--parallel=4"]),
            [""; 0]
        );
        let parts = [
            ("backup.xbstream.00000", 5_000_000_000_000),
            ("backup.xbstream.00001", 7),
        ];
        assert_eq!(with_files(Version::new(8, 0, 36), &parts), [""; 0]);
    }

    #[test]
    fn partial_and_packed_and_encrypted_backups_are_refused() {
        for option in [
            "--tables=a",
            "--tables-exclude=a",
            "--tables-file=f",
            "--databases=a",
            "--databases-exclude=a",
            "--databases-file=f",
        ] {
            assert_eq!(with_arguments(&[option]), ["partial"], "{option}");
        }
        assert_eq!(with_arguments(&["--databases", "shop"]), ["partial"]);
        assert_eq!(
            with_arguments(&["--compress", "--compress-threads=4"]),
            ["packed", "packed"]
        );
        assert_eq!(with_arguments(&["--encrypt=AES256"]), ["encrypted"]);
    }

    #[test]
    fn the_program_is_the_server_s() {
        let with_tool = |server, tool| {
            rules(&Backup {
                server,
                line: line_of(server),
                tool: Some(tool),
                ..good()
            })
        };
        let (old, new) = (Version::new(5, 7, 44), Version::new(8, 0, 36));
        assert_eq!(with_tool(old, Version::new(2, 4, 29)), [""; 0]);
        assert_eq!(with_tool(new, Version::new(8, 0, 36)), [""; 0]);
        for (server, tool) in [
            (old, (8, 0, 36)),
            (new, (2, 4, 29)),
            (new, (8, 0, 35)),
            (new, (8, 4, 0)),
        ] {
            assert_eq!(
                with_tool(server, Version::new(tool.0, tool.1, tool.2)),
                ["tool"],
                "{server} {tool:?}"
            );
        }
    }

    #[test]
    fn where_and_as_what_it_is_restored() {
        let elsewhere = Backup {
            bucket_region: "eu-west-1",
            ..good()
        };
        assert_eq!(rules(&elsewhere), ["region"]);
        let classes = [
            "db.serverless".to_owned(),
            "db.t2.micro".to_owned(),
            "db.r6g.large".to_owned(),
        ];
        let small = Backup {
            classes: &classes,
            ..good()
        };
        assert_eq!(rules(&small), ["serverless", "class"]);
    }

    #[test]
    fn files_have_formats_and_sizes() {
        let (old, new) = (Version::new(5, 7, 44), Version::new(8, 0, 36));
        for name in ["b.tar", "b.tar.gz", "b.gz.00001", "b.tar00", "b.gz07"] {
            assert_eq!(with_files(new, &[(name, 1)]), ["format"], "{name}");
            assert_eq!(with_files(old, &[(name, 1)]), [""; 0], "{name}");
        }
        for name in [
            "shop/orders.ibd.qp",
            "shop/orders.ibd.zst",
            "shop/orders.ibd.lz4",
            "b.xbstream.xbcrypt",
        ] {
            assert_eq!(with_files(new, &[(name, 1)]), ["format"], "{name}");
        }
        assert_eq!(with_files(new, &[("shop/orders.ibd", 1)]), [""; 0]);
        assert_eq!(with_files(new, &[("b.xbstream", 5_000_000_000_001)]), ["object"]);
        let many = vec![("ibd", 1); 1_000_001];
        assert_eq!(with_files(new, &many), ["files"]);
        let much = vec![("b.xbstream", 5_000_000_000_000); 15];
        assert_eq!(with_files(new, &much), ["size"]);
        let large = Backup {
            database_bytes: (64 << 40) + 1,
            ..good()
        };
        assert_eq!(rules(&large), ["size"]);
    }
}
