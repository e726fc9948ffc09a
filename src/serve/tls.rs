//! TLS for the clients of a server, with a certificate that can be replaced.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::{CryptoProvider, aws_lc_rs},
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use super::{error::ServerError, listener::Stream};
use crate::{
    limits::{MAX_PEM_BYTES, SERVE_HEAD_TIMEOUT},
    regular_file,
};

/// A certificate with its key, from PEM files (RFC 7468): the certificate first, then those that issued it.
#[derive(Clone)]
pub struct Certificate {
    config: Arc<ServerConfig>,
    content: Arc<[Vec<u8>; 2]>,
}

/// `Debug` shows no key.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads the certificate and the key.
    ///
    /// # Errors
    ///
    /// [`ServerError::Certificate`] if a file cannot be read, is not PEM, or the key is not that of the certificate.
    pub fn read(certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, ServerError> {
        let (certificate, key) = (certificate.as_ref(), key.as_ref());
        let content = [read(certificate)?, read(key)?];
        let [certificates_pem, key_pem] = &content;
        let wrong = |path: &Path, reason: String| ServerError::Certificate { path: path.to_owned(), reason };
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates_pem).collect();
        let certificates = certificates.map_err(|reason| wrong(certificate, reason.to_string()))?;
        let private = PrivateKeyDer::from_pem_slice(key_pem).map_err(|reason| wrong(key, reason.to_string()))?;
        let provider = Arc::new(provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|reason| wrong(certificate, reason.to_string()))?.with_no_client_auth();
        let config = config.with_single_cert(certificates, private);
        let mut config = config.map_err(|reason| wrong(certificate, reason.to_string()))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), content: Arc::new(content) })
    }
}

/// Returns the cryptography of TLS.
pub(super) fn provider() -> CryptoProvider {
    aws_lc_rs::default_provider()
}

fn read(path: &Path) -> Result<Vec<u8>, ServerError> {
    let failed = |reason: io::Error| ServerError::Certificate { path: PathBuf::from(path), reason: reason.to_string() };
    let mut content = Vec::new();
    let file = regular_file::open(path, MAX_PEM_BYTES).map_err(failed)?;
    io::Read::read_to_end(&mut { file }, &mut content).map_err(failed)?;
    Ok(content)
}

/// The certificate in use.
#[derive(Clone, Debug)]
pub(super) struct Tls(Arc<ArcSwap<Certificate>>);

impl Tls {
    pub(super) fn new(certificate: Certificate) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(certificate)))
    }

    /// Replaces the certificate for new connections. Returns whether it is another one.
    pub(super) fn replace(&self, certificate: Certificate) -> bool {
        let is_other = self.0.load().content != certificate.content;
        if is_other {
            self.0.store(Arc::new(certificate));
        }
        is_other
    }

    /// Waits for the handshake, which must end soon.
    pub(super) async fn accept(&self, stream: Box<dyn Stream>) -> io::Result<Box<dyn Stream>> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.0.load().config));
        let stream = tokio::time::timeout(SERVE_HEAD_TIMEOUT, acceptor.accept(stream)).await??;
        Ok(Box::new(stream))
    }
}
