use std::path::PathBuf;

use url::Url;

use crate::{Family, Secret};

/// How a connection is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Encrypted, and the certificate is checked against the system's authorities, Amazon's for RDS, and `ca` if given.
    Verify {
        /// A PEM file with a further authority.
        ca: Option<PathBuf>,
    },
    /// Encrypted, certificate not checked: for servers with a certificate of their own making.
    Require,
    /// Plain text: for loopback and tunnels.
    Off,
}

/// Our own certificate, for accounts that ask for one (MySQL `REQUIRE X509`, PostgreSQL `cert` in `pg_hba.conf`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// A PEM file with the certificate, and those between it and its authority.
    pub chain: PathBuf,
    /// A PEM file with its private key.
    pub key: PathBuf,
}

/// Where a database server listens and who we are to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// What messages call it, such as `source` or `target`.
    pub label: String,
    /// Which protocol it speaks.
    pub family: Family,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Account.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// The database to connect to; PostgreSQL needs one.
    pub database: Option<String>,
    /// Protection of the connection.
    pub tls: Tls,
    /// What we show the server, if it asks.
    pub certificate: Option<ClientCertificate>,
    /// Host and port at which the *other side's servers* reach it, where that differs from ours.
    pub reachable_as: Option<(String, u16)>,
}

/// A connection URL that cannot be used. Never repeats the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not a URL at all.
    #[error("the connection URL for `{label}` cannot be read: {reason}")]
    NotAUrl {
        /// What the endpoint is called.
        label: String,
        /// What the URL parser says.
        reason: String,
    },
    /// Neither `mysql` nor `postgres`.
    #[error(
        "the connection URL for `{label}` begins with `{scheme}`, which is neither `mysql` nor `postgres`"
    )]
    UnknownScheme {
        /// What the endpoint is called.
        label: String,
        /// What was given.
        scheme: String,
    },
    /// Something needed is not in it.
    #[error("the connection URL for `{label}` has no {missing}")]
    Missing {
        /// What the endpoint is called.
        label: String,
        /// Host, user, or one of two files that go together.
        missing: &'static str,
    },
    /// `?tls=` or another parameter is not understood.
    #[error("the connection URL for `{label}` has `{parameter}`, which is not understood")]
    Parameter {
        /// What the endpoint is called.
        label: String,
        /// Name and value.
        parameter: String,
    },
}

impl EndpointError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Parameter { .. } => {
                "the parameters are `tls=verify`, `tls=require`, `tls=off`, `ca=FILE`, and `cert=FILE` with `key=FILE`".to_owned()
            }
            _ => "write it as mysql://user@host:3306/ or postgres://user@host:5432/database".to_owned(),
        }
    }
}

impl Endpoint {
    /// Reads `mysql://user:password@host:port/database?tls=verify|require|off&ca=FILE&cert=FILE&key=FILE` (or `postgres://…`).
    ///
    /// # Errors
    /// When the text is not such a URL; the error never repeats the password.
    pub fn parse(label: &str, text: &str) -> Result<Self, EndpointError> {
        let label = label.to_owned();
        let url = Url::parse(text).map_err(|error| EndpointError::NotAUrl {
            label: label.clone(),
            reason: error.to_string(),
        })?;
        let (family, default_port) = match url.scheme() {
            "mysql" | "mariadb" => (Family::Mysql, 3306),
            "postgres" | "postgresql" => (Family::Postgres, 5432),
            other => {
                return Err(EndpointError::UnknownScheme {
                    label,
                    scheme: other.to_owned(),
                });
            }
        };
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or(EndpointError::Missing {
            label: label.clone(),
            missing: "host",
        })?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let user = decode(url.username());
        if user.is_empty() {
            return Err(EndpointError::Missing {
                label,
                missing: "user",
            });
        }
        let database = Some(decode(url.path().trim_start_matches('/'))).filter(|name| !name.is_empty());
        let (mut mode, mut ca) = (None, None);
        let (mut chain, mut key_file) = (None, None);
        for (key, value) in url.query_pairs() {
            match (key.as_ref(), value.as_ref()) {
                ("tls", "verify" | "require" | "off") => mode = Some(value.into_owned()),
                ("ca", path) if !path.is_empty() => ca = Some(PathBuf::from(path)),
                ("cert", path) if !path.is_empty() => chain = Some(PathBuf::from(path)),
                ("key", path) if !path.is_empty() => key_file = Some(PathBuf::from(path)),
                (key, value) => {
                    return Err(EndpointError::Parameter {
                        label,
                        parameter: format!("{key}={value}"),
                    });
                }
            }
        }
        let tls = match mode.as_deref() {
            Some("require") => Tls::Require,
            Some("off") => Tls::Off,
            _ => Tls::Verify { ca },
        };
        let certificate = match (chain, key_file) {
            (Some(chain), Some(key)) => Some(ClientCertificate { chain, key }),
            (None, None) => None,
            (Some(_), None) => {
                return Err(EndpointError::Missing {
                    label,
                    missing: "key=FILE beside its cert=FILE",
                });
            }
            (None, Some(_)) => {
                return Err(EndpointError::Missing {
                    label,
                    missing: "cert=FILE beside its key=FILE",
                });
            }
        };
        Ok(Self {
            label,
            family,
            host,
            port: url.port().unwrap_or(default_port),
            user,
            password: Secret::new(decode(url.password().unwrap_or_default())),
            database,
            tls,
            certificate,
            reachable_as: None,
        })
    }

    /// A connection URL with another server's address in place of its own; `None` where that makes no URL.
    #[must_use]
    pub fn url_at(text: &str, other: &Self) -> Option<String> {
        let mut url = Url::parse(text).ok()?;
        let host = if other.host.contains(':') {
            format!("[{}]", other.host)
        } else {
            other.host.clone()
        };
        url.set_host(Some(&host)).ok()?;
        url.set_port(Some(other.port)).ok()?;
        Some(url.into())
    }

    /// `host:port`, for messages.
    #[must_use]
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Host and port for a server of the other side that is to replicate from this one.
    #[must_use]
    pub fn replication_address(&self) -> (String, u16) {
        self.reachable_as
            .clone()
            .unwrap_or_else(|| (self.host.clone(), self.port))
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ({})", self.label, self.address())
    }
}

/// Undoes percent-encoding; what is not valid UTF-8 afterwards is kept as it was written.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let raw = text.as_bytes();
    let mut at = 0;
    while at < raw.len() {
        let escaped = (raw[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(byte) = escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            at += 3;
        } else {
            bytes.push(raw[at]);
            at += 1;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, EndpointError, Tls};
    use crate::Family;

    #[test]
    fn reads_every_part_of_a_url() {
        let endpoint =
            Endpoint::parse("source", "mysql://dba:p%40ss@db1.example:3307/shop?tls=require").expect("valid");
        assert_eq!(endpoint.family, Family::Mysql);
        assert_eq!((endpoint.host.as_str(), endpoint.port), ("db1.example", 3307));
        assert_eq!(endpoint.password.expose(), "p@ss");
        assert_eq!(endpoint.database.as_deref(), Some("shop"));
        assert_eq!(endpoint.tls, Tls::Require);
    }

    #[test]
    fn tls_is_verified_unless_told_otherwise() {
        let endpoint = Endpoint::parse("target", "postgres://dba@host/db").expect("valid");
        assert_eq!(endpoint.tls, Tls::Verify { ca: None });
        assert_eq!(endpoint.port, 5432);
    }

    #[test]
    fn a_certificate_comes_with_its_key() {
        let endpoint =
            Endpoint::parse("s", "postgres://u@h/d?cert=/etc/dba.pem&key=/etc/dba.key").expect("valid");
        let files = endpoint.certificate.expect("named");
        assert_eq!(
            (files.chain.to_str(), files.key.to_str()),
            (Some("/etc/dba.pem"), Some("/etc/dba.key"))
        );
        for half in ["mysql://u@h/?cert=a", "mysql://u@h/?key=a"] {
            let error = Endpoint::parse("s", half).expect_err("half of it");
            assert!(error.to_string().contains("=FILE beside"), "{error}");
        }
    }

    #[test]
    fn errors_name_the_place_and_never_the_password() {
        for text in [
            "nonsense",
            "oracle://u:hunter2@h/",
            "mysql://:hunter2@h/",
            "mysql://u:hunter2@h/?tls=maybe",
        ] {
            let error = Endpoint::parse("source", text).expect_err("invalid");
            assert!(error.to_string().contains("source"), "{error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
        assert!(matches!(
            Endpoint::parse("s", "mysql://h/"),
            Err(EndpointError::Missing { missing: "user", .. })
        ));
    }
}
