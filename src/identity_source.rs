//! Where a request carries its token.
//!
//! In: the request's headers and query. Out: the token, without a `Bearer ` in front. Refused: none,
//! an empty one, two of them, a value longer than any token. [Behaviour §1.1 and §4.1](crate::docs::behaviour).
//!
//! API Gateway takes the bare token and `Bearer <token>` alike. The scheme is compared without
//! regard to case (RFC 9110 §11.1) and followed by exactly one space; whatever else is in the value
//! is taken for part of the token, and refused there.

use std::{borrow::Cow, fmt};

use http::{HeaderMap, HeaderName, Uri, header::AUTHORIZATION, uri::PathAndQuery};

use crate::{
    error_text::debug_as_display,
    header_name::reads_alike,
    limits::MAX_TOKEN_BYTES,
    text_value::{never_an_error, text_value},
    word::words,
};

/// The header, or the query parameter, that holds the token; by default the header `Authorization`.
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
        /// Whether some services take other names for it, such as `x_token` for `x-token`.
        has_aliases: bool,
    },
    QueryString(Box<str>),
}

/// What to make of `Bearer ` in front of the token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BearerScheme {
    /// It may be there, as on API Gateway.
    #[default]
    Optional,
    /// It has to be there (RFC 6750 §2.1).
    Required,
    /// It is taken for part of the token, which is then none.
    Refused,
}

words!(BearerScheme { Optional = "optional", Required = "required", Refused = "refused" });

impl IdentitySource {
    /// Takes the token from this header.
    pub fn from_header(header: HeaderName) -> Self {
        Self::at(Place::header(header))
    }

    /// What to make of `Bearer ` in front of the token; by default it is [optional](BearerScheme::Optional).
    #[must_use]
    pub fn with_bearer_scheme(self, bearer: BearerScheme) -> Self {
        Self { bearer, ..self }
    }

    /// The header, if it is one.
    pub fn header(&self) -> Option<&HeaderName> {
        match &self.place {
            Place::Header { name, .. } => Some(name),
            Place::QueryString(_) => None,
        }
    }

    /// The query parameter, if it is one.
    pub fn query_parameter(&self) -> Option<&str> {
        match &self.place {
            Place::Header { .. } => None,
            Place::QueryString(name) => Some(name),
        }
    }

    /// What is made of `Bearer ` in front of the token.
    pub fn bearer_scheme(&self) -> BearerScheme {
        self.bearer
    }

    fn at(place: Place) -> Self {
        Self { place, bearer: BearerScheme::default() }
    }

    /// The token of a request.
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
            // A name and a value may be written with escapes, which the service behind undoes too.
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
            BearerScheme::Required | BearerScheme::Optional | BearerScheme::Refused => 0,
        };
        if value.len() == start { Err(NoToken::Empty) } else { Ok(SentToken { value, start }) }
    }

    /// Whether some service takes the header of this name for the one that holds the token.
    fn is_in(&self, header: &HeaderName) -> bool {
        self.header().is_some_and(|name| reads_alike(header.as_str(), name.as_str()))
    }

    /// The target without the token; `None` if the token is not in its query.
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

    /// Reads API Gateway's notation: `method.request.header.<name>`, or on an HTTP API
    /// `$request.header.<name>` and `$request.querystring.<name>`.
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

/// The text does not name an identity source.
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

/// The value, if there is exactly one: of two, the inner service may read the other one.
fn only<T>(mut values: impl Iterator<Item = T>) -> Result<T, NoToken> {
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(NoToken::Repeated),
        (None, _) => Err(NoToken::Missing),
    }
}

/// The parameters of a query. Some servers also take `;` for `&`.
fn parts(query: &str) -> impl Iterator<Item = &str> {
    query.split(['&', ';'])
}

/// Whether some service takes a parameter for the one of this name: without regard to case, with other separators in its name, and
/// in PHP with blanks before it, or a NUL or a bracket behind it.
fn is_named_alike(part: &str, name: &str) -> bool {
    let mut parsed = form_urlencoded::parse(part.as_bytes());
    parsed.next().is_some_and(|(own, _)| {
        own == name || reads_alike(own.trim_start().split(['[', '\0']).next().unwrap_or_default(), name)
    })
}

/// The target without a query parameter and those that some service takes for it; `None` if it has none of them.
fn without_parameter(uri: &Uri, name: &str) -> Option<Uri> {
    let query = uri.query()?;
    if !parts(query).any(|part| is_named_alike(part, name)) {
        return None;
    }
    // The value of a parameter may hold a `;`, so what follows the token's name up to `&` is not kept.
    let kept: Vec<&str> = query.split('&').filter(|part| !parts(part).any(|part| is_named_alike(part, name))).collect();
    let question_mark = if kept.is_empty() { "" } else { "?" };
    let text = format!("{}{question_mark}{}", uri.path(), kept.join("&"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}

/// What a request holds at its identity source.
pub(crate) struct SentToken<'r> {
    value: Cow<'r, [u8]>,
    /// Where the token begins in it.
    start: usize,
}

impl SentToken<'_> {
    pub(crate) fn raw(&self) -> RawToken<'_> {
        RawToken { token: self.value.get(self.start..).unwrap_or_default(), value: &self.value }
    }
}

/// A token as it was sent: nothing about it is known yet.
///
/// `Debug` shows its length alone.
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
    /// The token and what stood in front of it.
    value: &'a [u8],
}

impl<'a> RawToken<'a> {
    /// Takes the text of a token, without scheme.
    pub fn new(token: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        let token = token.as_ref();
        Self { token, value: token }
    }

    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.token
    }

    /// The token with the scheme that was in front of it, if there was one.
    pub(crate) fn with_scheme(self) -> &'a [u8] {
        self.value
    }
}

impl fmt::Debug for RawToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawToken({} bytes)", self.token.len())
    }
}

/// Why a request holds no token.
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
