//! The one table from server and driver errors to [`ErrorKind`].
//!
//! Numbers are those of the MySQL manual, "Server Error Message Reference", and of MariaDB's "Error Codes".

use std::io;

use mysql_async::{DriverError, Error, IoError};

use crate::{EngineError, ErrorKind};

/// An [`EngineError`] for a driver error.
pub(crate) fn failed(server: &str, what: impl Into<String>, error: Error) -> EngineError {
    let (kind, code) = classify(&error);
    EngineError {
        server: server.to_owned(),
        what: what.into(),
        kind,
        code,
        hint: hint(&error).map(str::to_owned),
        // The driver's own words around these only say their message again.
        source: Some(match error {
            Error::Server(error) => Box::new(error),
            Error::Io(IoError::Io(error)) => Box::new(error),
            other => Box::new(other),
        }),
    }
}

/// The server's error number, if the server gave one.
pub(crate) const fn code(error: &Error) -> Option<u16> {
    match error {
        Error::Server(server) => Some(server.code),
        _ => None,
    }
}

fn classify(error: &Error) -> (ErrorKind, Option<String>) {
    match error {
        Error::Server(server) => (
            by_number(server.code, &server.message),
            Some(server.code.to_string()),
        ),
        Error::Io(IoError::Io(error)) => (by_io(error), None),
        Error::Io(IoError::Tls(_)) => (ErrorKind::Tls, None),
        Error::Driver(error) => (by_driver(error), None),
        Error::Other(_) | Error::Url(_) => (ErrorKind::Other, None),
    }
}

fn by_io(error: &io::Error) -> ErrorKind {
    // The handshake's own errors come wrapped.
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        return ErrorKind::Tls;
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::TimedOut => ErrorKind::Unreachable,
        _ => ErrorKind::ConnectionLost,
    }
}

const fn by_driver(error: &DriverError) -> ErrorKind {
    match error {
        DriverError::ConnectionClosed
        | DriverError::PacketOutOfOrder
        | DriverError::UnexpectedPacket { .. } => ErrorKind::ConnectionLost,
        DriverError::NoClientSslFlagFromServer => ErrorKind::Tls,
        DriverError::UnknownAuthPlugin { .. }
        | DriverError::MysqlOldPasswordDisabled
        | DriverError::CleartextPluginDisabled => ErrorKind::Authentication,
        _ => ErrorKind::Other,
    }
}

fn by_number(code: u16, message: &str) -> ErrorKind {
    match code {
        1040 | 1129 | 1203 => ErrorKind::Unreachable,
        1045 | 1130 | 1251 | 1524 | 1698 | 1820 | 1862 | 2061 | 3118 | 4151 => ErrorKind::Authentication,
        3159 => ErrorKind::Tls,
        1044 | 1142 | 1143 | 1227 | 1370 | 1410 | 1419 => ErrorKind::Privilege,
        1290 if message.contains("read") => ErrorKind::ReadOnly,
        1792 | 1836 => ErrorKind::ReadOnly,
        1053 | 1080 | 1152 | 1158..=1161 | 2006 | 2013 | 4031 => ErrorKind::ConnectionLost,
        1099 | 1205 | 1213 | 1614 | 3058 | 3572 => ErrorKind::Lock,
        1021 | 1114 => ErrorKind::DiskFull,
        3 | 1026 if message.contains(" 28") => ErrorKind::DiskFull,
        1030 if message.contains("28") => ErrorKind::DiskFull,
        1146 | 1168 | 1412 => ErrorKind::SchemaChanged,
        1007 | 1022 | 1050 | 1061 | 1062 | 1169 | 1304 | 1359 | 1396 | 1537 | 1586 | 1826 | 1859 | 3822 => {
            ErrorKind::Duplicate
        }
        1317 | 1927 | 1969 | 3024 | 3168 => ErrorKind::Interrupted,
        1148 | 1193 | 1235 | 1286 | 1289 | 1305 | 3948 => ErrorKind::Unsupported,
        _ => ErrorKind::Other,
    }
}

/// What to do, where the number says more than the kind.
const fn hint(error: &Error) -> Option<&'static str> {
    if matches!(error, Error::Driver(DriverError::NoClientSslFlagFromServer)) {
        return Some(
            "the server offers no TLS: give it a certificate, or set `tls=off` in its URL where the network is safe",
        );
    }
    match code(error) {
        Some(1040 | 1203) => {
            Some("the server has no connection left: raise `max_connections` or use fewer workers")
        }
        Some(1129) => Some("the server has blocked this host: run `FLUSH HOSTS` on it"),
        Some(1227) => {
            Some("the account lacks a global privilege: see the `missing privileges` of this server")
        }
        Some(1370) => Some(
            "the message names the account: if it is the definer of the object, grant it here what `SHOW GRANTS` shows at the source",
        ),
        Some(1236) => {
            Some("the binary log does not reach back so far: begin from a position that it still holds")
        }
        Some(1419) => {
            Some("set `log_bin_trust_function_creators = 1` on the server (Aurora: in the parameter group)")
        }
        Some(1148 | 3948) => Some("set `local_infile = 1` on the target (Aurora: in the parameter group)"),
        Some(3159) => {
            Some("the server accepts encrypted connections only: set `tls` to `verify` or `require`")
        }
        Some(1153 | 1301) => {
            Some("raise `max_allowed_packet` on the server above the size of the largest row")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::by_number;
    use crate::ErrorKind;

    #[test]
    fn a_servers_words_are_said_once() {
        let error = mysql_async::Error::Server(mysql_async::ServerError {
            code: 1050,
            message: "Table 'v' already exists".to_owned(),
            state: "42S01".to_owned(),
        });
        let failed = super::failed("target", "failed to create view v", error);
        let source = failed.source.expect("the server's words");
        assert_eq!(source.to_string(), "ERROR 1050 (42S01): Table 'v' already exists");
        assert!(source.source().is_none());
    }

    #[test]
    fn a_definer_that_may_not_execute_is_not_taken_for_our_account() {
        let error = mysql_async::Error::Server(mysql_async::ServerError {
            code: 1370,
            message: "execute command denied to user 'd'@'%' for routine 's.f'".to_owned(),
            state: "42000".to_owned(),
        });
        let failed = super::failed("target", "failed to create view s.v", error);
        assert_eq!(failed.kind, ErrorKind::Privilege);
        assert!(
            failed.hint().is_some_and(|hint| hint.contains("definer")),
            "{failed:?}"
        );
    }

    #[test]
    fn numbers_mean_what_the_manual_says() {
        for (code, message, kind) in [
            (1045, "Access denied for user", ErrorKind::Authentication),
            (
                1227,
                "Access denied; you need (at least one of) the SUPER privilege(s)",
                ErrorKind::Privilege,
            ),
            (
                1290,
                "The MySQL server is running with the --super-read-only option",
                ErrorKind::ReadOnly,
            ),
            (
                1290,
                "The MySQL server is running with the --secure-file-priv option",
                ErrorKind::Other,
            ),
            (1213, "Deadlock found", ErrorKind::Lock),
            (1114, "The table 't' is full", ErrorKind::DiskFull),
            (1412, "Table definition has changed", ErrorKind::SchemaChanged),
            (
                3159,
                "Connections using insecure transport are prohibited",
                ErrorKind::Tls,
            ),
            (1062, "Duplicate entry", ErrorKind::Duplicate),
        ] {
            assert_eq!(by_number(code, message), kind, "{code} {message}");
        }
    }
}
