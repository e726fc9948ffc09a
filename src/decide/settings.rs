//! What a verifier is told once.

use crate::{
    claims::TokenUse,
    limits::{MAX_LEEWAY_SECONDS, MAX_USER_POOLS},
    route::RouteAuthorization,
    user_pool::{AppClientId, UserPool, UserPoolId},
};

use super::NeedKeys;

/// Which kind of token a route takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExpectedTokenUse {
    /// As on a REST API: an ID token on a route without scopes, an access token on a route with
    /// them ([behaviour §1.3](crate::docs::behaviour)).
    #[default]
    ByScopes,
    /// An access token everywhere.
    Access,
    /// An ID token everywhere. Such a token holds no scopes, so a route with scopes refuses all.
    Id,
    /// Either kind.
    Either,
}

impl ExpectedTokenUse {
    pub(super) fn admits(self, token_use: TokenUse, authorization: &RouteAuthorization) -> bool {
        let expected = match self {
            Self::Either => return true,
            Self::Access => TokenUse::Access,
            Self::Id => TokenUse::Id,
            Self::ByScopes if authorization.has_scopes() => TokenUse::Access,
            Self::ByScopes => TokenUse::Id,
        };
        token_use == expected
    }
}

/// The rules by which tokens are judged: the core of the crate, without clock, network or async.
///
/// The `Authorizer` wraps one, keeps the keys for it, and is what most services need.
#[derive(Clone, Debug)]
pub struct Verifier {
    user_pools: Vec<UserPool>,
    /// Every issuer of every pool, ascending, and where it belongs.
    issuers: Vec<(String, NeedKeys)>,
    expected_token_use: ExpectedTokenUse,
    app_clients: Option<Vec<AppClientId>>,
    leeway: u64,
}

impl Verifier {
    /// Accepts tokens of these user pools, of any of their app clients, by the rules of a REST API.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] if there is no user pool, too many, or two that share an issuer.
    pub fn new(user_pools: impl IntoIterator<Item = UserPool>) -> Result<Self, VerifierError> {
        let user_pools: Vec<_> = user_pools.into_iter().collect();
        if user_pools.is_empty() {
            return Err(VerifierError::NoUserPool);
        }
        if user_pools.len() > MAX_USER_POOLS {
            return Err(VerifierError::TooManyUserPools { count: user_pools.len() });
        }
        let mut issuers: Vec<(String, NeedKeys)> = Vec::new();
        for (user_pool, pool) in user_pools.iter().enumerate() {
            for (issuer, name) in pool.issuers().iter().map(|issuer| issuer.name().to_owned()).enumerate() {
                issuers.push((name, NeedKeys { user_pool, issuer }));
            }
        }
        issuers.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let is_shared = |pair: &&[(String, NeedKeys)]| matches!(pair, [(a, _), (b, _)] if a == b);
        if let Some([(issuer, _), ..]) = issuers.windows(2).find(is_shared) {
            return Err(VerifierError::SharedIssuer { issuer: issuer.clone() });
        }
        let expected_token_use = ExpectedTokenUse::default();
        Ok(Self { user_pools, issuers, expected_token_use, app_clients: None, leeway: 0 })
    }

    /// Takes this kind of token; by default [`ExpectedTokenUse::ByScopes`].
    #[must_use]
    pub fn with_token_use(mut self, expected: ExpectedTokenUse) -> Self {
        self.expected_token_use = expected;
        self
    }

    /// Takes only tokens that were issued to these app clients. By default every app client of the
    /// user pool passes, as on API Gateway.
    ///
    /// # Errors
    ///
    /// [`VerifierError::NoAppClient`] if there is none.
    pub fn with_app_clients(mut self, ids: impl IntoIterator<Item = AppClientId>) -> Result<Self, VerifierError> {
        let ids: Vec<_> = ids.into_iter().collect();
        if ids.is_empty() {
            return Err(VerifierError::NoAppClient);
        }
        self.app_clients = Some(ids);
        Ok(self)
    }

    /// Allows for clocks that differ by this many seconds when `exp` and `nbf` are checked; by
    /// default 0, as on API Gateway.
    ///
    /// # Errors
    ///
    /// [`VerifierError::Leeway`] above [`MAX_LEEWAY_SECONDS`].
    pub fn with_leeway(mut self, seconds: u64) -> Result<Self, VerifierError> {
        if seconds > MAX_LEEWAY_SECONDS {
            return Err(VerifierError::Leeway { seconds });
        }
        self.leeway = seconds;
        Ok(self)
    }

    /// The user pools, in the order in which they were given.
    pub fn user_pools(&self) -> &[UserPool] {
        &self.user_pools
    }

    pub(super) fn issuer(&self, name: &str) -> Option<NeedKeys> {
        let found = self.issuers.binary_search_by(|(own, _)| own.as_str().cmp(name)).ok()?;
        self.issuers.get(found).map(|(_, issuer)| *issuer)
    }

    /// The id of an issuer's user pool.
    pub(super) fn user_pool_id(&self, issuer: NeedKeys) -> Option<&UserPoolId> {
        self.user_pools.get(issuer.user_pool).map(UserPool::id)
    }

    pub(super) fn expected_token_use(&self) -> ExpectedTokenUse {
        self.expected_token_use
    }

    pub(super) fn app_clients(&self) -> Option<&[AppClientId]> {
        self.app_clients.as_deref()
    }

    pub(super) fn leeway(&self) -> u64 {
        self.leeway
    }
}

/// What is wrong with the rules for a verifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierError {
    /// No user pool was given.
    #[error("no user pool was given: name at least one")]
    NoUserPool,
    /// More user pools than [`MAX_USER_POOLS`].
    #[error("{count} user pools were given: at most {MAX_USER_POOLS} are supported")]
    TooManyUserPools {
        /// How many.
        count: usize,
    },
    /// Two user pools have one issuer, so a token would not tell which keys to use.
    #[error("the issuer `{issuer}` belongs to two user pools: give each user pool once, and its own issuer")]
    SharedIssuer {
        /// The issuer.
        issuer: String,
    },
    /// An empty list of app clients would refuse everybody.
    #[error("the list of app clients is empty: name at least one, or leave it out to accept any of the user pool")]
    NoAppClient,
    /// More leeway than [`MAX_LEEWAY_SECONDS`].
    #[error("a leeway of {seconds} seconds is too long: at most {MAX_LEEWAY_SECONDS} are supported")]
    Leeway {
        /// The leeway that was asked for.
        seconds: u64,
    },
}
