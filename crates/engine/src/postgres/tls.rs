//! How a connection's certificate is checked.

use std::sync::Arc;

use daybreak_model::{Endpoint, Tls};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::classify::trouble;
use crate::certificates;
use crate::{EngineError, ErrorKind};

/// What the driver needs to encrypt connections to `endpoint`.
pub(crate) fn connector(endpoint: &Endpoint) -> Result<MakeRustlsConnect, EngineError> {
    // The process-wide default provider may be another one, or none: rustls panics on a guess.
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(endpoint, "failed to set up TLS", error))?;
    let builder = match &endpoint.tls {
        Tls::Verify { ca } => {
            let mut store = RootCertStore::empty();
            store.add_parsable_certificates(certificates::authorities(endpoint, ca.as_deref())?);
            builder.with_root_certificates(store)
        }
        Tls::Require | Tls::Off => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider))),
    };
    let config = match certificates::identity(endpoint)? {
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(|error| unusable(endpoint, "failed to use our certificate and its key", error))?,
        None => builder.with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
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
