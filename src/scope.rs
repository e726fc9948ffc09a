//! OAuth scopes; any one of a route's scopes is enough.
//!
//! Input: configuration text, and the `scope` claim of a verified token. Output: whether the token has a scope. A scope is
//! compared whole and case-sensitively, never by prefix or suffix: `API/read` does not match `API/read2` or `read`. RFC 6749
//! §3.3; API Gateway, "Control access using Amazon Cognito user pools".

use std::{str::FromStr, sync::Arc};

use crate::error_text::debug_as_display;

/// One scope: its full name, such as `pets/read` or `https://api.example/v1/read`.
///
/// ```
/// use cognito_authorizer::claims::Scope;
///
/// assert_eq!("pets/read".parse::<Scope>()?.as_str(), "pets/read");
/// assert!("pets/read pets/write".parse::<Scope>().is_err()); // two scopes
/// # Ok::<(), cognito_authorizer::claims::ScopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Box<str>);

/// Parses the name of one scope: printable ASCII without space, `"` and `\` (RFC 6749 §3.3).
///
/// # Errors
///
/// [`ScopeError::Invalid`] with the text, if it is empty or contains another character.
impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(name: &str) -> Result<Self, ScopeError> {
        if !name.is_empty() && name.bytes().all(is_scope_character) {
            Ok(Self(name.into()))
        } else {
            Err(ScopeError::Invalid { scope: name.to_owned() })
        }
    }
}

impl AsRef<str> for Scope {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl Scope {
    /// Returns the full name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The authorization scopes of a route, at least one.
///
/// ```
/// use cognito_authorizer::claims::ScopeSet;
///
/// let scopes = ScopeSet::new(["pets/write", "pets/admin"])?;
/// assert!(scopes.any_in("openid pets/admin"));
/// assert!(!scopes.any_in("pets/administrator"));
/// # Ok::<(), cognito_authorizer::claims::ScopeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ScopeSet(
    // Shared, because many routes may have the same scopes.
    Arc<[Scope]>,
);

impl ScopeSet {
    /// Takes the full names of the scopes; duplicates count once.
    ///
    /// # Errors
    ///
    /// [`ScopeError::Invalid`] with the first text that is not a scope. [`ScopeError::Empty`] if there are no names: on API
    /// Gateway a route without scopes accepts ID tokens, so it must omit the list, not leave it empty.
    pub fn new<I>(names: I) -> Result<Self, ScopeError>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let mut scopes = Vec::new();
        for name in names {
            let scope = name.as_ref().parse::<Scope>()?;
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        if scopes.is_empty() {
            return Err(ScopeError::Empty);
        }
        Ok(Self(scopes.into()))
    }

    /// Whether any of these scopes is in `scope`, a space-separated list (RFC 6749 §3.3).
    pub fn any_in(&self, scope: &str) -> bool {
        scope.split(' ').any(|name| self.0.iter().any(|own| own.as_str() == name))
    }

    /// Returns the scopes, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }
}

/// Compares the scopes in any order.
impl PartialEq for ScopeSet {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.iter().all(|scope| other.0.contains(scope))
    }
}

impl Eq for ScopeSet {}

/// The error when a list of scopes is invalid.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// No scope was given.
    #[error("no authorization scope was given: name at least one, or leave the scopes out to accept ID tokens")]
    Empty,
    /// The text is not one scope-token.
    #[error(
        "`{scope}` is not a scope: a scope is one or more printable ASCII characters without spaces, quotes or \
         backslashes"
    )]
    Invalid {
        /// The text as it was given.
        scope: String,
    },
}

debug_as_display!(ScopeError);

/// scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
fn is_scope_character(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_any_one_scope_and_nothing_less() {
        let scopes = ScopeSet::new(["API/book.get", "https://api.example/v1/read"]).unwrap();
        for (claim, expected, why) in [
            ("API/book.get", true, "the only scope"),
            ("openid API/book.get", true, "one of two"),
            ("  API/book.get  ", true, "spaces around it are empty elements"),
            ("https://api.example/v1/read", true, "an identifier may be a URL"),
            ("", false, "no scope"),
            (" ", false, "empty elements are no scopes"),
            ("API/book.get.all", false, "prefix"),
            ("book.get", false, "suffix"),
            ("api/book.get", false, "case"),
            ("API/book.get,API/book.post", false, "a comma does not separate"),
            ("API/book.get\tx", false, "a tab does not separate"),
            ("API/book.get\u{a0}", false, "nor does a no-break space"),
        ] {
            assert_eq!(scopes.any_in(claim), expected, "{why}: {claim:?}");
        }
    }

    #[test]
    fn rejects_what_is_not_a_scope_and_names_it() {
        for text in ["", "a b", "a\"b", "a\\b", "a\tb", "ü", "a\n"] {
            let error = ScopeSet::new(["ok", text]).unwrap_err();
            assert_eq!(error, ScopeError::Invalid { scope: text.to_owned() });
            assert!(error.to_string().contains(text));
        }
        assert_eq!(ScopeSet::new([""; 0]), Err(ScopeError::Empty));
    }

    #[test]
    fn a_scope_is_written_as_it_was_read() {
        let scope: Scope = "https://api.example/v1/read".parse().unwrap();
        assert_eq!(scope.as_ref(), "https://api.example/v1/read");
        assert_eq!(scope.to_string(), "https://api.example/v1/read");
        let short: Scope = "read".parse().unwrap();
        assert_eq!(format!("{short:>6}|"), "  read|", "the width of a format applies");
    }
}
