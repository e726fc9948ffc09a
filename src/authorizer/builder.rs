//! The builder of an authorizer: its settings, in the order in which they apply.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tracing::Level;

use super::{Authorizer, BuildMistake, RevocationCheck, settings::AuthorizerSettings};
use crate::{
    audience_pattern::{AudiencePattern, AudiencePatternError},
    authorizer_type::{AuthorizerType, Challenges, ExpectedTokenUse, InsufficientScope, WhenKeysUnavailable},
    claims::Claims,
    clock::Clock,
    gateway_response::GatewayResponses,
    identity_source::{IdentitySource, IdentitySourceError},
    jwks::KeySource,
    request_context::ClaimHeaders,
    user_pool::{AppClientId, Audience, UserPool, UserPoolError, UserPoolId},
};

/// Collects the settings of an [`Authorizer`]; [`build`](Self::build) reports all mistakes at once.
///
/// Each default is that of the [authorizer type](AuthorizerType), which is a REST API's by default. A setter takes a value, or
/// the text to parse it from.
///
/// ```
/// use cognito_authorizer::{Authorizer, AuthorizerType};
///
/// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb")
///     .authorizer_type(AuthorizerType::Jwt)
///     .audience(["1example23456789"])
///     .build()?;
/// let wrong = Authorizer::for_user_pool("eu-west-1").identity_source("Authorization");
/// let error = wrong.build().unwrap_err();
/// assert_eq!(error.mistakes().len(), 2);
/// # Ok::<(), cognito_authorizer::BuildError>(())
/// ```
#[derive(Debug, Default)]
#[must_use]
pub struct AuthorizerBuilder {
    pub(super) settings: AuthorizerSettings,
    pub(super) key_source: Option<Arc<dyn KeySource>>,
    /// The key source from a configuration, used unless `key_source` is set.
    pub(super) configured_key_source: Option<Arc<dyn KeySource>>,
    pub(super) key_sources: Vec<(UserPoolId, Arc<dyn KeySource>)>,
    pub(super) revocation: Option<RevocationCheck>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    /// Authorizers whose keys this one shares, where it would fetch the same.
    pub(super) previous: Vec<Authorizer>,
    pub(super) mistakes: Vec<BuildMistake>,
}

impl AuthorizerBuilder {
    /// Also accepts tokens of this user pool: its id or ARN, or a [`UserPool`] with its own issuer or JWK Set address.
    pub fn user_pool(self, user_pool: impl TryInto<UserPool, Error: Into<UserPoolError>>) -> Self {
        self.set(user_pool.try_into().map_err(Into::into), |settings, user_pool| {
            settings.verifier.user_pools.push(user_pool);
        })
    }

    /// Sets the type of authorizer to reproduce; by default [`AuthorizerType::CognitoUserPools`], a REST API's.
    pub fn authorizer_type(mut self, authorizer_type: AuthorizerType) -> Self {
        self.settings.verifier.authorizer_type = authorizer_type;
        self
    }

    /// Reads the token from this place instead of the header `Authorization`. Takes an [`IdentitySource`] or API Gateway's
    /// notation: `method.request.header.<name>`, or on an HTTP API `$request.header.<name>` or `$request.querystring.<name>`.
    pub fn identity_source(
        self,
        identity_source: impl TryInto<IdentitySource, Error: Into<IdentitySourceError>>,
    ) -> Self {
        self.set(identity_source.try_into().map_err(Into::into), |settings, identity_source| {
            settings.verifier.identity_source = identity_source;
        })
    }

    /// Accepts only this kind of token; by default [`ExpectedTokenUse::ByScopes`], or with [`AuthorizerType::Jwt`]
    /// [`ExpectedTokenUse::Unchecked`].
    pub fn token_use(mut self, expected: ExpectedTokenUse) -> Self {
        self.settings.verifier.token_use = Some(expected);
        self
    }

    /// Accepts only tokens that were issued to these app clients.
    ///
    /// By default a REST API's authorizer accepts tokens of any app client of the user pool. [`AuthorizerType::Jwt`] requires
    /// either the list or [`any_app_client`](Self::any_app_client).
    ///
    /// A REST API compares `client_id` of an access token, and `aud` of an ID token. An HTTP API compares `aud`, or `client_id`
    /// if the token has no `aud`.
    pub fn app_clients(self, ids: impl IntoIterator<Item: AsRef<str>>) -> Self {
        self.set_audience(ids.into_iter().map(|id| id.as_ref().parse::<AppClientId>().map(Audience::from)))
    }

    /// Sets the audience list of an HTTP API: [`app_clients`](Self::app_clients) that may also contain other values of `aud`,
    /// such as a resource identifier. Setting both lists is an error.
    pub fn audience(self, audience: impl IntoIterator<Item: AsRef<str>>) -> Self {
        self.set_audience(audience.into_iter().map(|text| text.as_ref().parse()))
    }

    /// Whether to accept tokens of any app client of the user pools. This is the default, except with [`AuthorizerType::Jwt`].
    /// Setting a list of app clients too is an error.
    pub fn any_app_client(mut self, accepts: bool) -> Self {
        self.settings.verifier.any_app_client = accepts;
        self
    }

    /// Accepts only tokens that match this identity validation expression ("Token validation" in the console).
    ///
    /// The expression must match one whole `aud` of the token. With an expression, access tokens, which normally have no `aud`,
    /// are always rejected.
    pub fn audience_pattern(self, pattern: impl TryInto<AudiencePattern, Error: Into<AudiencePatternError>>) -> Self {
        self.set(pattern.try_into().map_err(Into::into), |settings, pattern| {
            settings.verifier.audience_pattern = Some(pattern);
        })
    }

    /// Rejects a token that passed every other check if this function returns true for its claims.
    ///
    /// By default, as on API Gateway, a revoked token is accepted until it expires.
    ///
    /// The function is called once for each request that passes through a layer or [`authorize`](super::Authorizer::authorize),
    /// before the inner service. It must not block: read only from memory.
    ///
    /// ```
    /// use std::{collections::HashSet, sync::Mutex};
    ///
    /// use cognito_authorizer::Authorizer;
    ///
    /// static REVOKED: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    ///
    /// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb")
    ///     .revocation_check(|claims| {
    ///         let revoked = REVOKED.lock().expect("no thread panics with the lock");
    ///         revoked.as_ref().is_some_and(|ids| claims.jwt_id().is_none_or(|id| ids.contains(id)))
    ///     })
    ///     .build()?;
    /// # Ok::<(), cognito_authorizer::BuildError>(())
    /// ```
    pub fn revocation_check(mut self, is_revoked: impl Fn(&Claims) -> bool + Send + Sync + 'static) -> Self {
        self.revocation = Some(RevocationCheck::new(is_revoked));
        self
    }

    /// Tolerates clocks that differ by this much, in whole seconds; by default 0, at most 300.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.settings.verifier.leeway = leeway;
        self
    }

    /// Sets the leeway for `nbf`, and for `iat` on an HTTP API, in whole seconds; by default the leeway for `exp`.
    ///
    /// With a leeway here and none for `exp`, a new token from a clock that is ahead is accepted, and an expired one is
    /// rejected.
    pub fn not_before_leeway(mut self, leeway: Duration) -> Self {
        self.settings.verifier.not_before_leeway = Some(leeway);
        self
    }

    /// Rejects a token whose lifetime, `exp` minus `iat` in whole seconds, is longer than this, or that has no `iat`.
    ///
    /// By default there is no bound, as on API Gateway. Cognito issues tokens for at most one day. A token that was issued in
    /// the future counts as issued now.
    ///
    /// A time of less than one second is an error.
    pub fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.verifier.max_lifetime = Some(lifetime);
        self
    }

    /// Whether to accept tokens with a `cnf` claim (RFC 7800), which are bound to a key or certificate of their sender (DPoP,
    /// mutual TLS).
    ///
    /// By default they are rejected, because this crate does not verify that the sender holds the key. Accept them only if
    /// another component verifies it.
    pub fn accept_sender_constrained_tokens(mut self, accepts: bool) -> Self {
        self.settings.verifier.accepts_sender_constrained = accepts;
        self
    }

    /// Takes the keys from this source instead of fetching them over HTTPS. Setting a second source, or a proxy too, is an
    /// error.
    pub fn key_source(mut self, source: impl KeySource) -> Self {
        if self.key_source.replace(Arc::new(source)).is_some() {
            self.mistakes.push(BuildMistake::TwoKeySources);
        }
        self
    }

    /// Takes the keys of one user pool from this source. The user pool must have been added, or it is an error.
    pub fn key_source_for(
        mut self,
        user_pool: impl TryInto<UserPoolId, Error: Into<UserPoolError>>,
        source: impl KeySource,
    ) -> Self {
        match user_pool.try_into() {
            Ok(id) => self.key_sources.push((id, Arc::new(source))),
            Err(error) => self.mistakes.push(error.into().into()),
        }
        self
    }

    /// Fetches the keys over HTTPS through this proxy, `http://host:port` or `https://host:port`.
    ///
    /// By default no proxy is used, and proxy variables of the environment are ignored. Setting a
    /// [`key_source`](Self::key_source) too is an error. See
    /// [`HttpsKeySource::through_proxy`](crate::keys::HttpsKeySource::through_proxy).
    #[cfg(feature = "reqwest")]
    pub fn proxy(mut self, proxy: &str) -> Self {
        match crate::jwks::HttpsKeySource::through_proxy(proxy) {
            Ok(source) => self.key_source(source),
            Err(error) => {
                self.mistakes.push(error.into());
                self
            }
        }
    }

    /// Sets the time-out for fetching a JWK Set, from connection to last byte; by default 1.5 seconds, at most 30.
    pub fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.settings.fetch_timeout = Some(timeout);
        self
    }

    /// Sets the age at which keys that could not be fetched again are no longer trusted; by default 24 hours, at least 2.
    pub fn max_key_age(mut self, age: Duration) -> Self {
        self.settings.max_key_age = Some(age);
        self
    }

    /// Also stores the keys in files in this directory, one per issuer, and reads them from there until a fetch succeeds. A
    /// service can then start while the network is down.
    ///
    /// The directory must exist and be writable only by the user that runs the service: the files decide whose tokens are
    /// accepted.
    pub fn last_known_good_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.settings.last_known_good_directory = Some(directory.into());
        self
    }

    /// Sets how many bytes verified tokens may use; by default 16 MiB, and 0 disables the token cache. In addition, each thread
    /// caches up to 16 tokens.
    ///
    /// The cache stores only that a signature is valid. Expiry, token use, audience and scopes are checked on each request, and
    /// a token is dropped when the keys of its issuer change.
    pub fn token_cache_bytes(mut self, bytes: u64) -> Self {
        self.settings.token_cache_bytes = Some(bytes);
        self
    }

    /// Sets the response while the keys for a token cannot be fetched; by default 500, or 401 with [`AuthorizerType::Jwt`].
    pub fn when_keys_unavailable(mut self, answer: WhenKeysUnavailable) -> Self {
        self.settings.when_keys_unavailable = Some(answer);
        self
    }

    /// Sets the status for a token without a required scope; by default 401, or 403 with [`AuthorizerType::Jwt`].
    pub fn insufficient_scope(mut self, status: InsufficientScope) -> Self {
        self.settings.insufficient_scope = Some(status);
        self
    }

    /// Sets the `www-authenticate` header of gateway responses; by default none, or with [`AuthorizerType::Jwt`] the one that
    /// an HTTP API writes.
    pub fn challenges(mut self, challenges: Challenges) -> Self {
        self.settings.challenges = Some(challenges);
        self
    }

    /// Whether to mimic the REST API's SigV4 error on unmatched routes: that an `Authorization` header is not a SigV4
    /// signature. By default the response is "Missing Authentication Token" in every case. An HTTP API has no such error.
    pub fn mimic_sigv4_fallback(mut self, mimics: bool) -> Self {
        self.settings.mimics_sigv4 = mimics;
        self
    }

    /// Overrides the default gateway responses.
    pub fn gateway_responses(mut self, responses: GatewayResponses) -> Self {
        self.settings.gateway_responses = responses;
        self
    }

    /// Whether to accept CORS preflights without a token, on every route and on unmatched paths.
    ///
    /// A preflight is `OPTIONS` with `Origin` and `Access-Control-Request-Method` and without a body. By default it is treated
    /// like any other request. A preflight with an ambiguous path is always rejected.
    ///
    /// The inner service must answer `OPTIONS` itself, for example with a CORS layer: a handler for all methods would be
    /// called. Over HTTP/2 a body is detected only if its length was announced.
    pub fn pass_preflight(mut self, passes: bool) -> Self {
        self.settings.passes_preflight = passes;
        self
    }

    /// Whether to forward the token to the inner service; by default yes, as behind API Gateway. Requests to an open route are
    /// not changed.
    pub fn forward_token(mut self, forwards: bool) -> Self {
        self.settings.strips_token = !forwards;
        self
    }

    /// Adds request headers with claims, for services that read only headers.
    pub fn claim_headers(mut self, headers: ClaimHeaders) -> Self {
        self.settings.claim_headers = headers;
        self
    }

    /// Sets the level of the event `request rejected`, which has the reason, the method, the route key and the id of the
    /// request; by default [`Level::DEBUG`]. See [metrics and events](crate::docs::metrics).
    pub fn rejection_level(mut self, level: Level) -> Self {
        self.settings.rejection_level = Some(level);
        self
    }

    /// Reads the time from this clock instead of the system's clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    fn set<T, E: Into<BuildMistake>>(
        mut self,
        value: Result<T, E>,
        apply: impl FnOnce(&mut AuthorizerSettings, T),
    ) -> Self {
        match value {
            Ok(value) => apply(&mut self.settings, value),
            Err(error) => self.mistakes.push(error.into()),
        }
        self
    }

    fn set_audience(mut self, audience: impl Iterator<Item = Result<Audience, UserPoolError>>) -> Self {
        if self.settings.verifier.audience.replace(Vec::new()).is_some() {
            self.mistakes.push(BuildMistake::TwoAudiences);
        }
        audience.fold(self, |builder, id| {
            builder.set(id, |settings, id| settings.verifier.audience.get_or_insert_default().push(id))
        })
    }
}
