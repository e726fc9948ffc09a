//! The authorizer: a verifier with its keys and a clock.

mod build;

mod builder;

mod error;

mod named;

mod settings;

mod traced_keys;

mod revocation;

use std::sync::Arc;

use http::HeaderMap;
use tracing::Level;

#[cfg(feature = "openapi")]
pub(crate) use self::settings::AuthorizerSettings;
pub use self::{
    builder::AuthorizerBuilder,
    error::{BuildError, BuildMistake},
    named::Authorizers,
};
use self::{revocation::RevocationCheck, traced_keys::TracedKeys};
use crate::{
    authorizer_type::{Rules, WhenKeysUnavailable},
    claims::Claims,
    clock::Clock,
    decide::{Rejection, RejectionKind, Stop, Verdict, Verifier, deny_if},
    gateway_response::Renderer,
    identity_source::{IdentitySource, RawToken},
    jwks::{HydrateError, KeyStatus, KeyStore},
    request_context::Forwarding,
    route::RouteAuthorization,
    time::UnixTime,
    token_cache::{TokenCache, TokenCacheStatus},
    user_pool::{Issuer, UserPool, UserPoolError},
};

/// Authorizes requests by the tokens of one or more user pools. Cheap to clone; clones share the keys.
///
/// ```
/// use cognito_authorizer::Authorizer;
///
/// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
/// let id_token = authorizer.layer();
/// let reader = authorizer.layer().scopes(["pets/read"])?;
/// # Ok::<(), cognito_authorizer::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Authorizer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    verifier: Verifier,
    keys: KeyStore,
    token_cache: Option<TokenCache>,
    clock: Arc<dyn Clock>,
    renderer: Renderer,
    forwarding: Forwarding,
    passes_preflight: bool,
    rejection_level: Level,
    revocation: Option<RevocationCheck>,
}

impl Authorizer {
    /// Returns a builder without user pools: add at least one.
    pub fn builder() -> AuthorizerBuilder {
        AuthorizerBuilder::default()
    }

    /// Returns a builder of an authorizer for one user pool: its id or ARN, or a [`UserPool`].
    pub fn for_user_pool(user_pool: impl TryInto<UserPool, Error: Into<UserPoolError>>) -> AuthorizerBuilder {
        Self::builder().user_pool(user_pool)
    }

    /// Returns the rules for verifying tokens.
    pub fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    /// Returns where requests carry the token.
    pub fn identity_source(&self) -> &IdentitySource {
        self.0.verifier.identity_source()
    }

    /// Fetches the keys of every user pool at the same time.
    ///
    /// Cached keys are not fetched again, so this does not detect a rotation. When a token names a new key, the layer or
    /// [`check`](crate::AuthorizerLayer::check) fetches the keys again.
    ///
    /// Without this call, the first request that needs keys fetches them. At the start of a service, either fail fast, or start
    /// degraded and let the requests retry.
    ///
    /// ```no_run
    /// # async fn start(authorizer: cognito_authorizer::Authorizer) -> Result<(), cognito_authorizer::keys::HydrateError> {
    /// authorizer.hydrate().await?; // fail fast
    ///
    /// if let Err(error) = authorizer.hydrate().await {
    ///     eprintln!("{error}"); // start degraded
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`HydrateError`], with the user pools that have no keys. It takes at most two fetches: one from the first issuer and, if
    /// that fails, one from the other. Each has the [time-out](AuthorizerBuilder::fetch_timeout).
    pub async fn hydrate(&self) -> Result<(), HydrateError> {
        self.0.keys.hydrate().await
    }

    /// Whether every user pool has keys that are not too old, for a readiness probe.
    ///
    /// A call counts as a use of the keys: if they are stale or missing, a fetch starts in the background, within the usual
    /// bounds. So a service without traffic also becomes ready.
    pub fn is_ready(&self) -> bool {
        self.0.keys.is_ready()
    }

    /// Returns the state of the keys of every issuer. It starts no fetch.
    pub fn key_status(&self) -> Vec<KeyStatus> {
        self.0.keys.status()
    }

    /// Authorizes a request with the cached keys and the clock. `query` is the request's, without `?`.
    ///
    /// `Allow` holds the claims, or `None` on an open route. This method does not fetch keys: call [`hydrate`](Self::hydrate)
    /// first. `NeedKeys` means that the token's key is not cached, for example after a rotation. To fetch missing keys as the
    /// layer does, use [`AuthorizerLayer::check`](crate::AuthorizerLayer::check), which also makes the gateway response.
    ///
    /// ```
    /// use cognito_authorizer::{Authorizer, Verdict, claims::ScopeSet, route::RouteAuthorization};
    ///
    /// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
    /// let reader = RouteAuthorization::with_scopes(["pets/read"])?;
    /// match authorizer.authorize(&reader, &http::HeaderMap::new(), None) {
    ///     Verdict::Allow(claims) => {
    ///         println!("welcome, {:?}", claims.map(|claims| claims.subject().to_owned()))
    ///     }
    ///     Verdict::Deny(rejection) => println!("{rejection}"),
    ///     Verdict::NeedKeys(issuer) => println!("no such key of {} is cached", issuer.name()),
    /// }
    /// # Ok::<(), cognito_authorizer::BuildError>(())
    /// ```
    pub fn authorize(
        &self,
        authorization: &RouteAuthorization,
        headers: &HeaderMap,
        query: Option<&str>,
    ) -> Verdict<Option<Claims>> {
        if authorization.is_open() {
            return Verdict::Allow(None);
        }
        Verdict::of(self.authorize_cached(authorization, headers, query).map(Some))
    }

    /// Returns the claims of the request's token, verified with the cached keys and the clock. The route must not be open.
    #[inline]
    pub(crate) fn authorize_cached(
        &self,
        authorization: &RouteAuthorization,
        headers: &HeaderMap,
        query: Option<&str>,
    ) -> Result<Claims, Stop> {
        deny_if(authorization.is_unsupported(), RejectionKind::UnsupportedAuthorization)?;
        let claims = self.authorize_unrevoked(authorization, headers, query)?;
        let is_revoked = self.0.revocation.as_ref().is_some_and(|check| check.is_revoked(&claims));
        deny_if(is_revoked, RejectionKind::Revoked)?;
        Ok(claims)
    }

    /// Authorizes as `authorize_cached` does but skips the revocation check, which runs once per request.
    #[inline]
    pub(crate) fn authorize_unrevoked(
        &self,
        authorization: &RouteAuthorization,
        headers: &HeaderMap,
        query: Option<&str>,
    ) -> Result<Claims, Stop> {
        let now = self.0.clock.now();
        let token = self.0.verifier.identity_source().token(headers, query)?;
        let claims = self.verify_at(token.raw(), now)?;
        self.0.verifier.permit_route(&claims, authorization, now)?;
        Ok(claims)
    }

    /// Verifies a token with the cached keys and the clock.
    ///
    /// This does not authorize the request yet: [`authorize`](Self::authorize) also checks token use, app clients, audience,
    /// scopes and revocation.
    pub fn verify(&self, token: RawToken<'_>) -> Verdict<Claims> {
        Verdict::of(self.verify_at(token, self.0.clock.now()))
    }

    /// Returns the claims of a valid token, from the token cache or by verifying it.
    fn verify_at(&self, token: RawToken<'_>, now: UnixTime) -> Result<Claims, Stop> {
        let Inner { verifier, keys, token_cache, .. } = &*self.0;
        let Some(token_cache) = token_cache else { return verifier.verify_token(token, keys, now) };
        verifier.check_sent(token)?;
        if let Some(claims) = token_cache.get(token.as_bytes(), keys, now) {
            verifier.check_times(claims.times(), now)?;
            return Ok(claims);
        }
        let flushes = token_cache.flushes();
        let keys = TracedKeys::new(keys);
        let verified = verifier.verify_token(token, &keys, now);
        if let (Ok(claims), Some(origin)) = (&verified, keys.origin()) {
            token_cache.insert(token.as_bytes(), claims, origin, flushes);
        }
        if !matches!(verified, Err(Stop::NeedKeys(_))) {
            token_cache.missed();
        }
        verified
    }

    /// Removes all tokens from the token cache: each is verified again when it is next sent.
    ///
    /// Tokens that a thread cached become invalid at once. Their memory is freed when they are replaced or the thread ends.
    pub fn flush_token_cache(&self) {
        if let Some(token_cache) = &self.0.token_cache {
            token_cache.flush();
        }
    }

    /// Returns the contents and counters of the token cache; all zero if it is disabled.
    pub fn token_cache_status(&self) -> TokenCacheStatus {
        self.0.token_cache.as_ref().map(TokenCache::status).unwrap_or_default()
    }

    pub(crate) fn rules(&self) -> &'static Rules {
        self.0.verifier.rules()
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.0.clock.now()
    }

    /// Whether a gateway response would contain a token from this identity source.
    pub(crate) fn reflects(&self, source: &IdentitySource) -> bool {
        self.0.renderer.responses.reflects(source.header(), source.query_parameter())
    }

    pub(crate) fn renderer(&self) -> &Renderer {
        &self.0.renderer
    }

    pub(crate) fn passes_preflight(&self) -> bool {
        self.0.passes_preflight
    }

    pub(crate) fn rejection_level(&self) -> Level {
        self.0.rejection_level
    }

    pub(crate) fn forwarding(&self) -> &Forwarding {
        &self.0.forwarding
    }

    pub(crate) fn keys(&self) -> &KeyStore {
        &self.0.keys
    }

    /// Returns the rejection for a token whose key is not cached.
    pub(crate) fn key_not_found(&self, issuer: &Issuer) -> Rejection {
        if self.0.keys.has_keys(issuer) || self.is_unused_form(issuer) {
            return RejectionKind::UnknownKey.into();
        }
        let rejection = Rejection::from(RejectionKind::KeysUnavailable);
        match self.0.renderer.when_keys_unavailable {
            WhenKeysUnavailable::InternalServerError | WhenKeysUnavailable::Unauthorized => rejection,
            WhenKeysUnavailable::ServiceUnavailable => rejection.with_retry_after(self.0.keys.retry_after(issuer)),
        }
    }

    /// Whether the user pool has keys, but its server has none for this issuer. Then the pool does not use this form of its
    /// issuer, and a forged token that names it must not cause a 5xx (behaviour §10.11).
    fn is_unused_form(&self, issuer: &Issuer) -> bool {
        let has_keys = |form: &Arc<Issuer>| form.user_pool() == issuer.user_pool() && self.0.keys.has_keys(form);
        self.0.keys.are_denied(issuer) && self.verifier().issuers().iter().any(has_keys)
    }
}
