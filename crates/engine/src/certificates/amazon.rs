//! Amazon's certificate authorities for RDS and Aurora: where their files lie, and what counts as one.
//!
//! No system trusts them by itself, so whoever verifies a cluster's certificate needs them as a file. AWS publishes it and renews it; we
//! bring it where we are told to, and never carry a copy that grows old.

use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Names one file more: `global-bundle.pem`, which AWS publishes ("Using SSL/TLS to encrypt a connection to a DB instance", RDS User
/// Guide).
const VARIABLE: &str = "DAYBREAK_RDS_CA";

/// Where that file is looked for besides; the working directory first.
const PLACES: [&str; 6] = [
    "rds-global-bundle.pem",
    "/etc/ssl/certs/rds-global-bundle.pem",
    "/etc/pki/tls/certs/rds-global-bundle.pem",
    "/etc/pki/ca-trust/source/anchors/rds-global-bundle.pem",
    "/usr/local/share/ca-certificates/rds-global-bundle.pem",
    "/usr/local/share/daybreak/rds-global-bundle.pem",
];

/// What every one of them has in its subject: `CN=Amazon RDS eu-central-1 Root CA RSA2048 G1`, say.
const SUBJECT: &[u8] = b"Amazon RDS";

/// Which of Amazon's clouds: each has authorities of its own.
///
/// Source: "Using SSL/TLS to encrypt a connection to a DB instance", RDS User Guide, of each of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmazonPartition {
    /// All commercial regions.
    Aws,
    /// AWS GovCloud (US).
    UsGov,
    /// China.
    China,
}

impl AmazonPartition {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Aws, Self::UsGov, Self::China];

    /// Where AWS publishes its authorities of all regions.
    #[must_use]
    pub fn address(self) -> &'static str {
        match self {
            Self::Aws => "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
            Self::UsGov => "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem",
            Self::China => "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem",
        }
    }

    /// What our copy is called.
    fn file(self) -> &'static str {
        match self {
            Self::Aws => "rds-global-bundle.pem",
            Self::UsGov => "rds-us-gov-bundle.pem",
            Self::China => "rds-china-bundle.pem",
        }
    }

    /// Where our copy lies: below `$XDG_DATA_HOME` or `~/.local/share`. `None` for an account without a home.
    #[must_use]
    pub fn kept_at(self) -> Option<PathBuf> {
        let data = match std::env::var_os("XDG_DATA_HOME").filter(|home| !home.is_empty()) {
            Some(home) => PathBuf::from(home),
            None => std::env::home_dir()?.join(".local/share"),
        };
        Some(data.join("daybreak").join(self.file()))
    }
}

/// The files with Amazon's authorities that are there, in the order in which they are read. One that the environment names comes
/// last, there or not: it was asked for.
#[must_use]
pub fn amazon_authorities() -> Vec<PathBuf> {
    let ours = AmazonPartition::ALL
        .into_iter()
        .filter_map(AmazonPartition::kept_at);
    let usual = PLACES.into_iter().map(PathBuf::from).chain(ours);
    usual
        .filter(|path| path.is_file())
        .chain(std::env::var_os(VARIABLE).map(PathBuf::from))
        .collect()
}

/// How many authorities of Amazon's a file in PEM form holds.
///
/// # Errors
/// In words, where it holds none, or anything that is not one of them.
pub fn count_amazon_authorities(pem: &[u8]) -> Result<usize, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| format!("not a file in PEM form: {error}"))?;
        let number = roots.len() + 1;
        roots
            .add(certificate)
            .map_err(|error| format!("its certificate {number} is not an authority's: {error}"))?;
    }
    let named_so = |root: &rustls::pki_types::TrustAnchor<'_>| {
        root.subject.windows(SUBJECT.len()).any(|part| part == SUBJECT)
    };
    match roots.roots.iter().position(|root| !named_so(root)) {
        Some(place) => Err(format!("its certificate {} is not one of Amazon RDS", place + 1)),
        None if roots.is_empty() => Err("it holds no certificate".to_owned()),
        None => Ok(roots.len()),
    }
}

/// Whether the environment names this file.
pub(super) fn is_asked_for(path: &Path) -> bool {
    std::env::var_os(VARIABLE).is_some_and(|named| Path::new(&named) == path)
}
