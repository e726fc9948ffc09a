//! Key ids.

use std::fmt;

use crate::limits::MAX_KID_BYTES;

/// A `kid` (RFC 7515 §4.1.4, RFC 7517 §4.5): the name of a key, compared exactly.
///
/// Cognito uses standard base64, so a `kid` may contain `/`, `+` and `=`. The crate only compares a `kid`, and never
/// writes it to an address or a log.
///
/// ```
/// use cognito_authorizer::keys::{JwkSet, Kid};
///
/// let keys = JwkSet::parse(br#"{"keys":[]}"#)?;
/// let kid = Kid::parse("abc+/=").expect("a name of a key");
/// assert!(keys.find(kid).is_none());
/// # Ok::<(), cognito_authorizer::keys::JwkSetError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kid<'a>(&'a str);

impl<'a> Kid<'a> {
    /// Parses a `kid`; `None` if it is empty or longer than 256 bytes.
    pub fn parse(text: &'a str) -> Option<Self> {
        (1..=MAX_KID_BYTES).contains(&text.len()).then_some(Self(text))
    }

    /// Returns the text.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

/// Shows only the length, because the `kid` of a token is untrusted text.
impl fmt::Debug for Kid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kid({} bytes)", self.0.len())
    }
}
