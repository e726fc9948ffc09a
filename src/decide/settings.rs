//! The settings of a verifier.

use std::{sync::Arc, time::Duration};

use crate::{
    claims::TokenUse,
    limits::{MAX_LEEWAY, MAX_USER_POOLS},
    route::RouteAuthorization,
    user_pool::{AppClientId, Issuer, UserPool},
};

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
    /// Of every user pool, ascending by name.
    issuers: Vec<Arc<Issuer>>,
    expected_token_use: ExpectedTokenUse,
    app_clients: Option<Vec<AppClientId>>,
    /// In seconds.
    leeway: u64,
}

impl Verifier {
    /// Accepts tokens of these user pools, of any of their app clients, by the rules of a REST API.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] if there is no user pool, too many, or two that share an issuer.
    pub fn new(user_pools: impl IntoIterator<Item = UserPool>) -> Result<Self, VerifierError> {
        let mut issuers = Vec::new();
        let mut count = 0;
        for user_pool in user_pools {
            issuers.extend(user_pool.issuers().into_iter().map(Arc::new));
            count += 1;
        }
        if count == 0 {
            return Err(VerifierError::NoUserPool);
        }
        if count > MAX_USER_POOLS {
            return Err(VerifierError::TooManyUserPools { count });
        }
        issuers.sort_unstable_by(|a, b| a.name().cmp(b.name()));
        let is_shared = |pair: &&[Arc<Issuer>]| matches!(pair, [a, b] if a.name() == b.name());
        if let Some([issuer, ..]) = issuers.windows(2).find(is_shared) {
            return Err(VerifierError::SharedIssuer { issuer: issuer.name().to_owned() });
        }
        let is_address =
            |issuer: &Issuer| ["https://", "http://"].iter().any(|scheme| issuer.name().starts_with(scheme));
        if let Some(issuer) = issuers.iter().find(|issuer| !is_address(issuer)) {
            return Err(VerifierError::InvalidIssuer { issuer: issuer.name().to_owned() });
        }
        let expected_token_use = ExpectedTokenUse::default();
        Ok(Self { issuers, expected_token_use, app_clients: None, leeway: 0 })
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

    /// Allows for clocks that differ by this much when `exp` and `nbf` are checked, in whole seconds;
    /// by default 0, as on API Gateway.
    ///
    /// # Errors
    ///
    /// [`VerifierError::Leeway`] above [`MAX_LEEWAY`].
    pub fn with_leeway(mut self, leeway: Duration) -> Result<Self, VerifierError> {
        if leeway > MAX_LEEWAY {
            return Err(VerifierError::Leeway { leeway });
        }
        self.leeway = leeway.as_secs();
        Ok(self)
    }

    /// The issuers whose tokens are accepted, of every user pool, ascending by name.
    pub fn issuers(&self) -> &[Arc<Issuer>] {
        &self.issuers
    }

    pub(super) fn issuer(&self, name: &str) -> Option<&Arc<Issuer>> {
        let found = self.issuers.binary_search_by(|issuer| issuer.name().cmp(name)).ok()?;
        self.issuers.get(found)
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
    /// An issuer is not an address.
    #[error("`{issuer}` is not an issuer: expected an address that starts with https:// or http://")]
    InvalidIssuer {
        /// The issuer.
        issuer: String,
    },
    /// More leeway than [`MAX_LEEWAY`].
    #[error("a leeway of {leeway:?} is too long: at most {MAX_LEEWAY:?} are supported")]
    Leeway {
        /// The leeway that was asked for.
        leeway: Duration,
    },
}
