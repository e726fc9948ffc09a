//! Where a request carries its token.
//!
//! Input: the request's headers and query. Output: the token, without a leading `Bearer `. A request is rejected if it has no
//! token, an empty one, two, or a value longer than any token. [Behaviour §1.1 and §4.1](crate::docs::behaviour).
//!
//! API Gateway accepts both the bare token and `Bearer <token>`. The scheme is case-insensitive (RFC 9110 §11.1) and is
//! followed by exactly one space. Anything else in the value is treated as part of the token, which then fails to parse.

use std::{borrow::Cow, fmt};

use http::{HeaderMap, HeaderName, Uri, header::AUTHORIZATION, uri::PathAndQuery};

use crate::{
    error_text::debug_as_display,
    header_name::reads_alike,
    limits::MAX_TOKEN_BYTES,
    text_value::{never_an_error, text_value},
    word::words,
};

/// The header or query parameter that holds the token; by default the header `Authorization`.
///
/// ```
/// use cognito_authorizer::token::IdentitySource;
///
/// let source: IdentitySource = "method.request.header.X-Token".parse()?;
/// assert_eq!(source.to_string(), "method.request.header.x-token");
/// let source: IdentitySource = "$request.querystring.token".parse()?; // only of an HTTP API
/// # Ok::<(), cognito_authorizer::token::IdentitySourceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentitySource {
    place: Place,
    bearer: BearerScheme,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Header {
        name: HeaderName,
        /// Whether some services accept other names for the header, such as `x_token` for `x-token`.
        has_aliases: bool,
    },
    QueryString(Box<str>),
}

/// How to treat a leading `Bearer `.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BearerScheme {
    /// `Bearer ` is allowed, as on API Gateway.
    #[default]
    Optional,
    /// `Bearer ` is required (RFC 6750 §2.1).
    Required,
    /// `Bearer ` is treated as part of the token, which then fails to parse.
    Rejected,
}

words!(BearerScheme { Optional = "optional", Required = "required", Rejected = "rejected" });

impl IdentitySource {
    /// Reads the token from this header.
    pub fn from_header(header: HeaderName) -> Self {
        Self::at(Place::header(header))
    }

    /// Sets how to treat a leading `Bearer `; by default it is [optional](BearerScheme::Optional).
    #[must_use]
    pub fn with_bearer_scheme(self, bearer: BearerScheme) -> Self {
        Self { bearer, ..self }
    }

    /// Returns the header, if the token is in a header.
    pub fn header(&self) -> Option<&HeaderName> {
        match &self.place {
            Place::Header { name, .. } => Some(name),
            Place::QueryString(_) => None,
        }
    }

    /// Returns the query parameter, if the token is in the query.
    pub fn query_parameter(&self) -> Option<&str> {
        match &self.place {
            Place::Header { .. } => None,
            Place::QueryString(name) => Some(name),
        }
    }

    /// Returns how a leading `Bearer ` is treated.
    pub fn bearer_scheme(&self) -> BearerScheme {
        self.bearer
    }

    fn at(place: Place) -> Self {
        Self { place, bearer: BearerScheme::default() }
    }

    /// Returns the token of a request.
    pub(crate) fn token<'r>(&self, headers: &'r HeaderMap, query: Option<&'r str>) -> Result<SentToken<'r>, NoToken> {
        let value = match &self.place {
            Place::Header { name, has_aliases } => {
                let values = headers.get_all(name).iter().map(http::HeaderValue::as_bytes);
                let value = only(values)?;
                let is_alias = |other: &HeaderName| other != name && self.is_in(other);
                if *has_aliases && headers.keys().any(is_alias) {
                    return Err(NoToken::Repeated);
                }
                Cow::Borrowed(value)
            }
            // Names and values may be percent-encoded; the inner service decodes them too.
            Place::QueryString(name) => {
                let query = query.unwrap_or_default();
                let parameters = form_urlencoded::parse(query.as_bytes());
                if parts(query).filter(|part| is_named_alike(part, name)).nth(1).is_some() {
                    return Err(NoToken::Repeated);
                }
                match only(parameters.filter(|(own, _)| own == &**name).map(|(_, value)| value))? {
                    Cow::Borrowed(value) => Cow::Borrowed(value.as_bytes()),
                    Cow::Owned(value) => Cow::Owned(value.into_bytes()),
                }
            }
        };
        if value.len() > MAX_TOKEN_BYTES + SCHEME.len() {
            return Err(NoToken::TooLong);
        }
        let has_scheme = value.get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
        let start = match self.bearer {
            BearerScheme::Required if !has_scheme => return Err(NoToken::NoScheme),
            BearerScheme::Required | BearerScheme::Optional if has_scheme => SCHEME.len(),
            BearerScheme::Required | BearerScheme::Optional | BearerScheme::Rejected => 0,
        };
        if value.len() == start { Err(NoToken::Empty) } else { Ok(SentToken { value, start }) }
    }

    /// Whether some services treat this header as the one that holds the token.
    fn is_in(&self, header: &HeaderName) -> bool {
        self.header().is_some_and(|name| reads_alike(header.as_str(), name.as_str()))
    }

    /// Returns the target without the token; `None` if the token is not in the query.
    pub(crate) fn strip_query(&self, uri: &Uri) -> Option<Uri> {
        without_parameter(uri, self.query_parameter()?)
    }
}

impl Place {
    fn header(name: HeaderName) -> Self {
        let has_aliases = !name.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric());
        Self::Header { name, has_aliases }
    }
}

impl Default for IdentitySource {
    fn default() -> Self {
        Self::from_header(AUTHORIZATION)
    }
}

impl std::str::FromStr for IdentitySource {
    type Err = IdentitySourceError;

    /// Parses API Gateway's notation: `method.request.header.<name>`, or on an HTTP API `$request.header.<name>` and
    /// `$request.querystring.<name>`.
    fn from_str(text: &str) -> Result<Self, IdentitySourceError> {
        let header = ["method.request.header.", "$request.header."].iter().find_map(|start| text.strip_prefix(start));
        let place = if let Some(name) = header {
            HeaderName::from_bytes(name.as_bytes()).ok().map(Place::header)
        } else {
            let name = text.strip_prefix("$request.querystring.").filter(|name| !name.is_empty());
            name.map(|name| Place::QueryString(name.into()))
        };
        place.map(Self::at).ok_or_else(|| IdentitySourceError { identity_source: text.to_owned() })
    }
}

impl fmt::Display for IdentitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Header { name, .. } => write!(f, "method.request.header.{name}"),
            Place::QueryString(name) => write!(f, "$request.querystring.{name}"),
        }
    }
}

/// The error when a text does not name an identity source.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{identity_source}` is not an identity source: expected method.request.header.<name>, or on an HTTP API \
     $request.header.<name> or $request.querystring.<name>"
)]
pub struct IdentitySourceError {
    identity_source: String,
}

debug_as_display!(IdentitySourceError);

text_value!(IdentitySource, IdentitySourceError);

never_an_error!(IdentitySourceError);

/// Returns the only value. Two values are an error, because the inner service may read the other one.
fn only<T>(mut values: impl Iterator<Item = T>) -> Result<T, NoToken> {
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(NoToken::Repeated),
        (None, _) => Err(NoToken::Missing),
    }
}

/// Splits a query into its parameters. Some servers also split at `;`.
fn parts(query: &str) -> impl Iterator<Item = &str> {
    query.split(['&', ';'])
}

/// Whether some services read a parameter as the one with this name. Some ignore case, and some replace separators in names.
/// PHP also ignores leading spaces, and anything after a NUL or a bracket.
fn is_named_alike(part: &str, name: &str) -> bool {
    let mut parsed = form_urlencoded::parse(part.as_bytes());
    parsed.next().is_some_and(|(own, _)| {
        own == name || reads_alike(own.trim_start().split(['[', '\0']).next().unwrap_or_default(), name)
    })
}

/// Returns the target without the query parameter and its aliases; `None` if the query has none of them.
fn without_parameter(uri: &Uri, name: &str) -> Option<Uri> {
    let query = uri.query()?;
    if !parts(query).any(|part| is_named_alike(part, name)) {
        return None;
    }
    // The value of a parameter may contain a `;`, so everything after the token's name up to `&` is removed too.
    let kept: Vec<&str> = query.split('&').filter(|part| !parts(part).any(|part| is_named_alike(part, name))).collect();
    let question_mark = if kept.is_empty() { "" } else { "?" };
    let text = format!("{}{question_mark}{}", uri.path(), kept.join("&"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}

/// The value that a request has at its identity source.
pub(crate) struct SentToken<'r> {
    value: Cow<'r, [u8]>,
    /// The index at which the token begins.
    start: usize,
}

impl SentToken<'_> {
    pub(crate) fn raw(&self) -> RawToken<'_> {
        RawToken { token: self.value.get(self.start..).unwrap_or_default(), value: &self.value }
    }
}

/// A token as it was sent, before any check.
///
/// `Debug` shows only its length.
///
/// ```
/// use cognito_authorizer::token::RawToken;
///
/// let token = RawToken::new("header.claims.signature");
/// assert_eq!(format!("{token:?}"), "RawToken(23 bytes)");
/// ```
#[derive(Clone, Copy)]
pub struct RawToken<'a> {
    token: &'a [u8],
    /// The token with any leading scheme.
    value: &'a [u8],
}

impl<'a> RawToken<'a> {
    /// Wraps the text of a token without a scheme.
    pub fn new(token: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        let token = token.as_ref();
        Self { token, value: token }
    }

    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.token
    }

    /// Returns the token with its scheme, if it was sent with one.
    pub(crate) fn with_scheme(self) -> &'a [u8] {
        self.value
    }
}

impl fmt::Debug for RawToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawToken({} bytes)", self.token.len())
    }
}

/// The reason why a request has no usable token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoToken {
    Missing,
    Repeated,
    TooLong,
    NoScheme,
    Empty,
}

/// RFC 6750 §2.1: the scheme and one space.
const SCHEME: &[u8] = b"Bearer ";

#[cfg(test)]
mod tests;
