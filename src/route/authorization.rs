//! The authorization that one route requires.

use crate::scope::{ScopeError, ScopeSet};

/// The authorization that a route requires before a request may pass.
///
/// On API Gateway, the scopes of a route decide which kind of token is expected: an ID token on a route without scopes, an
/// access token on a route with scopes ([behaviour §1.3](crate::docs::behaviour)).
///
/// ```
/// use cognito_authorizer::route::RouteAuthorization;
///
/// let reader = RouteAuthorization::with_scopes(["pets/read", "pets/write"])?;
/// assert_eq!(reader.scope_names().collect::<Vec<_>>(), ["pets/read", "pets/write"]);
/// assert!(RouteAuthorization::open().is_open());
/// # Ok::<(), cognito_authorizer::claims::ScopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteAuthorization(Requirement);

/// What a route requires.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Requirement {
    Nothing,
    Token(TokenRule),
    /// Something that this crate cannot check.
    Unsupported,
}

/// The conditions that a token must meet. New conditions can be added without changing the public API.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TokenRule {
    scopes: Option<ScopeSet>,
}

impl RouteAuthorization {
    /// Requires no token: the authorization type `NONE`.
    pub const fn open() -> Self {
        Self(Requirement::Nothing)
    }

    /// Requires a token, but no scope.
    pub const fn guarded() -> Self {
        Self(Requirement::Token(TokenRule { scopes: None }))
    }

    /// Rejects every request: the route has an authorization on API Gateway that this crate cannot check, such as `AWS_IAM`.
    pub const fn unsupported() -> Self {
        Self(Requirement::Unsupported)
    }

    /// Requires a token with at least one of these scopes.
    ///
    /// # Errors
    ///
    /// [`ScopeError`] if a text is not a scope, or if no scope is given.
    pub fn with_scopes(scopes: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, ScopeError> {
        ScopeSet::new(scopes).map(Self::from)
    }

    /// Whether the route requires no token.
    pub const fn is_open(&self) -> bool {
        matches!(self.0, Requirement::Nothing)
    }

    /// Whether the route rejects every request.
    pub const fn is_unsupported(&self) -> bool {
        matches!(self.0, Requirement::Unsupported)
    }

    /// Whether the route requires a token, and so has an authorizer.
    pub(crate) const fn requires_token(&self) -> bool {
        matches!(self.0, Requirement::Token(_))
    }

    /// The scopes, of which a token must have at least one; `None` if the route requires no scope.
    pub fn scopes(&self) -> Option<&ScopeSet> {
        match &self.0 {
            Requirement::Token(rule) => rule.scopes.as_ref(),
            Requirement::Nothing | Requirement::Unsupported => None,
        }
    }

    /// The names of the [`scopes`](Self::scopes).
    pub fn scope_names(&self) -> impl Iterator<Item = &str> {
        self.scopes().into_iter().flat_map(ScopeSet::iter).map(|scope| scope.as_str())
    }
}

impl From<ScopeSet> for RouteAuthorization {
    fn from(scopes: ScopeSet) -> Self {
        Self(Requirement::Token(TokenRule { scopes: Some(scopes) }))
    }
}
