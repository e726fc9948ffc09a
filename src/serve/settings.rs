//! How a server treats its clients.

use super::{access_log::AccessLog, peer::TrustedProxies, tls::Certificate};

/// The settings of a server. The defaults: proxies on this machine are trusted, every answer is logged, without claims, and
/// there is no TLS.
///
/// ```
/// use cognito_authorizer::serve::{AccessLog, ServerSettings, TrustedProxies};
///
/// let settings = ServerSettings::default()
///     .trusted_proxies(TrustedProxies::local().and("10.0.0.0/8")?)
///     .access_log(AccessLog::Rejected)
///     .logged_claims(["client_id"]);
/// # Ok::<(), cognito_authorizer::serve::ListenError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ServerSettings {
    pub(super) trusted: TrustedProxies,
    pub(super) access_log: AccessLog,
    pub(super) logged_claims: Vec<String>,
    pub(super) certificate: Option<Certificate>,
}

impl ServerSettings {
    /// Sets the proxies whose questions are answered, or whose `X-Forwarded` headers the reverse proxy keeps.
    pub fn trusted_proxies(self, trusted: TrustedProxies) -> Self {
        Self { trusted, ..self }
    }

    /// Sets which answers are logged.
    pub fn access_log(self, access_log: AccessLog) -> Self {
        Self { access_log, ..self }
    }

    /// Adds these claims to the events of the log. They are the data of users: name none that you do not need.
    pub fn logged_claims<C: Into<String>>(self, claims: impl IntoIterator<Item = C>) -> Self {
        Self { logged_claims: claims.into_iter().map(Into::into).collect(), ..self }
    }

    /// Speaks TLS with this certificate.
    pub fn certificate(self, certificate: Certificate) -> Self {
        Self { certificate: Some(certificate), ..self }
    }
}
