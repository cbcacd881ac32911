//! TLS towards the city's own servers: rustls with ring, trusting the authority in the given file, or what the
//! operating system trusts when none is given.

use crate::config::ConfigError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

pub(crate) fn client(ca_file: Option<&Path>) -> Result<ClientConfig, ConfigError> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let name = path.display().to_string();
            let unreadable = |source| ConfigError::File { path: name.clone(), source };
            let pem = std::fs::read(path).map_err(unreadable)?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate.map_err(|e| ConfigError::Tls(e.to_string()))?;
                roots.add(certificate).map_err(|e| ConfigError::Tls(e.to_string()))?;
            }
            if roots.is_empty() {
                return Err(ConfigError::NoCertificate(name));
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| ConfigError::Tls(e.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
