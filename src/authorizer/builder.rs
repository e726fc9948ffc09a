//! Builds an authorizer: settings in the order in which they apply.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::{Authorizer, Inner};
#[cfg(feature = "reqwest")]
use crate::jwks::{HttpsKeySource, HttpsKeySourceError};
use crate::{
    clock::{Clock, SystemClock},
    decide::{ExpectedTokenUse, Verifier, VerifierError},
    identity_source::{IdentitySource, IdentitySourceError},
    jwks::{KeySettings, KeySource, KeyStore, LastKnownGood},
    limits::{JWK_SET_FETCH_TIMEOUT, JWK_SET_HARD_AGE, MAX_FETCH_TIMEOUT, MAX_JWK_SET_SOFT_AGE},
    route::RouteTableError,
    scope::ScopeError,
    user_pool::{AppClientId, Issuer, UserPool, UserPoolError, UserPoolId},
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
    key_sources: Vec<(UserPoolId, Arc<dyn KeySource>)>,
    fetch_timeout: Option<Duration>,
    max_key_age: Option<Duration>,
    last_known_good: Option<PathBuf>,
    when_keys_unavailable: WhenKeysUnavailable,
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

    /// Takes the keys of one user pool, by its id or ARN, from this source.
    ///
    /// # Errors
    ///
    /// [`BuildError::UserPool`] if the text is neither. A user pool that was not added is an error of
    /// [`build`](Self::build).
    pub fn key_source_for(mut self, id_or_arn: &str, source: impl KeySource) -> Result<Self, BuildError> {
        self.key_sources.push((UserPoolId::parse(id_or_arn)?, Arc::new(source)));
        Ok(self)
    }

    /// How long a fetch of a JWK Set may take, from connection to last byte; by default
    /// [`JWK_SET_FETCH_TIMEOUT`], at most [`MAX_FETCH_TIMEOUT`].
    pub fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.fetch_timeout = Some(timeout);
        self
    }

    /// Age from which keys are not trusted any more if they could not be fetched anew; by default
    /// [`JWK_SET_HARD_AGE`], at least [`MAX_JWK_SET_SOFT_AGE`].
    pub fn max_key_age(mut self, age: Duration) -> Self {
        self.max_key_age = Some(age);
        self
    }

    /// Keeps the keys in files of this directory too, and takes them from there when they were never
    /// obtained and cannot be: then a service starts while the network is away.
    ///
    /// The directory has to be there, and no one but its owner may write to it: what is in it decides
    /// who may come in.
    pub fn last_known_good(mut self, directory: impl Into<PathBuf>) -> Self {
        self.last_known_good = Some(directory.into());
        self
    }

    /// What to answer while the keys that a token needs cannot be obtained.
    pub fn when_keys_unavailable(mut self, answer: WhenKeysUnavailable) -> Self {
        self.when_keys_unavailable = answer;
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
        let is_known = |id: &UserPoolId| verifier.issuers().iter().any(|issuer| issuer.user_pool() == id);
        if let Some((user_pool, _)) = self.key_sources.iter().find(|(id, _)| !is_known(id)) {
            return Err(BuildError::KeySourceForUnknownUserPool { user_pool: user_pool.clone() });
        }
        let own = |issuer: &Issuer| {
            self.key_sources.iter().find(|(id, _)| id == issuer.user_pool()).map(|(_, source)| Arc::clone(source))
        };
        let others: Vec<_> = verifier.issuers().iter().filter(|issuer| own(issuer).is_none()).cloned().collect();
        let source = match self.key_source {
            Some(source) => Some(source),
            None if others.is_empty() => None,
            None => Some(default_key_source(&others)?),
        };
        let fetch_timeout = self.fetch_timeout.unwrap_or(JWK_SET_FETCH_TIMEOUT);
        if fetch_timeout.is_zero() || fetch_timeout > MAX_FETCH_TIMEOUT {
            return Err(BuildError::FetchTimeout { timeout: fetch_timeout });
        }
        let hard_age = self.max_key_age.unwrap_or(JWK_SET_HARD_AGE);
        if hard_age < MAX_JWK_SET_SOFT_AGE {
            return Err(BuildError::MaxKeyAge { age: hard_age });
        }
        if let Some(directory) = self.last_known_good.as_ref().filter(|directory| !directory.is_dir()) {
            return Err(BuildError::LastKnownGood { directory: directory.clone() });
        }
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let last_known_good = self.last_known_good.map(|directory| LastKnownGood::new(directory, hard_age));
        let settings = KeySettings { fetch_timeout, hard_age, last_known_good, clock: Arc::clone(&clock) };
        let source_of = |issuer: &Issuer| own(issuer).or_else(|| source.clone());
        let keys = KeyStore::new(verifier.issuers(), source_of, &settings).ok_or(BuildError::NoKeySource)?;
        let (identity_source, when_keys_unavailable) = (self.identity_source, self.when_keys_unavailable);
        Ok(Authorizer(Arc::new(Inner { verifier, identity_source, keys, clock, when_keys_unavailable })))
    }
}

/// What to answer while the keys that a token needs cannot be obtained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenKeysUnavailable {
    /// 500 `{"message":null}`, the closest to API Gateway ([behaviour §2.1](crate::docs::behaviour)).
    #[default]
    InternalServerError,
    /// 503 `{"message":"Service Unavailable"}` with `Retry-After` (RFC 9110 §15.6.4).
    ServiceUnavailable,
}

#[cfg(feature = "reqwest")]
fn default_key_source(issuers: &[Arc<Issuer>]) -> Result<Arc<dyn KeySource>, BuildError> {
    let source = HttpsKeySource::new()?;
    for issuer in issuers {
        source.require_safe(issuer.jwks_uri())?;
    }
    Ok(Arc::new(source))
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
    /// Keys that are too old before they are stale.
    #[error("a maximum key age of {age:?} is too short: choose at least {MAX_JWK_SET_SOFT_AGE:?}")]
    MaxKeyAge {
        /// The age that was asked for.
        age: Duration,
    },
    /// The directory for the last known good keys is not there.
    #[error("`{}` is not a directory: make it, for its owner alone to write", .directory.display())]
    LastKnownGood {
        /// The directory.
        directory: PathBuf,
    },
    /// A key source for a user pool that was not added.
    #[error("a key source was given for the user pool `{user_pool}`, which was not added")]
    KeySourceForUnknownUserPool {
        /// The user pool.
        user_pool: UserPoolId,
    },
    /// The built-in key source cannot be used.
    #[cfg(feature = "reqwest")]
    #[error(transparent)]
    HttpsKeySource(#[from] HttpsKeySourceError),
    /// There is no built-in key source in this build.
    #[error("no key source was given, and the feature `reqwest`, which has one built in, is off")]
    NoKeySource,
}
