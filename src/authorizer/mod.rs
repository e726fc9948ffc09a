//! The authorizer: a verifier, the keys for it, and a clock.

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

/// Judges requests by the tokens of one or more user pools. Cheap to clone; clones share the keys.
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
    /// A builder without user pools: add at least one.
    pub fn builder() -> AuthorizerBuilder {
        AuthorizerBuilder::default()
    }

    /// A builder of an authorizer for one user pool: its id or ARN, or a [`UserPool`].
    pub fn for_user_pool(user_pool: impl TryInto<UserPool, Error: Into<UserPoolError>>) -> AuthorizerBuilder {
        Self::builder().user_pool(user_pool)
    }

    /// The rules by which tokens are judged.
    pub fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    /// Where the token is looked for.
    pub fn identity_source(&self) -> &IdentitySource {
        self.0.verifier.identity_source()
    }

    /// Fetches the keys of every user pool, all at the same time. Keys that are cached are left as they are, so this does not
    /// notice a rotation: a request whose token names a new key has the keys fetched again, by the layer or by
    /// [`check`](crate::AuthorizerLayer::check).
    ///
    /// Without it, keys are obtained with the first request that needs them. At the start of a
    /// service choose: fail fast, or start degraded and let the requests try again.
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
    /// [`HydrateError`], naming the user pools without keys. It takes no longer than a fetch of the keys
    /// of one issuer and then, where that fails, of the other one; each has the
    /// [time-out](AuthorizerBuilder::fetch_timeout).
    pub async fn hydrate(&self) -> Result<(), HydrateError> {
        self.0.keys.hydrate().await
    }

    /// Whether there are keys of every user pool that are not too old: what a readiness probe wants
    /// to know.
    ///
    /// Asking counts as using the keys. Where they are stale or missing a fetch is started in the
    /// background, within the usual bounds, so a service without traffic becomes ready too.
    pub fn is_ready(&self) -> bool {
        self.0.keys.is_ready()
    }

    /// The state of the keys of every issuer. Asking changes nothing.
    pub fn key_status(&self) -> Vec<KeyStatus> {
        self.0.keys.status()
    }

    /// Whether a request may pass, by the cached keys and the clock. `query` is the request's, without `?`.
    ///
    /// `Allow` holds the claims, or `None` on an open route. Nothing is fetched: [`hydrate`](Self::hydrate) first. A verdict
    /// of `NeedKeys` means that the token's key is not cached, also after a rotation; to have it fetched, as the layer does,
    /// use [`AuthorizerLayer::check`](crate::AuthorizerLayer::check), which also makes the gateway response.
    ///
    /// ```
    /// use cognito_authorizer::{Authorizer, Verdict, route::RouteAuthorization, claims::ScopeSet};
    ///
    /// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
    /// let reader = RouteAuthorization::with_scopes(["pets/read"])?;
    /// match authorizer.authorize(&reader, &http::HeaderMap::new(), None) {
    ///     Verdict::Allow(claims) => println!("welcome, {:?}", claims.map(|claims| claims.subject().to_owned())),
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

    /// The claims of the token that a request is accepted by, from the cached keys and the clock, on a route that asks for
    /// a token.
    #[inline]
    pub(crate) fn authorize_cached(
        &self,
        authorization: &RouteAuthorization,
        headers: &HeaderMap,
        query: Option<&str>,
    ) -> Result<Claims, Stop> {
        let claims = self.authorize_unrevoked(authorization, headers, query)?;
        let is_revoked = self.0.revocation.as_ref().is_some_and(|check| check.is_revoked(&claims));
        deny_if(is_revoked, RejectionKind::Revoked)?;
        Ok(claims)
    }

    /// The same without the revocation check, which is asked once for each request.
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

    /// Whether a token is genuine and current, by the keys at hand and the clock.
    ///
    /// That is not yet leave for anything: token use, app clients, audience, scopes and revocation are
    /// questions of [`authorize`](Self::authorize).
    pub fn verify(&self, token: RawToken<'_>) -> Verdict<Claims> {
        Verdict::of(self.verify_at(token, self.0.clock.now()))
    }

    /// The claims of a token that is genuine and current: from the token cache, else verified.
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

    /// Forgets every token that was verified: each is verified again when it is next sent.
    ///
    /// The few that each thread keeps for itself are void at once, and leave the memory when their places are
    /// taken or the thread ends.
    pub fn flush_token_cache(&self) {
        if let Some(token_cache) = &self.0.token_cache {
            token_cache.flush();
        }
    }

    /// What the token cache holds and has done; nothing, if it is off.
    pub fn token_cache_status(&self) -> TokenCacheStatus {
        self.0.token_cache.as_ref().map(TokenCache::status).unwrap_or_default()
    }

    pub(crate) fn rules(&self) -> &'static Rules {
        self.0.verifier.rules()
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.0.clock.now()
    }

    /// Whether a gateway response would hold a token from there.
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

    /// The refusal when a key is not among those at hand.
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

    /// Whether the user pool has keys, but none of this issuer, as the server says: then it is the form of its issuer that it was
    /// not switched to, and whoever makes tokens up must not be able to make errors of the server out of that (behaviour §10.11).
    fn is_unused_form(&self, issuer: &Issuer) -> bool {
        let has_keys = |form: &Arc<Issuer>| form.user_pool() == issuer.user_pool() && self.0.keys.has_keys(form);
        self.0.keys.are_denied(issuer) && self.verifier().issuers().iter().any(has_keys)
    }
}
