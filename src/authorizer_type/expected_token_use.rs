//! Which kind of token a route takes.

use crate::{
    claims::{Claims, TokenUse},
    route::RouteAuthorization,
    word::words,
};

/// Which kind of token a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExpectedTokenUse {
    /// As on a REST API: an ID token on a route without scopes, an access token on a route with
    /// them ([behaviour §1.3](crate::docs::behaviour)).
    ByScopes,
    /// An access token everywhere.
    Access,
    /// An ID token everywhere. Such a token holds no scopes, so a route with scopes refuses all.
    Id,
    /// Either kind.
    Either,
    /// As on an HTTP API: `token_use` is not looked at ([behaviour §4.1.10](crate::docs::behaviour)).
    /// What a token is for is then told by its scopes and its audience alone.
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
