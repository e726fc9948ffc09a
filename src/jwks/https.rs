//! The built-in key source: fetches over HTTPS, or over HTTP from this machine.

use std::{error::Error, fmt, io, iter, net::IpAddr, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{
    Client, ClientBuilder, Proxy, Response, StatusCode, Url,
    header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH},
    redirect::Policy,
};

use super::{KeyFuture, KeyRequest, KeyResponse, KeySource, KeySourceError, source::chain};
use crate::{address::RedactedUrl, error_text::debug_as_display, limits::MAX_JWK_SET_BYTES, user_pool::Issuer};

/// Fetches JWK Set documents with `reqwest` and rustls.
///
/// The source fetches over HTTPS, or over HTTP if the host is a loopback address (an emulator). It does not follow
/// redirects, treats any status other than 200 (or 304, if the request had an `ETag`) as a failure, and reads at most
/// 150,000 bytes. It supports `ETag` and `Cache-Control`, and does not request compression. If a connection breaks
/// before a response arrives, the source retries once, within the time-out of the fetch. A response with any status is
/// final.
///
/// The source ignores the proxies of the environment (`HTTPS_PROXY`, `ALL_PROXY`); name a proxy with
/// [`through_proxy`](Self::through_proxy). It trusts the certificate authorities of the operating system, unless the
/// variables `SSL_CERT_FILE` and `SSL_CERT_DIR` replace them. A [custom client](Self::with_client) has its own settings
/// for proxies and certificate authorities.
///
/// `Debug` shows nothing of the client, because its default headers may hold a secret.
///
/// ```
/// use cognito_authorizer::{Authorizer, keys::HttpsKeySource};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keys = HttpsKeySource::through_proxy("http://proxy.example:3128")?;
/// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").key_source(keys).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HttpsKeySource {
    client: Client,
    allows_plain_http: bool,
}

impl HttpsKeySource {
    /// Creates a source with a default client.
    ///
    /// # Errors
    ///
    /// [`HttpsKeySourceError::Client`] if the TLS back end cannot be set up.
    pub fn new() -> Result<Self, HttpsKeySourceError> {
        Self::with_proxy(None)
    }

    /// Creates a source that fetches through a proxy.
    ///
    /// The address is `http://host:port` or `https://host:port`, with `user:password@` before the host if the proxy
    /// requires credentials. The proxy only forwards encrypted connections (`CONNECT`), so it cannot change a document.
    /// Addresses with `http` are fetched without the proxy.
    ///
    /// # Errors
    ///
    /// [`HttpsKeySourceError::Proxy`] if the address is not a proxy address; [`HttpsKeySourceError::Client`] if the TLS
    /// back end cannot be set up.
    pub fn through_proxy(proxy: &str) -> Result<Self, HttpsKeySourceError> {
        let is_proxy = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        let url = Url::parse(proxy).ok().filter(is_proxy).ok_or(HttpsKeySourceError::Proxy)?;
        Self::with_proxy(Some(Proxy::https(url).map_err(|_| HttpsKeySourceError::Proxy)?))
    }

    fn with_proxy(proxy: Option<Proxy>) -> Result<Self, HttpsKeySourceError> {
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            // Another crate of the build may enable these features.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .user_agent(concat!("cognito-authorizer/", env!("CARGO_PKG_VERSION")));
        let client = proxy.into_iter().fold(client, ClientBuilder::proxy);
        let client = client.build().map_err(|error| HttpsKeySourceError::Client(error.without_url().into()))?;
        Ok(Self::with_client(client))
    }

    /// Creates a source with a custom client: for example with a private certificate authority, a client certificate,
    /// or a proxy for plain HTTP.
    ///
    /// The client's settings apply. Disable redirects: the source rejects a redirected response, but only after the
    /// client has followed the redirect. Status, size and time are limited whatever the client's settings.
    pub fn with_client(client: Client) -> Self {
        Self { client, allows_plain_http: false }
    }

    /// Allows plain HTTP to any host; see [`danger`](crate::danger).
    pub(crate) fn allow_plain_http(mut self) -> Self {
        tracing::warn!("JWK Sets may be fetched over plain HTTP: any machine on the network can forge tokens");
        self.allows_plain_http = true;
        self
    }

    /// Returns the URL to fetch from, or an error if the address is not safe.
    pub(crate) fn require_safe(&self, jwks_uri: &str) -> Result<Url, HttpsKeySourceError> {
        let is_safe = |url: &Url| {
            let is_private = match url.scheme() {
                "https" => true,
                "http" => self.allows_plain_http || url.host_str().is_some_and(is_loopback),
                _ => false,
            };
            is_private && url.has_host()
        };
        // The error omits the address, because it may hold a secret.
        if jwks_uri.contains('@') {
            return Err(HttpsKeySourceError::Credentials);
        }
        let url = Url::parse(jwks_uri).ok();
        let mut url = url
            .filter(is_safe)
            .ok_or_else(|| HttpsKeySourceError::Address { jwks_uri: RedactedUrl(jwks_uri).to_string() })?;
        url.set_fragment(None);
        Ok(url)
    }
}

impl fmt::Debug for HttpsKeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client: _, allows_plain_http } = self;
        f.debug_struct("HttpsKeySource").field("allows_plain_http", allows_plain_http).finish_non_exhaustive()
    }
}

impl KeySource for HttpsKeySource {
    fn supports(&self, issuer: &Issuer) -> Result<(), KeySourceError> {
        self.require_safe(issuer.jwks_uri()).map(drop).map_err(|error| KeySourceError::Other(error.into()))
    }

    fn fetch(&self, request: KeyRequest) -> KeyFuture {
        let source = self.clone();
        Box::pin(async move {
            let url = source.require_safe(&request.jwks_uri).map_err(|error| KeySourceError::Other(error.into()))?;
            let ask = || {
                let call = source.client.get(url.clone());
                request.etag.iter().fold(call, |call, etag| call.header(IF_NONE_MATCH, etag)).send()
            };
            let response = match ask().await {
                Err(error) if is_broken(&error) => ask().await,
                answer => answer,
            };
            let response = response.map_err(connection)?;
            let status = response.status();
            let was_redirected = *response.url() != url;
            let max_age = response.headers().get(CACHE_CONTROL).and_then(|value| max_age(value.to_str().ok()?));
            if status == StatusCode::NOT_MODIFIED && request.etag.is_some() && !was_redirected {
                return Ok(KeyResponse::not_modified(max_age));
            }
            if was_redirected {
                return Err(KeySourceError::Redirected);
            }
            if status != StatusCode::OK {
                return Err(KeySourceError::Status(status.as_u16()));
            }
            let etag = response.headers().get(ETAG).and_then(|value| value.to_str().ok()).map(str::to_owned);
            Ok(KeyResponse::document(read(response).await?, etag, max_age))
        })
    }
}

/// Reads the body up to the size limit.
async fn read(mut response: Response) -> Result<Bytes, KeySourceError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(connection)? {
        if body.len().saturating_add(chunk.len()) > MAX_JWK_SET_BYTES {
            return Err(KeySourceError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Whether the connection failed, or broke before a response arrived: for example because the server restarted or a
/// load balancer closed the connection.
fn is_broken(error: &reqwest::Error) -> bool {
    let mut causes = iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source());
    let is_reset = |cause: &(dyn Error + 'static)| match cause.downcast_ref::<hyper::Error>() {
        Some(error) => error.is_incomplete_message() || error.is_canceled() || error.is_closed(),
        None => cause.downcast_ref::<io::Error>().is_some_and(|error| RESETS.contains(&error.kind())),
    };
    !error.is_timeout() && (error.is_connect() || error.is_request() && causes.any(is_reset))
}

/// The operating system's errors for a broken connection.
const RESETS: [io::ErrorKind; 4] = [
    io::ErrorKind::BrokenPipe,
    io::ErrorKind::ConnectionAborted,
    io::ErrorKind::ConnectionReset,
    io::ErrorKind::UnexpectedEof,
];

fn connection(error: reqwest::Error) -> KeySourceError {
    KeySourceError::Connection(error.without_url().into())
}

/// Returns how long a response may be reused (RFC 9111 §5.2.2): `max-age`, or zero for `no-store` and `no-cache`.
fn max_age(cache_control: &str) -> Option<Duration> {
    let directives = || cache_control.split(',').map(str::trim);
    let forbids = |directive: &str| ["no-store", "no-cache"].iter().any(|word| directive.eq_ignore_ascii_case(word));
    if directives().any(forbids) {
        return Some(Duration::ZERO);
    }
    let seconds = directives().find_map(|directive| {
        let (name, value) = directive.split_once('=')?;
        name.eq_ignore_ascii_case("max-age").then(|| value.trim_matches('"').parse().ok())?
    });
    seconds.map(Duration::from_secs)
}

/// An error from creating an [`HttpsKeySource`] or checking an address for it.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum HttpsKeySourceError {
    /// The address is neither https nor http with a loopback host.
    #[error(
        "`{jwks_uri}` is not the address of a JWK Set: use https, or http with a loopback host; `danger.plain_http` \
             of a configuration and `dangerous().allow_plain_http()` allow http with any host"
    )]
    Address {
        /// The address, without its query and fragment.
        jwks_uri: String,
    },
    /// The address contains an `@`, and so a user name or password.
    #[error(
        "the address of a JWK Set contains an `@`, so it may contain a password: remove the user name and the password"
    )]
    Credentials,
    /// The proxy address cannot be used. The error omits the address, because it may hold a password.
    #[error("the address of the proxy cannot be used: write `http://` or `https://`, and a host")]
    Proxy,
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up: {}", chain(.0.as_ref()))]
    Client(Box<dyn Error + Send + Sync>),
}

debug_as_display!(HttpsKeySourceError);

/// Whether the host is `localhost` or below it (RFC 6761 §6.3), in 127.0.0.0/8, or ::1.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_to_this_machine_alone() {
        for (jwks_uri, expected) in [
            ("https://cognito-idp.eu-west-1.amazonaws.com/x/.well-known/jwks.json", true),
            ("http://127.0.0.1:9229/x", true),
            ("http://127.8.9.1/x", true),
            ("http://[::1]:9229/x", true),
            ("http://localhost:9229/x", true),
            ("http://cognito-idp.eu-west-1.amazonaws.com/x", false),
            ("http://169.254.169.254/latest", false),
            ("http://localhost.evil.example/x", false),
            ("http://127.0.0.1.evil.example/x", false),
            ("http://127.0.0.1@evil.example/x", false),
            ("https://user:secret@keys.example/x", false),
            ("file:///etc/passwd", false),
            ("https:", false),
            ("", false),
        ] {
            let source = HttpsKeySource::new().unwrap();
            assert_eq!(source.require_safe(jwks_uri).is_ok(), expected, "{jwks_uri}");
            let is_http = jwks_uri.starts_with("http://") && !jwks_uri.contains('@');
            assert_eq!(source.allow_plain_http().require_safe(jwks_uri).is_ok(), expected || is_http, "{jwks_uri}");
        }
    }

    #[test]
    fn a_password_is_rejected_and_not_repeated() {
        for address in ["https://user:secret@keys.example/x", "https://u:/secret@keys.example", "u:secret@keys.example"]
        {
            let error = HttpsKeySource::new().unwrap().require_safe(address).unwrap_err();
            assert!(matches!(error, HttpsKeySourceError::Credentials), "{error:?}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn understands_cache_control() {
        for (value, expected) in [
            ("max-age=600", Some(600)),
            ("public, max-age=86400, must-revalidate", Some(86_400)),
            ("Max-Age=\"60\"", Some(60)),
            ("max-age=600, no-cache", Some(0)),
            ("no-store", Some(0)),
            ("s-maxage=600", None),
            ("max-age=-1", None),
            ("max-age=x", None),
            ("public", None),
            ("", None),
        ] {
            assert_eq!(max_age(value), expected.map(Duration::from_secs), "{value}");
        }
    }
}
