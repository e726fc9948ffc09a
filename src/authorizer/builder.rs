//! Builds an authorizer: settings in the order in which they apply.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::{Authorizer, Inner};
#[cfg(feature = "reqwest")]
use crate::jwks::{HttpsKeySource, HttpsKeySourceError};
use crate::{
    clock::{Clock, SystemClock},
    decide::{ExpectedTokenUse, Verifier, VerifierError},
    identity_source::{IdentitySource, IdentitySourceError},
    jwks::{KeySettings, KeySource, KeySourceError, KeyStore, LastKnownGood},
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
    /// The directory has to be there, and nobody but the user that the service runs as may write to it:
    /// what is in it decides who may come in. Each issuer has one file in it.
    pub fn last_known_good_directory(mut self, directory: impl Into<PathBuf>) -> Self {
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
        let fetch_timeout = self.fetch_timeout.unwrap_or(JWK_SET_FETCH_TIMEOUT);
        if fetch_timeout.is_zero() || fetch_timeout > MAX_FETCH_TIMEOUT {
            return Err(BuildError::FetchTimeout { timeout: fetch_timeout });
        }
        let hard_age = self.max_key_age.unwrap_or(JWK_SET_HARD_AGE);
        if hard_age < MAX_JWK_SET_SOFT_AGE {
            return Err(BuildError::MaxKeyAge { age: hard_age });
        }
        let last_known_good = self.last_known_good.map(|directory| {
            LastKnownGood::new(directory.clone()).map_err(|source| BuildError::LastKnownGood { directory, source })
        });
        let last_known_good = last_known_good.transpose()?;
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let settings = KeySettings { fetch_timeout, hard_age, last_known_good, clock: Arc::clone(&clock) };
        let sources = key_sources(verifier.issuers(), self.key_source, self.key_sources)?;
        let keys = KeyStore::new(sources, &settings);
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

/// Where the keys of each issuer come from: the source of its user pool, or the one for all.
fn key_sources(
    issuers: &[Arc<Issuer>],
    mut for_all: Option<Arc<dyn KeySource>>,
    own: Vec<(UserPoolId, Arc<dyn KeySource>)>,
) -> Result<Vec<(Arc<Issuer>, Arc<dyn KeySource>)>, BuildError> {
    for (number, (id, _)) in own.iter().enumerate() {
        let is_known = issuers.iter().any(|issuer| issuer.user_pool() == id);
        if !is_known || own.iter().take(number).any(|(other, _)| other == id) {
            return Err(BuildError::KeySourceFor { user_pool: id.clone() });
        }
    }
    let mut sources = Vec::new();
    for issuer in issuers {
        let source = match own.iter().find(|(id, _)| id == issuer.user_pool()) {
            Some((_, source)) => Arc::clone(source),
            None => {
                let source = for_all.take().map_or_else(default_key_source, Ok)?;
                Arc::clone(for_all.insert(source))
            }
        };
        let issuer_name = || issuer.name().to_owned();
        source.serves(issuer).map_err(|source| BuildError::KeySource { issuer: issuer_name(), source })?;
        sources.push((Arc::clone(issuer), source));
    }
    Ok(sources)
}

#[cfg(feature = "reqwest")]
fn default_key_source() -> Result<Arc<dyn KeySource>, BuildError> {
    Ok(Arc::new(HttpsKeySource::new()?))
}

#[cfg(not(feature = "reqwest"))]
fn default_key_source() -> Result<Arc<dyn KeySource>, BuildError> {
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
    /// The directory for the last known good keys is not there, or not this user's alone to write.
    #[error("keys cannot be kept in `{}`: it has to be there, and this user's alone to write", .directory.display())]
    LastKnownGood {
        /// The directory.
        directory: PathBuf,
        /// What is wrong with it.
        source: std::io::Error,
    },
    /// A key source for a user pool that was not added, or that has one already.
    #[error("a key source was given for the user pool `{user_pool}`, which was not added or has one already")]
    KeySourceFor {
        /// The user pool.
        user_pool: UserPoolId,
    },
    /// The keys of an issuer cannot come from the source that was given for them.
    #[error("the keys of `{issuer}` cannot come from the given source: {}", reason(.source))]
    KeySource {
        /// The issuer.
        issuer: String,
        /// Why not.
        source: KeySourceError,
    },
    /// The built-in key source cannot be set up.
    #[cfg(feature = "reqwest")]
    #[error(transparent)]
    HttpsKeySource(#[from] HttpsKeySourceError),
    /// There is no built-in key source in this build.
    #[error("no key source was given, and the feature `reqwest`, which has one built in, is off")]
    NoKeySource,
}

/// What a key source has to say: its own words, if there are any.
fn reason(error: &KeySourceError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}
