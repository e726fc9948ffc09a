//! The layer of a configuration, and what its answers to proxies need.

use std::sync::Arc;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Response, request::Parts};

use crate::{
    configuration::{Built, Configuration, ConfigurationError},
    header_name::reads_alike,
    jwks::{HydrateError, KeyStatus},
    middleware::{Admission, AuthorizerLayer, OwnAnswer},
};

/// The policy of a configuration: its layer, with its authorizers.
///
/// Cloning is cheap, and clones share their keys and caches.
#[derive(Clone, Debug)]
pub struct Policy(Arc<Inner>);

/// The policy in use, which a reload replaces.
pub(super) type SharedPolicy = Arc<ArcSwap<Policy>>;

#[derive(Debug)]
struct Inner {
    layer: AuthorizerLayer,
    /// The same without the CORS configuration, for proxies that cannot pass on an answer to a preflight request.
    without_cors: AuthorizerLayer,
    built: Built,
    claim_headers: Vec<HeaderName>,
    /// Tells whether another configuration is the same.
    content: Vec<u8>,
}

/// A decision about a request, as a proxy can be told it.
pub(super) enum Decided {
    /// The service answers, after these changes.
    Pass(Box<Admission>),
    /// The service answers a route that the layer would answer itself.
    PassOpen,
    /// The layer answers: a gateway response, or a response of its own.
    Answer(Box<Response<Bytes>>),
}

impl Policy {
    /// Builds the layer of a configuration.
    ///
    /// ```
    /// use cognito_authorizer::{configuration::Configuration, serve::Policy};
    ///
    /// let configuration = Configuration::reader().read_toml(
    ///     r#"
    /// [user_pools.customers]
    /// id = "eu-west-1_Ab129faBb"
    /// [authorizers.pool]
    /// type = "COGNITO_USER_POOLS"
    /// user_pools = ["customers"]
    /// [[routes]]
    /// route = "GET /pets"
    /// "#,
    /// )?;
    /// let policy = Policy::new(&configuration)?;
    /// assert!(!policy.is_ready());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The errors of [`Configuration::authorizers`] and [`Configuration::layer`].
    pub fn new(configuration: &Configuration) -> Result<Self, ConfigurationError> {
        Self::build(configuration, None)
    }

    /// Builds the policy that replaces this one. It shares the keys of user pools whose settings are the same; its token
    /// caches are empty. Returns `None` if the configuration has not changed.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn successor(&self, configuration: &Configuration) -> Result<Option<Self>, ConfigurationError> {
        let is_same = configuration.content()? == self.0.content;
        (!is_same).then(|| Self::build(configuration, Some(&self.0.built))).transpose()
    }

    fn build(configuration: &Configuration, previous: Option<&Built>) -> Result<Self, ConfigurationError> {
        // Read before the files with keys are, so that a change in between is noticed later.
        let content = configuration.content()?;
        let built = configuration.build_after(previous)?;
        if previous.is_none() {
            built.authorizers().share_turns();
        }
        let layer = configuration.layer(built.authorizers())?;
        let without_cors = configuration.layer_without_cors(built.authorizers())?;
        let claim_headers = configuration.claim_header_names();
        Ok(Self(Arc::new(Inner { layer, without_cors, built, claim_headers, content })))
    }

    /// Fetches the keys of all user pools.
    ///
    /// # Errors
    ///
    /// [`HydrateError`] with the user pools that have no keys. The server can start nevertheless: it fetches them again.
    pub async fn hydrate(&self) -> Result<(), HydrateError> {
        self.0.built.authorizers().hydrate().await
    }

    /// Whether every user pool has keys.
    pub fn is_ready(&self) -> bool {
        self.0.built.authorizers().is_ready()
    }

    /// Returns the state of the keys of every issuer.
    pub fn key_status(&self) -> Vec<KeyStatus> {
        self.0.built.authorizers().iter().flat_map(|(_, authorizer)| authorizer.key_status()).collect()
    }

    /// Returns the headers that carry claims. A proxy must take all of them from every answer that lets a request pass.
    pub fn claim_headers(&self) -> &[HeaderName] {
        &self.0.claim_headers
    }

    /// Whether a header has the name of a claim header in another spelling, such as `x_user` for `x-user`.
    pub(super) fn has_imitation(&self, headers: &HeaderMap) -> bool {
        let imitates = |name: &HeaderName| {
            self.claim_headers().iter().any(|own| own != name && reads_alike(own.as_str(), name.as_str()))
        };
        headers.keys().any(imitates)
    }

    /// Whether a request passes only because it is a preflight request, on a route that requires a token or on none.
    ///
    /// A proxy does not tell whether a request has a body, and one with a body is no preflight request.
    pub(super) fn passes_as_preflight(&self, head: &Parts, admission: &Admission) -> bool {
        head.method == Method::OPTIONS
            && admission.claims().is_none()
            && admission.rejection().is_none()
            && !self.0.layer.is_open(head)
    }

    /// Makes the fetches of shared keys wait for those of this policy, and no longer for those of the previous one.
    pub(super) fn put_into_use(&self) {
        self.0.built.authorizers().share_turns();
    }

    /// Returns the layer.
    pub(super) fn layer(&self) -> &AuthorizerLayer {
        &self.0.layer
    }

    /// Decides about a request as the layer does.
    pub(super) async fn decide(&self, head: &Parts) -> Decided {
        match self.0.layer.check(head).await {
            Ok(admission) => Decided::Pass(Box::new(admission)),
            Err(response) => Decided::Answer(Box::new(response)),
        }
    }

    /// Decides for a proxy that takes every status from 200 to 299 for a permission, so that the layer cannot answer
    /// itself: the service answers open routes, and preflight requests need a route.
    pub(super) async fn decide_without_answers(&self, head: &Parts) -> Decided {
        let decided = self.decide(head).await;
        let Decided::Answer(response) = &decided else { return decided };
        match response.extensions().get::<OwnAnswer>() {
            None => decided,
            Some(OwnAnswer::Mock) => Decided::PassOpen,
            Some(OwnAnswer::Preflight) => match self.0.without_cors.check(head).await {
                Ok(admission) => Decided::Pass(Box::new(admission)),
                Err(response) if response.extensions().get::<OwnAnswer>().is_some() => Decided::PassOpen,
                Err(response) => Decided::Answer(Box::new(response)),
            },
        }
    }
}
