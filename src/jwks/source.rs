//! Where JWK Set documents come from.

use std::{future::Future, pin::Pin};

use bytes::Bytes;

use crate::user_pool::{Issuer, UserPoolId};

/// Brings the JWK Set document of a user pool.
///
/// The built-in source fetches it over HTTPS. Another one can use a client of its own, a file, or
/// whatever a test needs:
///
/// ```
/// use bytes::Bytes;
/// use cognito_authorizer::{Authorizer, KeyFuture, KeyRequest, KeySource};
///
/// #[derive(Debug)]
/// struct NoKeys;
///
/// impl KeySource for NoKeys {
///     fn fetch(&self, _request: KeyRequest) -> KeyFuture {
///         Box::pin(async { Ok(Bytes::from_static(br#"{"keys":[]}"#)) })
///     }
/// }
///
/// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb")?.key_source(NoKeys).build()?;
/// # Ok::<(), cognito_authorizer::BuildError>(())
/// ```
pub trait KeySource: std::fmt::Debug + Send + Sync + 'static {
    /// Brings the document. The future is polled on a task of its own, until it is done or the fetch
    /// times out.
    fn fetch(&self, request: KeyRequest) -> KeyFuture;
}

/// A document on its way.
pub type KeyFuture = Pin<Box<dyn Future<Output = Result<Bytes, KeySourceError>> + Send>>;

/// Which document to bring.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeyRequest {
    /// The user pool.
    pub user_pool: UserPoolId,
    /// Where the user pool's issuer publishes the document.
    pub jwks_uri: String,
}

impl KeyRequest {
    /// A request for an issuer's document.
    pub fn new(issuer: &Issuer) -> Self {
        Self { user_pool: issuer.user_pool().clone(), jwks_uri: issuer.jwks_uri().to_owned() }
    }
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeySourceError {
    /// The server did not answer, or the connection broke.
    #[error("no complete answer from the server")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server answered with a status other than 200.
    #[error("the server answered with status {0}; expected 200")]
    Status(u16),
    /// The document is longer than [`MAX_JWK_SET_BYTES`](crate::limits::MAX_JWK_SET_BYTES).
    #[error("the document is longer than {} bytes", crate::limits::MAX_JWK_SET_BYTES)]
    TooLong,
    /// Anything else that a source has to say.
    #[error("the key source failed")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}
