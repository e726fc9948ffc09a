//! What one route asks of a request.

use crate::scope::ScopeSet;

/// What a route asks for before a request may pass.
///
/// On API Gateway the presence of scopes decides which kind of token is expected: an ID token on a
/// route without scopes, an access token on a route with them ([behaviour §1.3](crate::docs::behaviour)).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteAuthorization {
    /// Nothing: the authorization type `NONE`. No token is looked at.
    None,
    /// A token, and no scope.
    Token,
    /// A token that holds any one of these scopes.
    Scopes(ScopeSet),
}

impl RouteAuthorization {
    /// Whether the route asks for no token.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Whether the route names scopes.
    pub fn has_scopes(&self) -> bool {
        matches!(self, Self::Scopes(_))
    }
}
