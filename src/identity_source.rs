//! Where a request carries its token.
//!
//! In: the request's headers. Out: the token, without a `Bearer ` in front. Refused: no header, an
//! empty one, two of them, a value longer than any token. [Behaviour §1.1](crate::docs::behaviour).
//!
//! API Gateway takes the bare token and `Bearer <token>` alike. The scheme is compared without
//! regard to case (RFC 9110 §11.1) and followed by exactly one space; whatever else is in the value
//! is taken for part of the token, and refused there.

use std::fmt;

use http::{HeaderMap, HeaderName, header::AUTHORIZATION};

use crate::limits::MAX_TOKEN_BYTES;

/// The header that holds the token, `Authorization` by default.
///
/// The token may stand there by itself or after `Bearer ` (in any case, with exactly one space). A
/// header that is there twice is refused, because the service behind may read the other one.
///
/// ```
/// use cognito_authorizer::IdentitySource;
///
/// let source: IdentitySource = "method.request.header.X-Token".parse()?;
/// assert_eq!(source.header(), "x-token");
/// # Ok::<(), cognito_authorizer::IdentitySourceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentitySource {
    header: HeaderName,
}

impl IdentitySource {
    /// Takes the token from this header.
    pub fn from_header(header: HeaderName) -> Self {
        Self { header }
    }

    /// The header's name, in lower case.
    pub fn header(&self) -> &str {
        self.header.as_str()
    }

    /// The token of a request.
    pub(crate) fn token<'h>(&self, headers: &'h HeaderMap) -> Result<RawToken<'h>, NoToken> {
        let mut values = headers.get_all(&self.header).iter();
        let value = values.next().ok_or(NoToken::Missing)?.as_bytes();
        // Two values: the service behind may read the other one.
        if values.next().is_some() {
            return Err(NoToken::Repeated);
        }
        if value.len() > MAX_TOKEN_BYTES + SCHEME.len() {
            return Err(NoToken::TooLong);
        }
        let token = match value.split_at_checked(SCHEME.len()) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case(SCHEME) => token,
            _ => value,
        };
        if token.is_empty() { Err(NoToken::Empty) } else { Ok(RawToken::new(token)) }
    }
}

impl Default for IdentitySource {
    fn default() -> Self {
        Self::from_header(AUTHORIZATION)
    }
}

impl std::str::FromStr for IdentitySource {
    type Err = IdentitySourceError;

    /// Reads API Gateway's notation, `method.request.header.<name>`.
    fn from_str(text: &str) -> Result<Self, IdentitySourceError> {
        text.strip_prefix("method.request.header.")
            .and_then(|name| HeaderName::from_bytes(name.as_bytes()).ok())
            .map(Self::from_header)
            .ok_or_else(|| IdentitySourceError { identity_source: text.to_owned() })
    }
}

/// The text does not name an identity source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{identity_source}` is not an identity source: expected method.request.header.<name>")]
pub struct IdentitySourceError {
    identity_source: String,
}

/// A token as it was sent: nothing about it is known yet.
///
/// `Debug` shows its length alone.
#[derive(Clone, Copy)]
pub struct RawToken<'a>(&'a [u8]);

impl<'a> RawToken<'a> {
    /// Takes the text of a token, without scheme.
    pub fn new(token: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self(token.as_ref())
    }

    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

impl fmt::Debug for RawToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawToken({} bytes)", self.0.len())
    }
}

/// Why a request holds no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoToken {
    Missing,
    Repeated,
    TooLong,
    Empty,
}

/// RFC 6750 §2.1: the scheme and one space.
const SCHEME: &[u8] = b"Bearer ";

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn token(values: &[&[u8]]) -> Result<Vec<u8>, NoToken> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("authorization", HeaderValue::from_bytes(value).unwrap());
        }
        IdentitySource::default().token(&headers).map(|token| token.as_bytes().to_vec())
    }

    #[test]
    fn takes_the_bare_token_and_one_scheme() {
        let rows: [(&[&[u8]], Result<&[u8], NoToken>, &str); 14] = [
            (&[], Err(NoToken::Missing), "1.1.10"),
            (&[b""], Err(NoToken::Empty), "1.1.10"),
            (&[b"Bearer "], Err(NoToken::Empty), "scheme and nothing"),
            (&[b"a.b.c"], Ok(b"a.b.c"), "1.1.4"),
            (&[b"Bearer a.b.c"], Ok(b"a.b.c"), "1.1.5"),
            (&[b"bearer a.b.c"], Ok(b"a.b.c"), "1.1.7: case"),
            (&[b"BEARER a.b.c"], Ok(b"a.b.c"), "1.1.7: case"),
            (&[b"Bearer  a.b.c"], Ok(b" a.b.c"), "1.1.7: the second space stays, and no token holds one"),
            (&[b"Bearer\ta.b.c"], Ok(b"Bearer\ta.b.c"), "a tab is no space"),
            (&[b"Bearer Bearer a.b.c"], Ok(b"Bearer a.b.c"), "one scheme only"),
            (&[b"x Bearer a.b.c"], Ok(b"x Bearer a.b.c"), "nothing is skipped"),
            (&[b"Bearer"], Ok(b"Bearer"), "no space, so a token of that name"),
            (&[b"a.b.c", b"a.b.c"], Err(NoToken::Repeated), "1.1.9: even the same"),
            (&[b"", b"a.b.c"], Err(NoToken::Repeated), "1.1.9"),
        ];
        for (values, expected, why) in rows {
            assert_eq!(token(values).as_deref(), expected.as_ref().copied(), "{why}");
        }
    }

    #[test]
    fn bounds_the_value() {
        let longest = vec![b'a'; MAX_TOKEN_BYTES + SCHEME.len()];
        assert!(token(&[&longest]).is_ok(), "the exact bound is the verifier's");
        assert_eq!(token(&[&[&longest[..], b"a"].concat()]), Err(NoToken::TooLong));
    }

    #[test]
    fn names_a_bad_identity_source() {
        for text in ["", "Authorization", "method.request.header.", "method.request.header.a b", "$request.body.x"] {
            let error = text.parse::<IdentitySource>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")), "{error}");
        }
    }
}
