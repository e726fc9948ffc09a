//! The kind of token that a route accepts.

use crate::{
    claims::{Claims, TokenUse},
    route::RouteAuthorization,
    word::words,
};

/// The kind of token that a route accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExpectedTokenUse {
    /// An ID token on a route without scopes and an access token on a route with scopes, as on a REST API
    /// ([behaviour §1.3](crate::docs::behaviour)).
    ByScopes,
    /// An access token on every route.
    Access,
    /// An ID token on every route. ID tokens have no scopes, so a route with scopes rejects every token.
    Id,
    /// An ID token or an access token.
    Either,
    /// `token_use` is not checked, as on an HTTP API ([behaviour §4.1.10](crate::docs::behaviour)). Only scopes and audience
    /// then limit the use of a token.
    Unchecked,
}

words!(ExpectedTokenUse {
    ByScopes = "by_scopes",
    Access = "access",
    Id = "id",
    Either = "either",
    Unchecked = "unchecked",
});

impl ExpectedTokenUse {
    pub(crate) fn admits(self, claims: &Claims, authorization: &RouteAuthorization) -> bool {
        let expected = match self {
            Self::Unchecked => return true,
            Self::Either => return claims.token_use().is_some(),
            Self::Access => TokenUse::Access,
            Self::Id => TokenUse::Id,
            Self::ByScopes if authorization.scopes().is_some() => TokenUse::Access,
            Self::ByScopes => TokenUse::Id,
        };
        claims.token_use() == Some(expected)
    }
}
