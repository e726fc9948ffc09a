//! Where JWK Set documents come from.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::{
    address::RedactedUrl,
    error_text::debug_as_display,
    user_pool::{Issuer, UserPoolId},
};

/// Brings the JWK Set document of an issuer.
///
/// The built-in source fetches it over HTTPS. Another one can use a client of its own, a file, or
/// whatever a test needs:
///
/// ```
/// use bytes::Bytes;
/// use cognito_authorizer::{Authorizer, keys::{KeyFuture, KeyRequest, KeySource}};
///
/// #[derive(Debug)]
/// struct NoKeys;
///
/// impl KeySource for NoKeys {
///     fn fetch(&self, _request: KeyRequest) -> KeyFuture {
///         Box::pin(async { Ok(Bytes::from_static(br#"{"keys":[]}"#).into()) })
///     }
/// }
///
/// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").key_source(NoKeys).build()?;
/// # Ok::<(), cognito_authorizer::BuildError>(())
/// ```
pub trait KeySource: std::fmt::Debug + Send + Sync + 'static {
    /// Brings the document. The future is polled on a task of its own, until it is done or the fetch
    /// times out.
    fn fetch(&self, request: KeyRequest) -> KeyFuture;

    /// Says, when an authorizer is built, whether the source can bring this issuer's document at all.
    ///
    /// # Errors
    ///
    /// Why not: the settings are wrong. By default it can.
    fn supports(&self, _issuer: &Issuer) -> Result<(), KeySourceError> {
        Ok(())
    }

    /// Whether what it brings may be kept in the last known good directory
    /// ([`AuthorizerBuilder::last_known_good_directory`](crate::AuthorizerBuilder::last_known_good_directory)), and keys from there
    /// stand in for it. By default they may. Keys that are given by hand are not kept: they must not vouch for a user pool
    /// whose keys are fetched later on.
    fn is_persistable(&self) -> bool {
        true
    }
}

impl<S: KeySource + ?Sized> KeySource for Arc<S> {
    fn is_persistable(&self) -> bool {
        (**self).is_persistable()
    }

    fn fetch(&self, request: KeyRequest) -> KeyFuture {
        (**self).fetch(request)
    }

    fn supports(&self, issuer: &Issuer) -> Result<(), KeySourceError> {
        (**self).supports(issuer)
    }
}

/// An answer on its way.
pub type KeyFuture = Pin<Box<dyn Future<Output = Result<KeyResponse, KeySourceError>> + Send>>;

/// Which document to bring.
///
/// `Debug` shows no query of the address: it may hold a secret.
#[derive(Clone)]
#[non_exhaustive]
pub struct KeyRequest {
    /// The user pool.
    pub user_pool: UserPoolId,
    /// Where the issuer publishes the document.
    pub jwks_uri: String,
    /// The `ETag` of the document at hand: the answer may be that it is still the one.
    pub etag: Option<String>,
}

impl KeyRequest {
    /// A request for an issuer's document.
    pub fn new(issuer: &Issuer) -> Self {
        Self { user_pool: issuer.user_pool().clone(), jwks_uri: issuer.jwks_uri().to_owned(), etag: None }
    }
}

impl fmt::Debug for KeyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRequest")
            .field("user_pool", &self.user_pool)
            .field("jwks_uri", &RedactedUrl(&self.jwks_uri))
            .field("etag", &self.etag)
            .finish()
    }
}

/// What a key source answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum KeyResponse {
    /// The document.
    #[non_exhaustive]
    Document {
        /// Its JSON.
        body: Bytes,
        /// Its `ETag`, if it has one.
        etag: Option<String>,
        /// How long it stays fresh, if that is known.
        max_age: Option<Duration>,
    },
    /// The document whose `ETag` was in the request is still the one.
    #[non_exhaustive]
    NotModified {
        /// How long it stays fresh, if that is known.
        max_age: Option<Duration>,
    },
}

impl KeyResponse {
    /// A document.
    pub fn document(body: Bytes, etag: Option<String>, max_age: Option<Duration>) -> Self {
        Self::Document { body, etag, max_age }
    }

    /// The document at hand is unchanged (304).
    pub fn not_modified(max_age: Option<Duration>) -> Self {
        Self::NotModified { max_age }
    }
}

/// A document about which nothing else is known.
impl From<Bytes> for KeyResponse {
    fn from(body: Bytes) -> Self {
        Self::document(body, None, None)
    }
}

/// Why there is no document.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum KeySourceError {
    /// The server did not answer, or the connection broke.
    #[error("no complete answer from the server: {}", chain(.0.as_ref()))]
    Connection(Box<dyn std::error::Error + Send + Sync>),
    /// The answer came by a redirect, which a client of the caller's followed.
    #[error("the answer came by a redirect: build the client with `redirect::Policy::none()`")]
    Redirected,
    /// The server answered with a status other than 200, or 304 where that was asked for.
    #[error("the server answered with status {0}; expected 200")]
    Status(u16),
    /// The document is longer than 150,000 bytes.
    #[error("the document is longer than {} bytes", crate::limits::MAX_JWK_SET_BYTES)]
    TooLong,
    /// Anything else that a source has to say.
    #[error("{}", chain(.0.as_ref()))]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

debug_as_display!(KeySourceError);

/// An error that is not ours, and all that it comes from: mostly the last one says what to do.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        // Some errors include the cause in their text.
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        source = error.source();
    }
    text
}
