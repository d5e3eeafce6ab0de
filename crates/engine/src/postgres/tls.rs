//! How a connection's certificate is checked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use daybreak_model::{Endpoint, Tls};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::classify::trouble;
use crate::{EngineError, ErrorKind};

/// Names the file with Amazon's authorities for RDS and Aurora (`global-bundle.pem` of the RDS trust store).
const BUNDLE_VARIABLE: &str = "DAYBREAK_RDS_CA";

/// Where that file is looked for when the variable is not set; the working directory first.
const BUNDLE_PLACES: [&str; 4] = [
    "rds-global-bundle.pem",
    "/etc/ssl/certs/rds-global-bundle.pem",
    "/etc/pki/ca-trust/source/anchors/rds-global-bundle.pem",
    "/usr/local/share/ca-certificates/rds-global-bundle.pem",
];

/// What the driver needs to encrypt connections to `endpoint`.
pub(crate) fn connector(endpoint: &Endpoint) -> Result<MakeRustlsConnect, EngineError> {
    // The process-wide default provider may be another one, or none: rustls panics on a guess.
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(endpoint, "failed to set up TLS", error))?;
    let config = match &endpoint.tls {
        Tls::Verify { ca } => builder
            .with_root_certificates(authorities(endpoint, ca.as_deref())?)
            .with_no_client_auth(),
        Tls::Require | Tls::Off => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}

/// The system's authorities, Amazon's where their file is found, and the plan's own.
fn authorities(endpoint: &Endpoint, ca: Option<&Path>) -> Result<RootCertStore, EngineError> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let named = std::env::var_os(BUNDLE_VARIABLE).map(PathBuf::from);
    let bundle = named.or_else(|| {
        BUNDLE_PLACES
            .iter()
            .map(PathBuf::from)
            .find(|path| path.is_file())
    });
    for path in bundle.as_deref().into_iter().chain(ca) {
        let what = || {
            format!(
                "failed to read the certificate authorities in `{}`",
                path.display()
            )
        };
        let certificates =
            CertificateDer::pem_file_iter(path).map_err(|error| unusable(endpoint, what(), error))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| unusable(endpoint, what(), error))?;
            store
                .add(certificate)
                .map_err(|error| unusable(endpoint, what(), error))?;
        }
    }
    Ok(store)
}

fn unusable(
    endpoint: &Endpoint,
    what: impl Into<String>,
    error: impl std::error::Error + Send + Sync + 'static,
) -> EngineError {
    EngineError {
        source: Some(Box::new(error)),
        ..trouble(&endpoint.to_string(), what, ErrorKind::Tls, None)
    }
}

/// Accepts every certificate: `tls=require` encrypts and does not ask who answers.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
