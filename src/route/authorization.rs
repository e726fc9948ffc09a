//! What one route asks of a request.

use crate::scope::{ScopeError, ScopeSet};

/// What a route asks for before a request may pass.
///
/// On API Gateway the presence of scopes decides which kind of token is expected: an ID token on a
/// route without scopes, an access token on a route with them ([behaviour §1.3](crate::docs::behaviour)).
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
pub struct RouteAuthorization {
    /// `None`: no token is looked at.
    token: Option<TokenRule>,
}

/// What a token must hold. Clauses can be added without a change of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TokenRule {
    scopes: Option<ScopeSet>,
}

impl RouteAuthorization {
    /// Nothing: the authorization type `NONE`. No token is looked at.
    pub const fn open() -> Self {
        Self { token: None }
    }

    /// A token, and no scope.
    pub const fn guarded() -> Self {
        Self { token: Some(TokenRule { scopes: None }) }
    }

    /// A token that holds any one of these scopes.
    ///
    /// # Errors
    ///
    /// [`ScopeError`] if a text is not a scope, or there is none.
    pub fn with_scopes(scopes: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, ScopeError> {
        ScopeSet::new(scopes).map(Self::from)
    }

    /// Whether the route asks for no token.
    pub const fn is_open(&self) -> bool {
        self.token.is_none()
    }

    /// The scopes, one of which a token must hold; `None` if the route asks for none.
    pub fn scopes(&self) -> Option<&ScopeSet> {
        self.token.as_ref()?.scopes.as_ref()
    }

    /// The names of the [`scopes`](Self::scopes).
    pub fn scope_names(&self) -> impl Iterator<Item = &str> {
        self.scopes().into_iter().flat_map(ScopeSet::iter).map(|scope| scope.as_str())
    }
}

impl From<ScopeSet> for RouteAuthorization {
    fn from(scopes: ScopeSet) -> Self {
        Self { token: Some(TokenRule { scopes: Some(scopes) }) }
    }
}
