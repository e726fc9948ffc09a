//! From settings to an authorizer, and what can be wrong with them.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::{Authorizer, AuthorizerBuilder, Inner};
#[cfg(feature = "reqwest")]
use crate::jwks::{HttpsKeySource, HttpsKeySourceError};
use crate::{
    audience_pattern::AudiencePatternError,
    clock::SystemClock,
    decide::{Verifier, VerifierError},
    gateway_response::{GatewayResponseError, Renderer},
    identity_source::IdentitySourceError,
    jwks::{KeySettings, KeySource, KeySourceError, KeyStore, LastKnownGood},
    limits::{JWK_SET_FETCH_TIMEOUT, JWK_SET_HARD_AGE, MAX_FETCH_TIMEOUT, MAX_JWK_SET_SOFT_AGE, TOKEN_CACHE_BYTES},
    request_context::{ClaimHeadersError, Forwarding},
    route::RouteTableError,
    scope::ScopeError,
    token_cache::TokenCache,
    user_pool::{Issuer, UserPoolError, UserPoolId},
};

impl AuthorizerBuilder {
    /// The authorizer. Nothing is fetched yet.
    ///
    /// # Errors
    ///
    /// [`BuildError`] for the first invalid setting.
    pub fn build(mut self) -> Result<Authorizer, BuildError> {
        self.check_identity_source()?;
        let verifier = self.verifier()?;
        let fetch_timeout = self.fetch_timeout.unwrap_or(JWK_SET_FETCH_TIMEOUT);
        if fetch_timeout.is_zero() || fetch_timeout > MAX_FETCH_TIMEOUT {
            return Err(BuildError::FetchTimeout { timeout: fetch_timeout });
        }
        let hard_age = self.max_key_age.unwrap_or(JWK_SET_HARD_AGE);
        if hard_age < MAX_JWK_SET_SOFT_AGE {
            return Err(BuildError::MaxKeyAge { age: hard_age });
        }
        let last_known_good = self.last_known_good.map(|directory| {
            LastKnownGood::new(directory.clone()).map_err(|reason| BuildError::LastKnownGood { directory, reason })
        });
        let last_known_good = last_known_good.transpose()?;
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let settings = KeySettings { fetch_timeout, hard_age, last_known_good, clock: Arc::clone(&clock) };
        let sources = key_sources(verifier.issuers(), self.key_source, self.key_sources)?;
        let keys = KeyStore::new(sources, &settings);
        let token_cache_bytes = self.token_cache_bytes.unwrap_or(TOKEN_CACHE_BYTES);
        let token_cache = (token_cache_bytes > 0).then(|| TokenCache::new(token_cache_bytes));
        let rules = verifier.rules();
        let renderer = Renderer {
            rules,
            insufficient_scope: self.insufficient_scope.unwrap_or(rules.insufficient_scope),
            when_keys_unavailable: self.when_keys_unavailable.unwrap_or(rules.when_keys_unavailable),
            challenges: self.challenges.unwrap_or(rules.challenges),
            mimics_sigv4: self.mimics_sigv4,
            responses: self.gateway_responses,
        };
        let forwarding = Forwarding {
            authorizer_type: verifier.authorizer_type(),
            claim_headers: self.claim_headers,
            stripped: self.strips_token.then(|| self.identity_source.clone()),
        };
        Ok(Authorizer(Arc::new(Inner {
            verifier,
            identity_source: self.identity_source,
            keys,
            token_cache,
            clock,
            renderer,
            forwarding,
            passes_preflight: self.passes_preflight,
            revocation: self.revocation,
        })))
    }

    fn verifier(&mut self) -> Result<Verifier, BuildError> {
        let user_pools = std::mem::take(&mut self.user_pools);
        let mut verifier =
            Verifier::new(user_pools)?.with_authorizer_type(self.authorizer_type).with_leeway(self.leeway)?;
        if let Some(leeway) = self.not_before_leeway {
            verifier = verifier.with_not_before_leeway(leeway)?;
        }
        if let Some(lifetime) = self.max_lifetime {
            verifier = verifier.with_max_lifetime(lifetime)?;
        }
        if self.accepts_sender_constrained {
            verifier = verifier.with_sender_constrained_tokens();
        }
        if let Some(expected) = self.token_use {
            verifier = verifier.with_token_use(expected);
        }
        if self.any_app_client {
            verifier = verifier.with_any_app_client();
        }
        if self.any_app_client && self.app_clients.is_some() {
            return Err(BuildError::AppClients);
        }
        if let Some(ids) = self.app_clients.take() {
            verifier = verifier.with_app_clients(ids)?;
        }
        if !verifier.has_audience() {
            return Err(VerifierError::NoAudience.into());
        }
        if let Some(pattern) = self.audience_pattern.take() {
            verifier = verifier.with_audience_pattern(pattern)?;
        }
        Ok(verifier)
    }

    fn check_identity_source(&self) -> Result<(), BuildError> {
        let (header, query_parameter) = (self.identity_source.header(), self.identity_source.query_parameter());
        let identity_source = self.identity_source.to_string();
        if query_parameter.is_some() && !self.authorizer_type.rules().query_string_source {
            return Err(BuildError::QueryStringSource { identity_source });
        }
        if self.gateway_responses.echoes(header, query_parameter) {
            return Err(BuildError::EchoesToken { identity_source });
        }
        if header.is_some_and(|header| self.claim_headers.contains(header)) {
            return Err(BuildError::ClaimHeader { identity_source });
        }
        Ok(())
    }
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
        source.serves(issuer).map_err(|reason| BuildError::KeySource { issuer: issuer_name(), reason })?;
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
    /// The identity validation expression.
    #[error(transparent)]
    AudiencePattern(#[from] AudiencePatternError),
    /// A query parameter as identity source of a REST API, which has none.
    #[error(
        "`{identity_source}` is an identity source of an HTTP API alone: choose a header, or the authorizer type JWT"
    )]
    QueryStringSource {
        /// The identity source.
        identity_source: String,
    },
    /// A gateway response that would hold the token.
    #[error("a gateway response holds `{identity_source}`, which is the token: leave it out")]
    EchoesToken {
        /// The identity source.
        identity_source: String,
    },
    /// A gateway response of one authorizer that would hold the token of another one of the same API.
    #[error(
        "a gateway response of `{authorizer}` holds `{identity_source}`, which is the token of `{other}`: leave it out"
    )]
    EchoesTokenOf {
        /// Whose gateway response.
        authorizer: String,
        /// Whose token.
        other: String,
        /// The identity source of the other one.
        identity_source: String,
    },
    /// A claim header in the place of the token.
    #[error("`{identity_source}` holds the token, and cannot be a claim header: choose another name")]
    ClaimHeader {
        /// The identity source.
        identity_source: String,
    },
    /// A list of app clients, and leave for all of them.
    #[error("both a list of app clients and `any_app_client` were given: choose one")]
    AppClients,
    /// The gateway responses.
    #[error(transparent)]
    GatewayResponses(#[from] GatewayResponseError),
    /// The claim headers.
    #[error(transparent)]
    ClaimHeaders(#[from] ClaimHeadersError),
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
    /// Not one authorizer.
    #[error("there is no authorizer: name one")]
    NoAuthorizer,
    /// Two authorizers of one API with the same name.
    #[error("two authorizers have the name `{name}`: rename one")]
    AuthorizerName {
        /// The name.
        name: String,
    },
    /// Authorizers of one API that are of different types.
    #[error(
        "the authorizers of one API are of one type, COGNITO_USER_POOLS or JWT: give the others a layer of their own"
    )]
    AuthorizerTypes,
    /// A route asks an authorizer that is not there.
    #[error(
        "the route `{route_key}` {}",
        match .authorizer {
            Some(name) => format!("asks the authorizer `{name}`, which is not there: name one of {}", quoted(.known)),
            None => format!("does not say which of the authorizers it asks: name one of {}", quoted(.known)),
        }
    )]
    UnknownAuthorizer {
        /// The route.
        route_key: String,
        /// The authorizer that it names.
        authorizer: Option<String>,
        /// The names of those that are there.
        known: Vec<String>,
    },
    /// Keys that are too old before they are stale.
    #[error("a maximum key age of {age:?} is too short: choose at least {MAX_JWK_SET_SOFT_AGE:?}")]
    MaxKeyAge {
        /// The age that was asked for.
        age: Duration,
    },
    /// The directory for the last known good keys is not there, or not this user's alone to write.
    #[error("keys cannot be kept in `{}`: {reason}; it has to be there, and this user's alone to write", .directory.display())]
    LastKnownGood {
        /// The directory.
        directory: PathBuf,
        /// What is wrong with it.
        reason: std::io::Error,
    },
    /// A key source for a user pool that was not added, or that has one already.
    #[error(
        "a key source was given for the user pool `{user_pool}`, which was not added or has one already: add the user pool, and give it one source"
    )]
    KeySourceFor {
        /// The user pool.
        user_pool: UserPoolId,
    },
    /// The keys of an issuer cannot come from the source that was given for them.
    #[error("the keys of `{issuer}` cannot come from the given source: {reason}")]
    KeySource {
        /// The issuer.
        issuer: String,
        /// Why not.
        reason: KeySourceError,
    },
    /// The built-in key source cannot be set up.
    #[cfg(feature = "reqwest")]
    #[error(transparent)]
    HttpsKeySource(#[from] HttpsKeySourceError),
    /// There is no built-in key source in this build.
    #[error(
        "no key source was given, and the feature `reqwest`, which has one built in, is off: turn the feature on, or say `key_source`"
    )]
    NoKeySource,
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
