//! CORS headers on rejections. Without these headers, a browser shows a network error instead of a 401 ([behaviour
//! §2.4.1](crate::docs::behaviour)).

use http::{
    HeaderMap, HeaderValue,
    header::{ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, ORIGIN, VARY},
};

use crate::{error_text::debug_as_display, limits::MAX_CORS_ENTRIES};

/// The web pages that may read a rejection.
///
/// The inner service sets the CORS headers of its own responses.
///
/// ```
/// use cognito_authorizer::gateway_response::{CorsHeaders, GatewayResponses};
///
/// let cors = CorsHeaders::origins_with_credentials(["https://app.example"])?;
/// let responses = GatewayResponses::builder().cors(cors).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsHeaders {
    origins: Origins,
    credentials: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Origins {
    Any,
    Listed(Vec<HeaderValue>),
}

impl CorsHeaders {
    /// Allows pages of every origin: `access-control-allow-origin: *`.
    pub fn any_origin() -> Self {
        Self { origins: Origins::Any, credentials: false }
    }

    /// Allows pages of these origins, such as `https://app.example`.
    ///
    /// The response names the origin of the request if the origin is listed, and always says `vary: origin`.
    ///
    /// # Errors
    ///
    /// Returns [`CorsError`], which names the text, if a text is not `<scheme>://<host>` with or without a port. `*` is
    /// not an origin.
    pub fn origins(origins: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, CorsError> {
        let origins = origins.into_iter().map(|origin| parse(origin.as_ref())).collect::<Result<_, _>>()?;
        Ok(Self { origins: Origins::Listed(origins), credentials: false })
    }

    /// Allows pages of these origins, with cookies: adds `access-control-allow-credentials: true`.
    ///
    /// Browsers do not accept that header together with `*`.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`origins`](Self::origins).
    pub fn origins_with_credentials(origins: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, CorsError> {
        Ok(Self { credentials: true, ..Self::origins(origins)? })
    }

    pub(super) fn add(&self, request: &HeaderMap, response: &mut HeaderMap) {
        match &self.origins {
            Origins::Any => {
                response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            }
            Origins::Listed(listed) => {
                response.append(VARY, HeaderValue::from_static("origin"));
                if let Some(origin) = request.get(ORIGIN).filter(|origin| listed.contains(origin)) {
                    response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                    if self.credentials {
                        response.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
                    }
                }
            }
        }
    }
}

/// Parses `<scheme>://<host>[:<port>]` in lower case, as a browser writes an origin (RFC 6454 §6.1).
pub(super) fn parse(origin: &str) -> Result<HeaderValue, CorsError> {
    let error = || CorsError::origin(origin);
    let (scheme, host) = origin.split_once("://").ok_or_else(error)?;
    let is_host = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b':' | b'[' | b']');
    let holds = !scheme.is_empty()
        && scheme.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.'))
        && !host.is_empty()
        && host.bytes().all(is_host);
    if holds { HeaderValue::from_str(origin).map_err(|_| error()) } else { Err(error()) }
}

/// The error of a CORS configuration.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CorsError {
    message: String,
}

impl CorsError {
    fn origin(origin: &str) -> Self {
        let expected = "expected one such as https://app.example, in lower case and without a path";
        Self { message: format!("`{origin}` is not an origin: {expected}") }
    }

    pub(super) fn text(text: &str) -> Self {
        Self { message: format!("`{text}` is not a method or a header name") }
    }

    pub(super) fn too_many() -> Self {
        Self { message: format!("a list of a CORS configuration has more than {MAX_CORS_ENTRIES} entries") }
    }

    pub(super) fn credentials() -> Self {
        Self { message: "credentials are not possible with the origin `*`: list the origins".to_owned() }
    }
}

debug_as_display!(CorsError);
