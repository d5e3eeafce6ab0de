//! `mysqldump` and `mysql`, `mariadb-dump` and `mariadb`: what they are called with, and where a dump says that it stands.
//!
//! Sources: MySQL manual, "mysqldump — A Database Backup Program", "mysql Client Options", "Option-File Option Variables"; MariaDB
//! Knowledge Base, "mariadb-dump".

use std::fmt::Write as _;
use std::path::Path;

use daybreak_model::{Endpoint, Position, Tls};

use super::quote;
use crate::certificates::authorities_as_text;
use crate::private_file::private_file;
use crate::{ClientLogin, DataFiles, EngineError, ToolCalls, ToolWish};

/// An administrator of Aurora's may not keep statements out of the binary log.
const LEFT_OUT: [&str; 3] = [
    "SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;",
    "SET @@SESSION.SQL_LOG_BIN= 0;",
    "SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN;",
];

/// Writes an option file, which both families of clients read.
pub(crate) fn login(endpoint: &Endpoint, folder: &Path) -> Result<ClientLogin, EngineError> {
    let mut text = format!(
        "[client]\nprotocol=tcp\nhost={}\nport={}\nuser={}\npassword={}\n",
        quote::option(&endpoint.host),
        endpoint.port,
        quote::option(&endpoint.user),
        quote::option(endpoint.password.expose())
    );
    // MySQL's know the first word; MariaDB's know the others, and use no TLS before 11.4 unless told to.
    let (mode, used, checked) = match &endpoint.tls {
        Tls::Verify { .. } => ("VERIFY_IDENTITY", 1, 1),
        Tls::Require => ("REQUIRED", 1, 0),
        Tls::Off => ("DISABLED", 0, 0),
    };
    let _ = write!(
        text,
        "loose-ssl-mode={mode}\nloose-ssl={used}\nloose-ssl-verify-server-cert={checked}\n"
    );
    match &endpoint.tls {
        Tls::Verify { ca } => {
            let authorities = authorities_as_text(endpoint, ca.as_deref())?;
            let file = private_file(endpoint, folder, "authorities.pem", &authorities)?;
            let _ = writeln!(text, "ssl-ca={}", quote::option(&file.display().to_string()));
        }
        Tls::Require => {}
        Tls::Off => text.push_str("loose-skip-ssl\n"),
    }
    if let Some(own) = &endpoint.certificate {
        let _ = writeln!(
            text,
            "ssl-cert={}",
            quote::option(&own.chain.display().to_string())
        );
        let _ = writeln!(text, "ssl-key={}", quote::option(&own.key.display().to_string()));
    }
    let file = private_file(endpoint, folder, "login.cnf", &text)?;
    let mut argument = std::ffi::OsString::from("--defaults-file=");
    argument.push(file);
    Ok(ClientLogin {
        arguments: vec![argument],
        environment: Vec::new(),
    })
}

/// Writes an option file for XtraBackup or mariadb-backup, which reach the server from its own machine; each reads the group of the first's
/// name.
pub(crate) fn backup_login(
    endpoint: &Endpoint,
    files: &DataFiles,
    folder: &Path,
) -> Result<ClientLogin, EngineError> {
    let mut text = format!(
        "[xtrabackup]\nuser={}\npassword={}\n",
        quote::option(&endpoint.user),
        quote::option(endpoint.password.expose())
    );
    let _ = if files.socket.exists() {
        writeln!(text, "socket={}", quote::option(&files.socket.to_string_lossy()))
    } else {
        writeln!(
            text,
            "host={}\nport={}",
            quote::option(&endpoint.host),
            endpoint.port
        )
    };
    let file = private_file(endpoint, folder, "login.cnf", &text)?;
    let mut argument = std::ffi::OsString::from("--defaults-extra-file=");
    argument.push(file);
    Ok(ClientLogin {
        arguments: vec![argument],
        environment: Vec::new(),
    })
}

/// A dump of one transaction that says where it stands. Events are not in it: they would run as soon as they are there. Nor are MariaDB's
/// routines and triggers.
pub(crate) fn calls(wish: &ToolWish<'_>) -> ToolCalls {
    let mut dump: Vec<String> = [
        "--single-transaction",
        "--quick",
        "--hex-blob",
        "--no-tablespaces",
        "--default-character-set=utf8mb4",
    ]
    .map(str::to_owned)
    .into();
    if wish.version.contains("MariaDB") {
        dump.push("--master-data=2".to_owned());
        // MySQL does not know the modes in which they are made.
        dump.push("--skip-triggers".to_owned());
    } else {
        dump.push("--routines".to_owned());
        dump.push("--triggers".to_owned());
        // `--source-data` since 8.0.26; the old word went with 8.4.
        let old = [
            " 5.", " 8.0.1", " 8.0.20", " 8.0.21", " 8.0.22", " 8.0.23", " 8.0.24", " 8.0.25",
        ];
        let word = if old.iter().any(|version| wish.version.contains(version)) {
            "--master-data=2"
        } else {
            "--source-data=2"
        };
        let gtids = if wish.by_gtid { "COMMENTED" } else { "OFF" };
        dump.push(word.to_owned());
        dump.push(format!("--set-gtid-purged={gtids}"));
        // A server before 8.0 has none, and MariaDB has others.
        dump.push("--loose-column-statistics=0".to_owned());
    }
    // Names follow, and no more options.
    dump.extend(["--databases".to_owned(), "--".to_owned()]);
    dump.extend(wish.schemas.iter().cloned());
    ToolCalls {
        dump,
        load: vec![
            "--binary-mode".to_owned(),
            "--default-character-set=utf8mb4".to_owned(),
        ],
        before: "",
        after: "",
        left_out: LEFT_OUT.map(str::to_owned).into(),
        // Its rows stand in one line each, with what would end it escaped.
        left_out_until: &[],
    }
}

/// Where a dump stands, by the comments at its head.
pub(crate) fn position(head: &str, by_gtid: bool) -> Option<Position> {
    let quoted = |word: &str| {
        let (_, rest) = head.split_once(word)?;
        let (_, rest) = rest.split_once('\'')?;
        rest.split_once('\'').map(|(value, _)| value)
    };
    if by_gtid {
        let set: String = quoted("GTID_PURGED=")?.split_whitespace().collect();
        let set = set.trim_start_matches('+').parse().ok()?;
        return Some(Position::Gtid(set));
    }
    let file = quoted("SOURCE_LOG_FILE=").or_else(|| quoted("MASTER_LOG_FILE="))?;
    let (_, rest) = head.split_once("_LOG_POS=")?;
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    Some(Position::BinlogFile {
        file: file.to_owned(),
        offset: rest[..end].parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::{calls, position};
    use crate::ToolWish;

    #[test]
    fn a_dump_says_where_it_stands() {
        let uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
        let new = format!(
            "-- GTID state\n/* SET @@GLOBAL.GTID_PURGED='+{uuid}:1-5,\n{}:7';*/\n\n-- CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='binlog.000007', SOURCE_LOG_POS=4711;\n",
            uuid.replace('3', "4")
        );
        let by_gtid = position(&new, true).expect("a position").to_string();
        assert!(
            by_gtid.contains(&format!("{uuid}:1-5")) && by_gtid.contains(":7"),
            "{by_gtid}"
        );
        let by_file = |head: &str| position(head, false).map(|position| position.to_string());
        assert_eq!(by_file(&new).as_deref(), Some("binlog.000007:4711"));
        let old = "-- CHANGE MASTER TO MASTER_LOG_FILE='mysql-bin.000002', MASTER_LOG_POS=154;\n";
        assert_eq!(by_file(old).as_deref(), Some("mysql-bin.000002:154"));
        assert_eq!(position(old, true), None);
        assert_eq!(by_file("-- MySQL dump 10.13\n"), None);
    }

    #[test]
    fn each_version_is_called_by_its_own_words() {
        let words = |version: &str| {
            let wish = ToolWish {
                version,
                schemas: &["shop".to_owned()],
                by_gtid: true,
                snapshot: None,
            };
            calls(&wish).dump.join(" ")
        };
        assert!(
            words("mysqldump  Ver 9.7.4 for Linux on x86_64")
                .contains("--source-data=2 --set-gtid-purged=COMMENTED")
        );
        assert!(words("mysqldump  Ver 8.0.36-28 for Linux on x86_64").contains("--source-data=2"));
        assert!(words("mysqldump  Ver 8.0.23 for Linux").contains("--master-data=2"));
        assert!(words("mysqldump  Ver 10.13 Distrib 5.7.44, for Linux").contains("--master-data=2"));
        let maria = words("mariadb-dump from 10.11.14-MariaDB, client 10.19 for debian-linux-gnu (x86_64)");
        assert!(
            maria.contains("--master-data=2") && !maria.contains("gtid"),
            "{maria}"
        );
    }
}
