//! The built-in key source: HTTPS, and HTTP to this machine.

use std::net::IpAddr;

use bytes::{Bytes, BytesMut};
use reqwest::{Client, Url, redirect::Policy};

use super::{KeyFuture, KeyRequest, KeySource, KeySourceError};
use crate::limits::MAX_JWK_SET_BYTES;

/// Fetches JWK Set documents with `reqwest` and rustls.
///
/// A document comes by HTTPS, or by HTTP if its host is a loopback address (an emulator). A redirect
/// is not followed, a status other than 200 is a failure, and no more is read than
/// [`MAX_JWK_SET_BYTES`]. No proxy is used and no compressed answer asked for.
#[derive(Clone, Debug)]
pub struct HttpsKeySource {
    client: Client,
}

impl HttpsKeySource {
    /// A source with a client of its own.
    ///
    /// # Errors
    ///
    /// [`HttpsKeySourceError::Client`] if the TLS back end cannot be set up.
    pub fn new() -> Result<Self, HttpsKeySourceError> {
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            // Whatever features another crate of the build has turned on.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .user_agent(concat!("cognito-authorizer/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| HttpsKeySourceError::Client(error.into()))?;
        Ok(Self { client })
    }

    /// Whether a document is fetched from this address.
    pub(crate) fn require_safe(jwks_uri: &str) -> Result<(), HttpsKeySourceError> {
        let is_safe = Url::parse(jwks_uri).is_ok_and(|url| {
            let has_credentials = !url.username().is_empty() || url.password().is_some();
            !has_credentials
                && match url.scheme() {
                    "https" => url.has_host(),
                    "http" => url.host_str().is_some_and(is_loopback),
                    _ => false,
                }
        });
        if is_safe { Ok(()) } else { Err(HttpsKeySourceError::Address { jwks_uri: jwks_uri.to_owned() }) }
    }
}

impl KeySource for HttpsKeySource {
    fn fetch(&self, request: KeyRequest) -> KeyFuture {
        let client = self.client.clone();
        Box::pin(async move {
            Self::require_safe(&request.jwks_uri).map_err(|error| KeySourceError::Other(error.into()))?;
            let connection = |error: reqwest::Error| KeySourceError::Connection(error.without_url().into());
            let mut response = client.get(&request.jwks_uri).send().await.map_err(connection)?;
            if response.status() != reqwest::StatusCode::OK {
                return Err(KeySourceError::Status(response.status().as_u16()));
            }
            let mut document = BytesMut::new();
            while let Some(chunk) = response.chunk().await.map_err(connection)? {
                if document.len() + chunk.len() > MAX_JWK_SET_BYTES {
                    return Err(KeySourceError::TooLong);
                }
                document.extend_from_slice(&chunk);
            }
            Ok(Bytes::from(document))
        })
    }
}

/// Why keys cannot be fetched over HTTPS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpsKeySourceError {
    /// The address is neither https nor http to a loopback address.
    #[error(
        "`{jwks_uri}` is not an address to fetch keys from: use https, or http with a loopback host, and no credentials"
    )]
    Address {
        /// The address as it was given.
        jwks_uri: String,
    },
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// `localhost`, 127.0.0.0/8 or ::1.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
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
            assert_eq!(HttpsKeySource::require_safe(jwks_uri).is_ok(), expected, "{jwks_uri}");
        }
    }
}
