//! From settings to an authorizer.

use std::sync::Arc;

use super::{Authorizer, AuthorizerBuilder, BuildError, Inner};
#[cfg(feature = "reqwest")]
use crate::jwks::HttpsKeySource;
use crate::{
    clock::SystemClock,
    decide::{Verifier, VerifierError},
    gateway_response::Renderer,
    jwks::{FetchSettings, KeySource, KeyStore, LastKnownGood},
    limits::{JWK_SET_FETCH_TIMEOUT, JWK_SET_HARD_AGE, MAX_FETCH_TIMEOUT, MAX_JWK_SET_SOFT_AGE, TOKEN_CACHE_BYTES},
    request_context::Forwarding,
    token_cache::TokenCache,
    user_pool::{Issuer, UserPoolId},
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
        let settings = FetchSettings { fetch_timeout, hard_age, last_known_good, clock: Arc::clone(&clock) };
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
            verifier = verifier.with_audience(ids)?;
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
        if self.gateway_responses.reflects(header, query_parameter) {
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
        source.supports(issuer).map_err(|reason| BuildError::KeySource { issuer: issuer_name(), reason })?;
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
