//! From settings to an authorizer.

use std::sync::Arc;

use tracing::Level;

use super::{Authorizer, AuthorizerBuilder, BuildError, BuildMistake, Inner, settings::AuthorizerSettings};
#[cfg(feature = "reqwest")]
use crate::jwks::HttpsKeySource;
use crate::{
    authorizer_type::Rules,
    clock::SystemClock,
    decide::Verifier,
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
    /// [`BuildError`] with every mistake.
    pub fn build(mut self) -> Result<Authorizer, BuildError> {
        let mut mistakes = std::mem::take(&mut self.mistakes);
        // A setting that was not parsed is missing below, and that is not a second mistake.
        let is_whole = mistakes.is_empty();
        mistakes.extend(self.settings.mistakes());
        let verifier = match Verifier::new(self.settings.verifier.clone()) {
            Ok(verifier) => verifier,
            Err(errors) => {
                mistakes.extend(errors.into_iter().filter(|_| is_whole).map(BuildMistake::from));
                return Err(BuildError::new(mistakes));
            }
        };
        let last_known_good = self.settings.last_known_good().unwrap_or_else(|mistake| {
            mistakes.push(mistake);
            None
        });
        let sources = key_sources(verifier.issuers(), self.key_source, self.key_sources, &mut mistakes);
        if !mistakes.is_empty() {
            return Err(BuildError::new(mistakes));
        }
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let fetch_settings = FetchSettings {
            fetch_timeout: self.settings.fetch_timeout.unwrap_or(JWK_SET_FETCH_TIMEOUT),
            hard_age: self.settings.max_key_age.unwrap_or(JWK_SET_HARD_AGE),
            last_known_good,
            clock: Arc::clone(&clock),
        };
        let token_cache_bytes = self.settings.token_cache_bytes.unwrap_or(TOKEN_CACHE_BYTES);
        Ok(Authorizer(Arc::new(Inner {
            keys: KeyStore::new(sources, &fetch_settings),
            token_cache: (token_cache_bytes > 0).then(|| TokenCache::new(token_cache_bytes)),
            clock,
            renderer: self.settings.renderer(verifier.rules()),
            forwarding: self.settings.forwarding(),
            passes_preflight: self.settings.passes_preflight,
            rejection_level: self.settings.rejection_level.unwrap_or(Level::DEBUG),
            revocation: self.revocation,
            identity_source: self.settings.identity_source,
            verifier,
        })))
    }

    /// The decision by itself, with the settings that concern it: no clock, no keys, no async.
    ///
    /// # Errors
    ///
    /// [`BuildError`] with every mistake of these settings.
    pub fn build_verifier(self) -> Result<Verifier, BuildError> {
        if !self.mistakes.is_empty() {
            return Err(BuildError::new(self.mistakes));
        }
        let failed = |errors: Vec<_>| BuildError::new(errors.into_iter().map(BuildMistake::from).collect());
        Verifier::new(self.settings.verifier).map_err(failed)
    }
}

impl AuthorizerSettings {
    /// Everything that is wrong, but for what the verifier looks at.
    fn mistakes(&self) -> Vec<BuildMistake> {
        let mut mistakes = Vec::new();
        let (header, query_parameter) = (self.identity_source.header(), self.identity_source.query_parameter());
        let identity_source = || self.identity_source.to_string();
        if query_parameter.is_some() && !self.verifier.authorizer_type.rules().query_string_source {
            mistakes.push(BuildMistake::QueryStringSource { identity_source: identity_source() });
        }
        if self.gateway_responses.reflects(header, query_parameter) {
            mistakes.push(BuildMistake::EchoesToken { identity_source: identity_source() });
        }
        if header.is_some_and(|header| self.claim_headers.contains(header)) {
            mistakes.push(BuildMistake::ClaimHeader { identity_source: identity_source() });
        }
        if let Some(timeout) = self.fetch_timeout.filter(|own| own.is_zero() || *own > MAX_FETCH_TIMEOUT) {
            mistakes.push(BuildMistake::FetchTimeout { timeout });
        }
        if let Some(age) = self.max_key_age.filter(|own| *own < MAX_JWK_SET_SOFT_AGE) {
            mistakes.push(BuildMistake::MaxKeyAge { age });
        }
        mistakes
    }

    fn last_known_good(&self) -> Result<Option<LastKnownGood>, BuildMistake> {
        let Some(directory) = &self.last_known_good_directory else { return Ok(None) };
        let failed = |reason| BuildMistake::LastKnownGood { directory: directory.clone(), reason };
        LastKnownGood::new(directory.clone()).map(Some).map_err(failed)
    }

    fn renderer(&self, rules: &'static Rules) -> Renderer {
        Renderer {
            rules,
            insufficient_scope: self.insufficient_scope.unwrap_or(rules.insufficient_scope),
            when_keys_unavailable: self.when_keys_unavailable.unwrap_or(rules.when_keys_unavailable),
            challenges: self.challenges.unwrap_or(rules.challenges),
            mimics_sigv4: self.mimics_sigv4,
            responses: self.gateway_responses.clone(),
        }
    }

    fn forwarding(&self) -> Forwarding {
        Forwarding {
            authorizer_type: self.verifier.authorizer_type,
            claim_headers: self.claim_headers.clone(),
            stripped: self.strips_token.then(|| self.identity_source.clone()),
        }
    }
}

/// Where the keys of each issuer come from: the source of its user pool, or the one for all.
fn key_sources(
    issuers: &[Arc<Issuer>],
    mut for_all: Option<Arc<dyn KeySource>>,
    own: Vec<(UserPoolId, Arc<dyn KeySource>)>,
    mistakes: &mut Vec<BuildMistake>,
) -> Vec<(Arc<Issuer>, Arc<dyn KeySource>)> {
    for (number, (id, _)) in own.iter().enumerate() {
        let is_known = issuers.iter().any(|issuer| issuer.user_pool() == id);
        if !is_known || own.iter().take(number).any(|(other, _)| other == id) {
            mistakes.push(BuildMistake::KeySourceFor { user_pool: id.clone() });
        }
    }
    let mut sources = Vec::new();
    for issuer in issuers {
        let source = match own.iter().find(|(id, _)| id == issuer.user_pool()) {
            Some((_, source)) => Ok(Arc::clone(source)),
            None => for_all.take().map_or_else(default_key_source, Ok).map(|source| Arc::clone(for_all.insert(source))),
        };
        let supported = source.and_then(|source| match source.supports(issuer) {
            Ok(()) => Ok(source),
            Err(reason) => Err(BuildMistake::KeySource { issuer: issuer.name().to_owned(), reason }),
        });
        match supported {
            Ok(source) => sources.push((Arc::clone(issuer), source)),
            Err(mistake) => {
                mistakes.push(mistake);
                break;
            }
        }
    }
    sources
}

#[cfg(feature = "reqwest")]
fn default_key_source() -> Result<Arc<dyn KeySource>, BuildMistake> {
    Ok(Arc::new(HttpsKeySource::new()?))
}

#[cfg(not(feature = "reqwest"))]
fn default_key_source() -> Result<Arc<dyn KeySource>, BuildMistake> {
    Err(BuildMistake::NoKeySource)
}
