//! Builds an authorizer from its settings.

use std::sync::Arc;

use tracing::Level;

use super::{Authorizer, AuthorizerBuilder, BuildError, BuildMistake, Inner, settings::AuthorizerSettings};
#[cfg(feature = "reqwest")]
use crate::jwks::HttpsKeySource;
use crate::{
    authorizer_type::Rules,
    clock::SystemClock,
    decide::{Verifier, VerifierMistake},
    gateway_response::Renderer,
    jwks::{FetchSettings, KeySource, KeyStore, LastKnownGood},
    limits::{JWK_SET_FETCH_TIMEOUT, JWK_SET_HARD_AGE, MAX_FETCH_TIMEOUT, MAX_JWK_SET_SOFT_AGE, TOKEN_CACHE_BYTES},
    request_context::Forwarding,
    token_cache::TokenCache,
    user_pool::{Issuer, UserPoolError, UserPoolId},
};

impl AuthorizerBuilder {
    #[cfg(feature = "openapi")]
    pub(crate) fn from_settings(settings: AuthorizerSettings) -> Self {
        Self { settings, ..Self::default() }
    }

    #[cfg(feature = "configuration")]
    pub(crate) fn configured_key_source(self, source: Arc<dyn KeySource>) -> Self {
        Self { configured_key_source: Some(source), ..self }
    }

    /// Shares the keys of other authorizers, where this one would fetch the same keys in the same way.
    #[cfg(feature = "serve")]
    pub(crate) fn with_keys_of(self, previous: Vec<Authorizer>) -> Self {
        Self { previous, ..self }
    }

    /// Builds the authorizer. It does not fetch keys yet.
    ///
    /// # Errors
    ///
    /// [`BuildError`] with all mistakes.
    pub fn build(mut self) -> Result<Authorizer, BuildError> {
        let mut mistakes = std::mem::take(&mut self.mistakes);
        let is_missing = Missing::of(&mistakes);
        mistakes.extend(self.settings.mistakes(is_missing));
        let last_known_good = self.settings.last_known_good().unwrap_or_else(|mistake| {
            mistakes.push(mistake);
            None
        });
        let verifier = Verifier::new(self.settings.verifier.clone()).map_err(|errors| is_missing.own(errors));
        let verifier = match verifier {
            Ok(verifier) if !is_missing.key_source && !is_missing.user_pool => verifier,
            Ok(_) => return Err(BuildError::new(mistakes)),
            Err(errors) => {
                mistakes.extend(errors);
                return Err(BuildError::new(mistakes));
            }
        };
        let sources = key_sources(
            verifier.issuers(),
            self.key_source.or(self.configured_key_source),
            self.key_sources,
            &mut mistakes,
        );
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
        let previous: Vec<&KeyStore> = self.previous.iter().map(|authorizer| &authorizer.0.keys).collect();
        let token_cache_bytes = self.settings.token_cache_bytes.unwrap_or(TOKEN_CACHE_BYTES);
        Ok(Authorizer(Arc::new(Inner {
            keys: KeyStore::new(sources, &fetch_settings, &previous),
            token_cache: (token_cache_bytes > 0).then(|| TokenCache::new(token_cache_bytes)),
            clock,
            renderer: self.settings.renderer(verifier.rules()),
            forwarding: self.settings.forwarding(),
            passes_preflight: self.settings.passes_preflight,
            rejection_level: self.settings.rejection_level.unwrap_or(Level::DEBUG),
            revocation: self.revocation,
            verifier,
        })))
    }

    /// Builds only the decision: no clock, no keys, no async. It ignores the settings for keys, token cache, clock, revocation,
    /// responses and forwarding.
    ///
    /// # Errors
    ///
    /// [`BuildError`] with all mistakes of the remaining settings.
    pub fn build_verifier(self) -> Result<Verifier, BuildError> {
        let mut mistakes = self.mistakes;
        let is_missing = Missing::of(&mistakes);
        let verifier = Verifier::new(self.settings.verifier).map_err(|errors| is_missing.own(errors));
        match verifier {
            Ok(verifier) if mistakes.is_empty() => Ok(verifier),
            Ok(_) => Err(BuildError::new(mistakes)),
            Err(errors) => {
                mistakes.extend(errors);
                Err(BuildError::new(mistakes))
            }
        }
    }
}

/// Marks settings that are missing because their text did not parse. The parse error is reported, so "missing" is not reported
/// too.
#[derive(Clone, Copy)]
struct Missing {
    user_pool: bool,
    audience: bool,
    identity_source: bool,
    key_source: bool,
}

impl Missing {
    fn of(mistakes: &[BuildMistake]) -> Self {
        let has = |is_one: fn(&BuildMistake) -> bool| mistakes.iter().any(is_one);
        Self {
            user_pool: has(|mistake| {
                matches!(
                    mistake,
                    BuildMistake::UserPool(UserPoolError::InvalidId { .. } | UserPoolError::InvalidArn { .. })
                )
            }),
            audience: has(|mistake| {
                let BuildMistake::UserPool(error) = mistake else { return false };
                matches!(error, UserPoolError::InvalidAppClientId { .. } | UserPoolError::InvalidAudience { .. })
            }),
            identity_source: has(|mistake| matches!(mistake, BuildMistake::IdentitySource(_))),
            key_source: has(is_of_key_source),
        }
    }

    /// Returns the mistakes of a verifier that are not caused by a missing setting.
    fn own(self, errors: Vec<VerifierMistake>) -> Vec<BuildMistake> {
        let is_own = |error: &VerifierMistake| match error {
            VerifierMistake::NoUserPool => !self.user_pool,
            VerifierMistake::NoAppClient => !self.audience,
            _ => true,
        };
        errors.into_iter().filter(is_own).map(BuildMistake::from).collect()
    }
}

#[cfg(feature = "reqwest")]
fn is_of_key_source(mistake: &BuildMistake) -> bool {
    matches!(mistake, BuildMistake::HttpsKeySource(_))
}

#[cfg(not(feature = "reqwest"))]
fn is_of_key_source(_: &BuildMistake) -> bool {
    false
}

impl AuthorizerSettings {
    /// Finds all mistakes except those that the verifier reports.
    fn mistakes(&self, is_missing: Missing) -> Vec<BuildMistake> {
        let mut mistakes = if is_missing.identity_source { Vec::new() } else { self.identity_source_mistakes() };
        if let Some(timeout) = self.fetch_timeout.filter(|own| own.is_zero() || *own > MAX_FETCH_TIMEOUT) {
            mistakes.push(BuildMistake::FetchTimeout { timeout });
        }
        if let Some(age) = self.max_key_age.filter(|own| *own < MAX_JWK_SET_SOFT_AGE) {
            mistakes.push(BuildMistake::MaxKeyAge { age });
        }
        mistakes
    }

    fn identity_source_mistakes(&self) -> Vec<BuildMistake> {
        let mut mistakes = Vec::new();
        let (header, query_parameter) =
            (self.verifier.identity_source.header(), self.verifier.identity_source.query_parameter());
        let identity_source = || self.verifier.identity_source.to_string();
        if query_parameter.is_some() && !self.verifier.authorizer_type.rules().query_string_source {
            mistakes.push(BuildMistake::QueryStringSource { identity_source: identity_source() });
        }
        if self.gateway_responses.reflects(header, query_parameter) {
            mistakes.push(BuildMistake::EchoesToken { identity_source: identity_source() });
        }
        if header.is_some_and(|header| self.claim_headers.contains(header)) {
            mistakes.push(BuildMistake::TokenAsClaimHeader { identity_source: identity_source() });
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
            stripped: self.strips_token.then(|| self.verifier.identity_source.clone()),
        }
    }
}

/// Returns the key source of each issuer: the one for its user pool, or the one for all user pools.
fn key_sources(
    issuers: &[Arc<Issuer>],
    mut for_all: Option<Arc<dyn KeySource>>,
    own: Vec<(UserPoolId, Arc<dyn KeySource>)>,
    mistakes: &mut Vec<BuildMistake>,
) -> Vec<(Arc<Issuer>, Arc<dyn KeySource>)> {
    for (number, (id, _)) in own.iter().enumerate() {
        let is_known = issuers.iter().any(|issuer| issuer.user_pool() == id);
        if !is_known || own.iter().take(number).any(|(other, _)| other == id) {
            mistakes.push(BuildMistake::KeySourceWithoutUserPool { user_pool: id.clone() });
        }
    }
    let mut sources: Vec<(Arc<Issuer>, Arc<dyn KeySource>)> = Vec::new();
    let mut unsupported: Vec<&UserPoolId> = Vec::new();
    for issuer in issuers {
        // A user pool's issuer has two forms; report both as one mistake.
        if unsupported.contains(&issuer.user_pool()) {
            continue;
        }
        let source = match own.iter().find(|(id, _)| id == issuer.user_pool()) {
            Some((_, source)) => Ok(Arc::clone(source)),
            None => for_all.take().map_or_else(default_key_source, Ok).map(|source| Arc::clone(for_all.insert(source))),
        };
        let supported = source.and_then(|source| match source.supports(issuer) {
            Ok(()) => Ok(source),
            Err(reason) => Err(BuildMistake::UnsupportedIssuer { issuer: issuer.name().to_owned(), reason }),
        });
        match supported {
            Ok(source) => sources.push((Arc::clone(issuer), source)),
            Err(mistake @ BuildMistake::UnsupportedIssuer { .. }) => {
                unsupported.push(issuer.user_pool());
                mistakes.push(mistake);
            }
            // There is no key source at all, so the next issuer would repeat the mistake.
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
