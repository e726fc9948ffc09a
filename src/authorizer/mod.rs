//! The authorizer: a verifier, the keys for it, and a clock.

mod builder;

use std::sync::Arc;

use http::HeaderMap;

pub use self::builder::{AuthorizerBuilder, BuildError};
use crate::{
    claims::Claims,
    clock::Clock,
    decide::{Rejection, RejectionKind, Verdict, Verifier},
    identity_source::IdentitySource,
    jwks::{KeyStore, Refreshed},
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

    /// Decides with the keys at hand.
    pub(crate) fn decide(&self, authorization: &RouteAuthorization, headers: &HeaderMap) -> Verdict<Option<Claims>> {
        let Inner { verifier, identity_source, keys, clock } = &*self.0;
        verifier.authorize(headers, identity_source, authorization, keys, clock.now())
    }

    /// Has newer keys fetched, if it is not too early for that.
    pub(crate) fn refresh(&self, issuer: &Issuer) -> Option<Refreshed> {
        self.0.keys.refresh(issuer)
    }

    /// What it means that the keys at hand are all there is.
    pub(crate) fn without_key(&self, issuer: &Issuer) -> Rejection {
        let is_known = self.0.keys.has_keys(issuer);
        if is_known { RejectionKind::UnknownKey.into() } else { RejectionKind::KeysUnavailable.into() }
    }
}
