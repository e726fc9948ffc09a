//! Builds an authorizer: settings in the order in which they apply.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::{BuildError, RevocationCheck};
#[cfg(doc)]
use crate::limits::{
    CACHED_TOKENS_PER_THREAD, JWK_SET_FETCH_TIMEOUT, JWK_SET_HARD_AGE, MAX_FETCH_TIMEOUT, MAX_JWK_SET_SOFT_AGE,
    TOKEN_CACHE_BYTES,
};
use crate::{
    audience_pattern::AudiencePattern,
    authorizer_type::{AuthorizerType, Challenges, ExpectedTokenUse, InsufficientScope, WhenKeysUnavailable},
    claims::Claims,
    clock::Clock,
    gateway_response::GatewayResponses,
    identity_source::IdentitySource,
    jwks::KeySource,
    request_context::ClaimHeaders,
    user_pool::{AppClientId, Audience, UserPool, UserPoolId},
};

/// Collects the settings of an [`Authorizer`](super::Authorizer). Every default is that of the
/// [authorizer type](AuthorizerType), which is by default that of a REST API.
#[derive(Debug, Default)]
#[must_use]
pub struct AuthorizerBuilder {
    pub(super) user_pools: Vec<UserPool>,
    pub(super) authorizer_type: AuthorizerType,
    pub(super) identity_source: IdentitySource,
    pub(super) token_use: Option<ExpectedTokenUse>,
    pub(super) app_clients: Option<Vec<Audience>>,
    pub(super) any_app_client: bool,
    pub(super) audience_pattern: Option<AudiencePattern>,
    pub(super) leeway: Duration,
    pub(super) not_before_leeway: Option<Duration>,
    pub(super) max_lifetime: Option<Duration>,
    pub(super) accepts_sender_constrained: bool,
    pub(super) key_source: Option<Arc<dyn KeySource>>,
    pub(super) key_sources: Vec<(UserPoolId, Arc<dyn KeySource>)>,
    pub(super) fetch_timeout: Option<Duration>,
    pub(super) max_key_age: Option<Duration>,
    pub(super) last_known_good: Option<PathBuf>,
    pub(super) token_cache_bytes: Option<u64>,
    pub(super) revocation: Option<RevocationCheck>,
    pub(super) when_keys_unavailable: Option<WhenKeysUnavailable>,
    pub(super) insufficient_scope: Option<InsufficientScope>,
    pub(super) challenges: Option<Challenges>,
    pub(super) mimics_sigv4: bool,
    pub(super) gateway_responses: GatewayResponses,
    pub(super) passes_preflight: bool,
    pub(super) strips_token: bool,
    pub(super) claim_headers: ClaimHeaders,
    pub(super) clock: Option<Arc<dyn Clock>>,
}

impl AuthorizerBuilder {
    /// Accepts tokens of the user pool with this id or ARN too.
    ///
    /// # Errors
    ///
    /// [`BuildError::UserPool`] if the text is neither.
    pub fn user_pool(self, id_or_arn: &str) -> Result<Self, BuildError> {
        Ok(self.with_user_pool(id_or_arn.parse::<UserPool>()?))
    }

    /// Accepts tokens of this user pool too, with its own issuer or JWK Set address.
    pub fn with_user_pool(mut self, user_pool: UserPool) -> Self {
        self.user_pools.push(user_pool);
        self
    }

    /// Reproduces this type of authorizer; by default [`AuthorizerType::CognitoUserPools`], that of a
    /// REST API.
    pub fn authorizer_type(mut self, authorizer_type: AuthorizerType) -> Self {
        self.authorizer_type = authorizer_type;
        self
    }

    /// Takes the token from this identity source, with the options set on it.
    pub fn with_identity_source(mut self, identity_source: IdentitySource) -> Self {
        self.identity_source = identity_source;
        self
    }

    /// Takes the token from another place than the header `Authorization`, written as on API Gateway:
    /// `method.request.header.<name>`, or on an HTTP API `$request.header.<name>` or
    /// `$request.querystring.<name>`.
    ///
    /// # Errors
    ///
    /// [`BuildError::IdentitySource`] if the text is not that.
    pub fn identity_source(mut self, identity_source: &str) -> Result<Self, BuildError> {
        self.identity_source = identity_source.parse()?;
        Ok(self)
    }

    /// Takes this kind of token; by default [`ExpectedTokenUse::ByScopes`], or with
    /// [`AuthorizerType::Jwt`] [`ExpectedTokenUse::Unchecked`].
    pub fn token_use(mut self, expected: ExpectedTokenUse) -> Self {
        self.token_use = Some(expected);
        self
    }

    /// Takes only tokens that were issued to these app clients. By default every app client of the user
    /// pool passes; [`AuthorizerType::Jwt`] has to be told.
    ///
    /// By the rules of a REST API `client_id` of an access token is compared and `aud` of an ID token; by
    /// those of an HTTP API `aud`, or `client_id` of a token without it.
    ///
    /// # Errors
    ///
    /// [`BuildError::UserPool`] if a text is not an app client id. An empty list is an error of
    /// [`build`](Self::build).
    pub fn app_clients(mut self, ids: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, BuildError> {
        let ids = ids.into_iter().map(|id| id.as_ref().parse::<AppClientId>().map(Audience::from));
        self.app_clients = Some(ids.collect::<Result<_, _>>()?);
        Ok(self)
    }

    /// The audience list of an HTTP API. It replaces [`app_clients`](Self::app_clients), and may also hold other values of
    /// `aud`, such as a resource identifier.
    ///
    /// # Errors
    ///
    /// [`BuildError::UserPool`] if a text is none. An empty list is an error of [`build`](Self::build).
    pub fn audience(mut self, audience: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, BuildError> {
        let audience = audience.into_iter().map(|text| text.as_ref().parse::<Audience>());
        self.app_clients = Some(audience.collect::<Result<_, _>>()?);
        Ok(self)
    }

    /// Takes the tokens of every app client of the user pools. With [`AuthorizerType::Jwt`] that has to
    /// be said; with the other type it is the default. Together with a list it is an error of
    /// [`build`](Self::build).
    pub fn any_app_client(mut self) -> Self {
        self.any_app_client = true;
        self
    }

    /// Takes only tokens that match this identity validation expression ("Token validation" in the
    /// console): as a whole, one `aud` of the token. While there is one, access tokens without `aud`,
    /// and that is what Cognito issues, are refused everywhere.
    ///
    /// # Errors
    ///
    /// [`BuildError::AudiencePattern`] if the text is no regular expression.
    pub fn audience_pattern(self, expression: &str) -> Result<Self, BuildError> {
        Ok(self.with_audience_pattern(expression.parse::<AudiencePattern>()?))
    }

    /// The same with an expression that may have another [target](AudiencePattern::with_target).
    pub fn with_audience_pattern(mut self, pattern: AudiencePattern) -> Self {
        self.audience_pattern = Some(pattern);
        self
    }

    /// Refuses a token that passed every other check if this says that it was revoked. By default, as on
    /// API Gateway, a revoked token passes until it expires.
    ///
    /// The check is asked once for each request that passes through a layer or
    /// [`authorize`](super::Authorizer::authorize), before the service is called, so it must not block: look only at what
    /// is in memory.
    pub fn revocation_check(mut self, is_revoked: impl Fn(&Claims) -> bool + Send + Sync + 'static) -> Self {
        self.revocation = Some(RevocationCheck::new(is_revoked));
        self
    }

    /// Allows for clocks that differ by this much, in whole seconds; by default 0, at most
    /// [`MAX_LEEWAY`](crate::limits::MAX_LEEWAY).
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Allows for this much in `nbf`, and in `iat` on an HTTP API, in whole seconds; by default the same as
    /// in `exp`. A token that was issued a moment ago by a clock that is ahead passes then, and no expired
    /// one does.
    pub fn not_before_leeway(mut self, leeway: Duration) -> Self {
        self.not_before_leeway = Some(leeway);
        self
    }

    /// Rejects a token that was issued for longer than this, `exp` less `iat` in whole seconds, or that does not say when it
    /// was issued; by default there is no bound, as on API Gateway. The longest that Cognito issues is one day. A token
    /// that was issued in the future counts as issued now.
    ///
    /// A time of less than one second is an error of [`build`](Self::build).
    pub fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_lifetime = Some(lifetime);
        self
    }

    /// Whether to accept tokens with a `cnf` claim (RFC 7800): tokens that are bound to a key or certificate of their sender
    /// (DPoP, mutual TLS). By default they are rejected, because the proof that the sender holds the key is not checked
    /// here; accept them only where it is checked elsewhere.
    pub fn accept_sender_constrained_tokens(mut self, accepts: bool) -> Self {
        self.accepts_sender_constrained = accepts;
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
        self.key_sources.push((id_or_arn.parse::<UserPoolId>()?, Arc::new(source)));
        Ok(self)
    }

    /// Fetches the keys over HTTPS through this proxy, `http://host:port` or `https://host:port`; by default without any,
    /// whatever the environment says. See [`HttpsKeySource::through_proxy`](crate::keys::HttpsKeySource::through_proxy). It
    /// replaces the [`key_source`](Self::key_source).
    ///
    /// # Errors
    ///
    /// [`BuildError::HttpsKeySource`] if the address is not one of a proxy.
    #[cfg(feature = "reqwest")]
    pub fn proxy(self, proxy: &str) -> Result<Self, BuildError> {
        Ok(self.key_source(crate::jwks::HttpsKeySource::through_proxy(proxy)?))
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

    /// How much memory verified tokens may take, in bytes; by default [`TOKEN_CACHE_BYTES`], and 0 turns
    /// the token cache off. Besides, each thread keeps up to [`CACHED_TOKENS_PER_THREAD`] of its own.
    ///
    /// What is remembered is that the signature held. Expiry, token use, audience and scopes are looked
    /// at on each request, and a token is forgotten when the keys of its issuer change.
    pub fn token_cache_bytes(mut self, bytes: u64) -> Self {
        self.token_cache_bytes = Some(bytes);
        self
    }

    /// What to answer while the keys that a token needs cannot be obtained; by default 500, or 401 with
    /// [`AuthorizerType::Jwt`].
    pub fn when_keys_unavailable(mut self, answer: WhenKeysUnavailable) -> Self {
        self.when_keys_unavailable = Some(answer);
        self
    }

    /// The status of a refusal for lack of a scope; by default 401, or 403 with
    /// [`AuthorizerType::Jwt`].
    pub fn insufficient_scope(mut self, status: InsufficientScope) -> Self {
        self.insufficient_scope = Some(status);
        self
    }

    /// The `www-authenticate` header of a refusal; by default there is none, or with
    /// [`AuthorizerType::Jwt`] one as an HTTP API writes it.
    pub fn challenges(mut self, challenges: Challenges) -> Self {
        self.challenges = Some(challenges);
        self
    }

    /// Whether to say of an unknown route what a REST API says if an `Authorization` header came along:
    /// that it is no SigV4 signature. An HTTP API never says so. By default it is "Missing Authentication Token" either way.
    pub fn mimic_sigv4_fallback(mut self, mimics: bool) -> Self {
        self.mimics_sigv4 = mimics;
        self
    }

    /// Answers refusals otherwise than API Gateway does by itself.
    pub fn gateway_responses(mut self, responses: GatewayResponses) -> Self {
        self.gateway_responses = responses;
        self
    }

    /// Whether a true CORS preflight, `OPTIONS` with `Origin` and `Access-Control-Request-Method` and without
    /// a body, passes without a token, whatever its route asks for. By default it is a request like any
    /// other. It passes also where no route covers its path, but not if the path means two things.
    ///
    /// The service behind has to answer OPTIONS itself, with a CORS layer say: a handler that takes every
    /// method is called. Over HTTP/2 a body is noticed only if its length was announced.
    pub fn pass_preflight(mut self, passes: bool) -> Self {
        self.passes_preflight = passes;
        self
    }

    /// Whether the service behind gets the token that the request was let in with; by default it does, as
    /// behind API Gateway. What is sent to an open route, where no token is looked at, is left alone.
    pub fn forward_token(mut self, forwards: bool) -> Self {
        self.strips_token = !forwards;
        self
    }

    /// Makes request headers of claims, for a service behind that reads nothing else.
    pub fn claim_headers(mut self, headers: ClaimHeaders) -> Self {
        self.claim_headers = headers;
        self
    }

    /// Takes the time from this clock instead of the system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }
}
