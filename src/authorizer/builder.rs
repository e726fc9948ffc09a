//! Builds an authorizer: settings in the order in which they apply.

use std::{sync::Arc, time::Duration};

use super::{Authorizer, Inner};
#[cfg(feature = "reqwest")]
use crate::jwks::{HttpsKeySource, HttpsKeySourceError};
use crate::{
    clock::{Clock, SystemClock},
    decide::{ExpectedTokenUse, Verifier, VerifierError},
    identity_source::{IdentitySource, IdentitySourceError},
    jwks::{KeySource, KeyStore},
    limits::{JWK_SET_FETCH_TIMEOUT, MAX_FETCH_TIMEOUT},
    route::RouteTableError,
    scope::ScopeError,
    user_pool::{AppClientId, Issuer, UserPool, UserPoolError},
};

/// Collects the settings of an [`Authorizer`]. Every default is that of a REST API.
#[derive(Debug, Default)]
#[must_use]
pub struct AuthorizerBuilder {
    user_pools: Vec<UserPool>,
    identity_source: IdentitySource,
    token_use: ExpectedTokenUse,
    app_clients: Option<Vec<AppClientId>>,
    leeway: Duration,
    key_source: Option<Arc<dyn KeySource>>,
    fetch_timeout: Option<Duration>,
    clock: Option<Arc<dyn Clock>>,
}

impl AuthorizerBuilder {
    /// Accepts tokens of the user pool with this id or ARN too.
    ///
    /// # Errors
    ///
    /// [`BuildError::UserPool`] if the text is neither.
    pub fn user_pool(self, id_or_arn: &str) -> Result<Self, BuildError> {
        Ok(self.with_user_pool(UserPool::parse(id_or_arn)?))
    }

    /// Accepts tokens of this user pool too, with its own issuer or JWK Set address.
    pub fn with_user_pool(mut self, user_pool: UserPool) -> Self {
        self.user_pools.push(user_pool);
        self
    }

    /// Takes the token from this header.
    pub fn with_identity_source(mut self, identity_source: IdentitySource) -> Self {
        self.identity_source = identity_source;
        self
    }

    /// Takes the token from another header than `Authorization`, written as on API Gateway:
    /// `method.request.header.<name>`.
    ///
    /// # Errors
    ///
    /// [`BuildError::IdentitySource`] if the text is not that.
    pub fn identity_source(mut self, identity_source: &str) -> Result<Self, BuildError> {
        self.identity_source = identity_source.parse()?;
        Ok(self)
    }

    /// Takes this kind of token; by default [`ExpectedTokenUse::ByScopes`].
    pub fn token_use(mut self, expected: ExpectedTokenUse) -> Self {
        self.token_use = expected;
        self
    }

    /// Takes only tokens that were issued to these app clients: `client_id` of an access token,
    /// `aud` of an ID token. By default every app client of the user pool passes.
    ///
    /// # Errors
    ///
    /// [`BuildError::UserPool`] if a text is not an app client id. An empty list is an error of
    /// [`build`](Self::build).
    pub fn app_clients(mut self, ids: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, BuildError> {
        let ids = ids.into_iter().map(|id| AppClientId::parse(id.as_ref())).collect::<Result<_, _>>()?;
        self.app_clients = Some(ids);
        Ok(self)
    }

    /// Allows for clocks that differ by this much, in whole seconds; by default 0, at most
    /// [`MAX_LEEWAY`](crate::limits::MAX_LEEWAY).
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Takes the keys from this source instead of fetching them over HTTPS.
    pub fn key_source(mut self, source: impl KeySource) -> Self {
        self.key_source = Some(Arc::new(source));
        self
    }

    /// How long a fetch of a JWK Set may take, from connection to last byte; by default
    /// [`JWK_SET_FETCH_TIMEOUT`], at most [`MAX_FETCH_TIMEOUT`].
    pub fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.fetch_timeout = Some(timeout);
        self
    }

    /// Takes the time from this clock instead of the system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// The authorizer. Nothing is fetched yet.
    ///
    /// # Errors
    ///
    /// [`BuildError`] for the first invalid setting.
    pub fn build(self) -> Result<Authorizer, BuildError> {
        let mut verifier = Verifier::new(self.user_pools)?.with_token_use(self.token_use).with_leeway(self.leeway)?;
        if let Some(ids) = self.app_clients {
            verifier = verifier.with_app_clients(ids)?;
        }
        let source = match self.key_source {
            Some(source) => source,
            None => default_key_source(verifier.issuers())?,
        };
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let fetch_timeout = self.fetch_timeout.unwrap_or(JWK_SET_FETCH_TIMEOUT);
        if fetch_timeout.is_zero() || fetch_timeout > MAX_FETCH_TIMEOUT {
            return Err(BuildError::FetchTimeout { timeout: fetch_timeout });
        }
        let keys = KeyStore::new(verifier.issuers(), source, fetch_timeout, Arc::clone(&clock));
        Ok(Authorizer(Arc::new(Inner { verifier, identity_source: self.identity_source, keys, clock })))
    }
}

#[cfg(feature = "reqwest")]
fn default_key_source(issuers: &[Arc<Issuer>]) -> Result<Arc<dyn KeySource>, BuildError> {
    for issuer in issuers {
        HttpsKeySource::require_safe(issuer.jwks_uri())?;
    }
    Ok(Arc::new(HttpsKeySource::new()?))
}

#[cfg(not(feature = "reqwest"))]
fn default_key_source(_issuers: &[Arc<Issuer>]) -> Result<Arc<dyn KeySource>, BuildError> {
    Err(BuildError::NoKeySource)
}

/// What is wrong with the settings of an authorizer. Each names the text that holds the mistake.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A user pool or an app client.
    #[error(transparent)]
    UserPool(#[from] UserPoolError),
    /// The header that holds the token.
    #[error(transparent)]
    IdentitySource(#[from] IdentitySourceError),
    /// The authorization scopes.
    #[error(transparent)]
    Scopes(#[from] ScopeError),
    /// The routes.
    #[error(transparent)]
    Routes(#[from] RouteTableError),
    /// The rules by which tokens are judged.
    #[error(transparent)]
    Verifier(#[from] VerifierError),
    /// A fetch that may take no time, or too much.
    #[error("a fetch time-out of {timeout:?} is not possible: choose more than zero and at most {MAX_FETCH_TIMEOUT:?}")]
    FetchTimeout {
        /// The time-out that was asked for.
        timeout: Duration,
    },
    /// The built-in key source cannot be used.
    #[cfg(feature = "reqwest")]
    #[error(transparent)]
    HttpsKeySource(#[from] HttpsKeySourceError),
    /// There is no built-in key source in this build.
    #[error("no key source was given, and the feature `reqwest`, which has one built in, is off")]
    NoKeySource,
}
