//! The certificates of a connection: whose word we take for a server's, and our own where an account asks for one.

mod amazon;

use std::path::{Path, PathBuf};

use daybreak_model::Endpoint;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::{EngineError, ErrorKind};

pub use self::amazon::{AmazonPartition, amazon_authorities, count_amazon_authorities};

/// The system's authorities, Amazon's where their file is found, and the plan's own (`ca`).
///
/// # Errors
/// When a file that was named cannot be read or holds no authority's certificate.
pub(crate) fn authorities(
    endpoint: &Endpoint,
    ca: Option<&Path>,
) -> Result<Vec<CertificateDer<'static>>, EngineError> {
    let mut found = rustls_native_certs::load_native_certs().certs;
    for path in amazon::amazon_authorities() {
        let certificates = read(endpoint, &path)?;
        if certificates.is_empty() && amazon::is_asked_for(&path) {
            return Err(holds_none(endpoint, &path));
        }
        found.extend(certificates);
    }
    if let Some(path) = ca {
        let certificates = read(endpoint, path)?;
        if certificates.is_empty() {
            return Err(holds_none(endpoint, path));
        }
        found.extend(certificates);
    }
    Ok(found)
}

/// The certificates of a PEM file that can serve as authorities; others are passed over.
fn read(endpoint: &Endpoint, path: &Path) -> Result<Vec<CertificateDer<'static>>, EngineError> {
    let pem = std::fs::read(path).map_err(|error| unusable(endpoint, path, &error.to_string()))?;
    Ok(CertificateDer::pem_slice_iter(&pem)
        .filter_map(Result::ok)
        .filter(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok())
        .collect())
}

/// Where systems keep the file with all their authorities: Debian's, Red Hat's.
const SYSTEM_FILES: [&str; 2] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

/// The same authorities as text, for programs that are not us.
///
/// # Errors
/// When a file that was named cannot be read.
pub(crate) fn authorities_as_text(endpoint: &Endpoint, ca: Option<&Path>) -> Result<String, EngineError> {
    let system = SYSTEM_FILES.into_iter().map(PathBuf::from);
    let system = system.filter(|path| path.is_file());
    let mut text = String::new();
    for path in system
        .chain(amazon::amazon_authorities())
        .chain(ca.map(Path::to_owned))
    {
        let pem = std::fs::read_to_string(&path);
        text.push_str(&pem.map_err(|error| unusable(endpoint, &path, &error.to_string()))?);
        text.push('\n');
    }
    Ok(text)
}

/// Our own certificate chain and its key, where the endpoint names them.
pub(crate) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Reads what the endpoint's `cert` and `key` name.
///
/// # Errors
/// When a file cannot be read, or holds no certificate or no key.
pub(crate) fn identity(endpoint: &Endpoint) -> Result<Option<Identity>, EngineError> {
    let Some(files) = &endpoint.certificate else {
        return Ok(None);
    };
    let unreadable =
        |path: &Path, error: rustls::pki_types::pem::Error| unusable(endpoint, path, &error.to_string());
    let chain: Vec<_> = CertificateDer::pem_file_iter(&files.chain)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(&files.chain, error))?;
    if chain.is_empty() {
        return Err(unusable(
            endpoint,
            &files.chain,
            "it holds no certificate in PEM form",
        ));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unreadable(&files.key, error))?;
    Ok(Some((chain, key)))
}

fn holds_none(endpoint: &Endpoint, path: &Path) -> EngineError {
    unusable(endpoint, path, "it holds no authority's certificate in PEM form")
}

fn unusable(endpoint: &Endpoint, path: &Path, why: &str) -> EngineError {
    EngineError {
        server: endpoint.to_string(),
        what: format!("failed to use the certificate file `{}`: {why}", path.display()),
        kind: ErrorKind::Tls,
        code: None,
        hint: Some("name a readable PEM file, or leave it out of the URL".to_owned()),
        source: None,
    }
}
