//! Claims as request headers, for inner services that read only headers.

use std::fmt;

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONNECTION, TRAILER},
};
use serde::Serialize;

use super::AuthorizerContext;
use crate::{
    error_text::{debug_as_display, write_lines},
    header_name::reads_alike,
    limits::MAX_LISTED_HEADERS,
};

/// The request headers that the layer makes from claims for the inner service.
///
/// The layer first strips every header with one of these names from the request, on open routes too. Names in another
/// case, or with `_` or `.` in place of `-`, are stripped as well, because some services read them as the same name.
/// The value of a claim header therefore always comes from a verified token.
///
/// ```
/// use cognito_authorizer::{Authorizer, request_context::ClaimHeaders};
///
/// let headers = ClaimHeaders::builder()
///     .claim("x-user", "sub")
///     .claim("x-groups", "cognito:groups")
///     .request_context("x-amzn-request-context")
///     .build()?;
/// let authorizer =
///     Authorizer::for_user_pool("eu-west-1_Ab129faBb").claim_headers(headers).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ClaimHeaders(Vec<(HeaderName, Content)>);

#[derive(Clone, Debug)]
enum Content {
    Claim(Box<str>),
    RequestContext,
}

impl ClaimHeaders {
    /// Returns a builder without headers.
    pub fn builder() -> ClaimHeadersBuilder {
        ClaimHeadersBuilder::default()
    }

    /// Returns whether there are no claim headers.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns each header with its claim; `None` for the request context.
    #[cfg(feature = "configuration")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&HeaderName, Option<&str>)> {
        self.0.iter().map(|(name, content)| match content {
            Content::Claim(claim) => (name, Some(&**claim)),
            Content::RequestContext => (name, None),
        })
    }

    /// Returns whether this is the name of a claim header, or could be read as one.
    pub(crate) fn contains(&self, name: &HeaderName) -> bool {
        self.is_alike(name.as_str().as_bytes())
    }

    /// Adds the headers of `other`, so that they are stripped too.
    pub(crate) fn with_names_of(mut self, other: &Self) -> Self {
        let new = other.0.iter().filter(|(name, _)| !self.0.iter().any(|(own, _)| own == name));
        let new: Vec<_> = new.cloned().collect();
        self.0.extend(new);
        self
    }

    /// Returns the names of the headers to strip: copies of claim headers, and lists that name a claim header.
    pub(crate) fn copies_in(&self, headers: &HeaderMap) -> Vec<HeaderName> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let mut copies: Vec<HeaderName> = headers.keys().filter(|name| self.contains(name)).cloned().collect();
        // A server that forwards the request removes every header named by `Connection` (RFC 9110 §7.6.1), which would
        // remove a claim header. A header named by `Trailer` could be sent a second time after the body (§6.6.2).
        for list in [CONNECTION, TRAILER] {
            let values = headers.get_all(&list).iter();
            let mut names = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
            let is_ours = names.by_ref().take(MAX_LISTED_HEADERS).any(|name| self.is_alike(name));
            // Names beyond the limit are not compared, and one of them may be a claim header.
            if is_ours || names.next().is_some() {
                copies.push(list);
            }
        }
        copies
    }

    fn is_alike(&self, name: &[u8]) -> bool {
        self.0.iter().any(|(own, _)| reads_alike(own.as_str(), name.trim_ascii()))
    }

    /// Adds the claim headers.
    ///
    /// A header is left out if its claim is missing, or if the text is not valid in a header. A text with a line break
    /// is not valid. A text with a blank at either end is not valid either, because readers would drop the blank.
    pub(crate) fn add(&self, context: &AuthorizerContext<'_>, headers: &mut HeaderMap) {
        for (name, content) in &self.0 {
            let value = match content {
                Content::Claim(claim) => context.claim(claim).and_then(legal),
                Content::RequestContext => request_context(context),
            };
            if let Some(value) = value {
                headers.insert(name.clone(), value);
            }
        }
    }
}

/// Builds [`ClaimHeaders`]; [`build`](Self::build) reports all invalid names.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ClaimHeadersBuilder {
    headers: ClaimHeaders,
    mistakes: Vec<String>,
}

impl ClaimHeadersBuilder {
    /// Adds a header with the text of one claim.
    ///
    /// The text has the format of the authorizer's API type: a list of groups is `a,b` on a REST API and `[a b]` on an
    /// HTTP API. Non-ASCII characters are sent as UTF-8.
    pub fn claim(self, header: &str, claim: &str) -> Self {
        self.add(header, Content::Claim(claim.into()))
    }

    /// Adds a header with the request context as JSON in ASCII: `{"authorizer":…}`.
    pub fn request_context(self, header: &str) -> Self {
        self.add(header, Content::RequestContext)
    }

    /// Builds the claim headers.
    ///
    /// # Errors
    ///
    /// Returns [`ClaimHeadersError`], which lists every text that cannot be the name of a claim header or is given
    /// twice.
    pub fn build(self) -> Result<ClaimHeaders, ClaimHeadersError> {
        if self.mistakes.is_empty() { Ok(self.headers) } else { Err(ClaimHeadersError { headers: self.mistakes }) }
    }

    fn add(mut self, header: &str, content: Content) -> Self {
        let name = HeaderName::from_bytes(header.as_bytes()).ok().filter(|name| !RESERVED.contains(&name.as_str()));
        let is_new =
            |name: &HeaderName| !self.headers.0.iter().any(|(own, _)| reads_alike(own.as_str(), name.as_str()));
        match name.filter(is_new) {
            Some(name) => self.headers.0.push((name, content)),
            None => self.mistakes.push(header.to_owned()),
        }
        self
    }
}

/// Some texts cannot be names of claim headers.
///
/// `Display` writes one line for each text.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub struct ClaimHeadersError {
    headers: Vec<String>,
}

impl ClaimHeadersError {
    /// Returns the message for one text.
    pub(crate) fn text(header: &str) -> String {
        format!(
            "`{header}` cannot be a claim header: it is not a header name, has a meaning in HTTP, or is given twice"
        )
    }

    /// Returns the rejected texts; at least one.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }
}

impl fmt::Display for ClaimHeadersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(&self.headers.iter().map(|header| Self::text(header)).collect::<Vec<_>>(), f)
    }
}

debug_as_display!(ClaimHeadersError);

/// Headers with a meaning in HTTP, which must not be claim headers.
const RESERVED: [&str; 11] = [
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "forwarded",
];

fn legal(text: &str) -> Option<HeaderValue> {
    let is_whole = !text.starts_with([' ', '\t']) && !text.ends_with([' ', '\t']);
    HeaderValue::from_bytes(text.as_bytes()).ok().filter(|_| is_whole)
}

#[derive(Serialize)]
struct RequestContext<'a, 'c> {
    authorizer: &'a AuthorizerContext<'c>,
}

fn request_context(context: &AuthorizerContext<'_>) -> Option<HeaderValue> {
    let json = serde_json::to_string(&RequestContext { authorizer: context }).ok()?;
    let mut ascii = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() && !character.is_ascii_control() {
            ascii.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                ascii.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    HeaderValue::try_from(ascii).ok()
}
