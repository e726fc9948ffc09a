//! The authorizer: a verifier, the keys for it, and a clock.

mod builder;

use std::sync::Arc;

use http::HeaderMap;

pub use self::builder::{AuthorizerBuilder, BuildError, WhenKeysUnavailable};
use crate::{
    claims::Claims,
    clock::Clock,
    decide::{Rejection, RejectionKind, Verdict, Verifier},
    identity_source::IdentitySource,
    jwks::{HydrateError, KeyState, KeyStatus, KeyStore, Refreshed},
    route::RouteAuthorization,
    user_pool::Issuer,
};

/// Judges requests by the tokens of one or more user pools. Cheap to clone; clones share the keys.
///
/// ```
/// use cognito_authorizer::Authorizer;
///
/// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb")?.build()?;
/// let id_token = authorizer.layer();
/// let reader = authorizer.authorization_scopes(["pets/read"])?;
/// # Ok::<(), cognito_authorizer::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Authorizer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    verifier: Verifier,
    identity_source: IdentitySource,
    keys: KeyStore,
    clock: Arc<dyn Clock>,
    when_keys_unavailable: WhenKeysUnavailable,
}

impl Authorizer {
    /// An authorizer for no user pool yet.
    pub fn builder() -> AuthorizerBuilder {
        AuthorizerBuilder::default()
    }

    /// An authorizer for the user pool with this id or ARN.
    ///
    /// # Errors
    ///
    /// [`BuildError::UserPool`] if the text is neither.
    pub fn for_user_pool(id_or_arn: &str) -> Result<AuthorizerBuilder, BuildError> {
        Self::builder().user_pool(id_or_arn)
    }

    /// The rules by which tokens are judged.
    pub fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    /// Obtains the keys of every user pool, all at the same time; those at hand are left as they are.
    ///
    /// Without it, keys are obtained with the first request that needs them. At the start of a
    /// service choose: fail fast, or start degraded and let the requests try again.
    ///
    /// ```no_run
    /// # async fn start(authorizer: cognito_authorizer::Authorizer) -> Result<(), cognito_authorizer::HydrateError> {
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
    /// [`HydrateError`], naming the user pools without keys. No fetch takes longer than the
    /// [time-out](AuthorizerBuilder::fetch_timeout).
    pub async fn hydrate(&self) -> Result<(), HydrateError> {
        self.0.keys.hydrate().await
    }

    /// Whether there are keys of every user pool that are not too old: what a readiness probe wants
    /// to know.
    pub fn is_ready(&self) -> bool {
        let status = self.key_status();
        let has_keys = |of: &KeyStatus| {
            let same_pool = |other: &&KeyStatus| other.issuer.user_pool() == of.issuer.user_pool();
            status.iter().filter(same_pool).any(|one| one.state != KeyState::Missing)
        };
        status.iter().all(has_keys)
    }

    /// How it stands with the keys of every issuer.
    pub fn key_status(&self) -> Vec<KeyStatus> {
        self.0.keys.status()
    }

    /// Decides with the keys at hand.
    pub(crate) fn decide(&self, authorization: &RouteAuthorization, headers: &HeaderMap) -> Verdict<Option<Claims>> {
        let Inner { verifier, identity_source, keys, clock, .. } = &*self.0;
        verifier.authorize(headers, identity_source, authorization, keys, clock.now())
    }

    /// Has newer keys fetched, if it is not too early for that.
    pub(crate) fn refresh(&self, issuer: &Issuer) -> Option<Refreshed> {
        self.0.keys.refresh(issuer)
    }

    /// What it means that the keys at hand are all there is.
    pub(crate) fn without_key(&self, issuer: &Issuer) -> Rejection {
        if self.0.keys.has_keys(issuer) {
            return RejectionKind::UnknownKey.into();
        }
        let rejection = Rejection::from(RejectionKind::KeysUnavailable);
        match self.0.when_keys_unavailable {
            WhenKeysUnavailable::InternalServerError => rejection,
            WhenKeysUnavailable::ServiceUnavailable => rejection.with_retry_after(self.0.keys.retry_after(issuer)),
        }
    }
}
