//! The interface of key sources, which fetch JWK Set documents.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::{
    address::RedactedUrl,
    error_text::debug_as_display,
    user_pool::{Issuer, UserPoolId},
};

/// Fetches the JWK Set document of an issuer.
///
/// The built-in source fetches over HTTPS. A custom source can use another HTTP client, a file, or test data:
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
    /// Fetches the document.
    ///
    /// The future is polled on a separate task, until it completes or the fetch times out.
    fn fetch(&self, request: KeyRequest) -> KeyFuture;

    /// Checks, when an authorizer is built, that the source can fetch this issuer's document.
    ///
    /// # Errors
    ///
    /// An error if wrong settings prevent the fetch. The default implementation returns `Ok`.
    fn supports(&self, _issuer: &Issuer) -> Result<(), KeySourceError> {
        Ok(())
    }

    /// Whether to write documents of this source to the last known good directory
    /// ([`AuthorizerBuilder::last_known_good_directory`](crate::AuthorizerBuilder::last_known_good_directory)), and to
    /// use keys from that directory in their place; default true.
    ///
    /// A source of fixed keys returns false: such keys must not verify tokens of a user pool whose keys are fetched
    /// later.
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

/// The future that [`KeySource::fetch`] returns.
pub type KeyFuture = Pin<Box<dyn Future<Output = Result<KeyResponse, KeySourceError>> + Send>>;

/// A request for the document of one issuer.
///
/// `Debug` omits the query of the address, because it may hold a secret.
#[derive(Clone)]
#[non_exhaustive]
pub struct KeyRequest {
    /// The user pool.
    pub user_pool: UserPoolId,
    /// The address where the issuer publishes the document.
    pub jwks_uri: String,
    /// The `ETag` of the cached document. If that document is unchanged, the source may answer `NotModified`.
    pub etag: Option<String>,
}

impl KeyRequest {
    /// Creates a request for an issuer's document, without an `ETag`.
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

/// The response of a key source.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum KeyResponse {
    /// A document.
    #[non_exhaustive]
    Document {
        /// The JSON of the document.
        body: Bytes,
        /// The `ETag` of the document, if it has one.
        etag: Option<String>,
        /// How long the document stays fresh, if known.
        max_age: Option<Duration>,
    },
    /// The document with the `ETag` of the request is unchanged.
    #[non_exhaustive]
    NotModified {
        /// How long the document stays fresh, if known.
        max_age: Option<Duration>,
    },
}

impl KeyResponse {
    /// Creates a response with a document.
    pub fn document(body: Bytes, etag: Option<String>, max_age: Option<Duration>) -> Self {
        Self::Document { body, etag, max_age }
    }

    /// Creates a response for an unchanged document (304).
    pub fn not_modified(max_age: Option<Duration>) -> Self {
        Self::NotModified { max_age }
    }
}

/// Creates a response without an `ETag` and a `max_age`.
impl From<Bytes> for KeyResponse {
    fn from(body: Bytes) -> Self {
        Self::document(body, None, None)
    }
}

/// An error of a key source.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum KeySourceError {
    /// The server did not answer, or the connection broke.
    #[error("no complete answer from the server: {}", chain(.0.as_ref()))]
    Connection(Box<dyn std::error::Error + Send + Sync>),
    /// The response came by a redirect that a custom client followed.
    #[error("the server redirected the request: build the client with `redirect::Policy::none()`")]
    Redirected,
    /// The server answered with a status other than 200 (or 304, if the request had an `ETag`).
    #[error("the server answered with status {0}; expected 200")]
    Status(u16),
    /// The document is longer than 150,000 bytes.
    #[error("the document is longer than {} bytes", crate::limits::MAX_JWK_SET_BYTES)]
    TooLong,
    /// Any other error of a key source.
    #[error("{}", chain(.0.as_ref()))]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

debug_as_display!(KeySourceError);

/// Joins the text of a foreign error with its causes, because often only the last cause says what to do.
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
