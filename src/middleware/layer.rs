//! The layer, and how an authorizer makes one.

use std::sync::Arc;

use http::Request;
use tower_layer::Layer;

use super::AuthorizerService;
use crate::{
    authorizer::{Authorizer, BuildError},
    claims::Claims,
    decide::{Rejection, Verdict},
    jwks::Refreshed,
    route::{RouteAuthorization, RouteTable},
    scope::ScopeSet,
    user_pool::Issuer,
};

impl Authorizer {
    /// A layer that takes an ID token, unless
    /// [`token_use`](crate::AuthorizerBuilder::token_use) says otherwise.
    pub fn layer(&self) -> AuthorizerLayer {
        self.layer_for(Rule::One(Arc::new(RouteAuthorization::Token)))
    }

    /// A layer that takes an access token with any one of these scopes.
    ///
    /// # Errors
    ///
    /// [`BuildError::Scopes`] if a text is not a scope, or there is none.
    pub fn authorization_scopes<I>(&self, scopes: I) -> Result<AuthorizerLayer, BuildError>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let authorization = RouteAuthorization::Scopes(ScopeSet::new(scopes)?);
        Ok(self.layer_for(Rule::One(Arc::new(authorization))))
    }

    /// A layer that looks up each request in a route table, and refuses those that it does not
    /// cover.
    ///
    /// It goes by the path of the request as it arrives at the layer. Inside a nested axum router
    /// that path lacks the prefix of the nest, so put the layer around the outermost router.
    pub fn routes(&self, routes: RouteTable) -> AuthorizerLayer {
        self.layer_for(Rule::Table(Arc::new(routes)))
    }

    fn layer_for(&self, rule: Rule) -> AuthorizerLayer {
        AuthorizerLayer { gate: Gate { authorizer: self.clone(), rule } }
    }
}

/// Puts an [`Authorizer`] in front of a service. From [`Authorizer::layer`],
/// [`Authorizer::authorization_scopes`] or [`Authorizer::routes`].
///
/// The service has to be [`Clone`]. The request's body can be anything; the response's can be any
/// [`Body`](http_body::Body) whose data is, or can be made from, [`Bytes`](bytes::Bytes).
#[derive(Clone, Debug)]
#[must_use]
pub struct AuthorizerLayer {
    gate: Gate,
}

impl<S> Layer<S> for AuthorizerLayer {
    type Service = AuthorizerService<S>;

    fn layer(&self, inner: S) -> AuthorizerService<S> {
        AuthorizerService::new(inner, self.gate.clone())
    }
}

/// An authorizer and the rule, or rules, that it applies.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    authorizer: Authorizer,
    rule: Rule,
}

#[derive(Clone, Debug)]
enum Rule {
    /// Whatever the path: the router has chosen already.
    One(Arc<RouteAuthorization>),
    Table(Arc<RouteTable>),
}

/// What to do with a request.
pub(super) enum Decision {
    /// Call the inner service.
    Allow(Option<Claims>),
    /// Answer with the gateway response.
    Deny(Rejection),
    /// Decide again once a fetch of keys has ended.
    Wait(Refreshed),
}

impl Gate {
    /// Decides, with a fetch of keys if one is needed and it is not too early for it.
    pub(super) fn decide<B>(&self, request: &Request<B>) -> Decision {
        self.decide_or(request, |issuer| {
            // A fetch may have ended since the verdict, and then another one would be one too many: so
            // the keys are noted, looked at again, and fetched only if they are still those.
            let seen = self.authorizer.keys_version(issuer);
            self.decide_or(request, |issuer| match self.authorizer.refresh(issuer, seen) {
                Some(refreshed) => Decision::Wait(refreshed),
                None => self.decide_for_good(request),
            })
        })
    }

    /// Decides with the keys at hand.
    pub(super) fn decide_for_good<B>(&self, request: &Request<B>) -> Decision {
        self.decide_or(request, |issuer| Decision::Deny(self.authorizer.key_not_found(issuer)))
    }

    /// Decides, and leaves it to the caller what happens if a key of an issuer is not at hand.
    fn decide_or<B>(&self, request: &Request<B>, key_missing: impl FnOnce(&Issuer) -> Decision) -> Decision {
        match self.verdict(request) {
            Verdict::Allow(claims) => Decision::Allow(claims),
            Verdict::Deny(rejection) => Decision::Deny(rejection),
            Verdict::NeedKeys(issuer) => key_missing(&issuer),
        }
    }

    fn verdict<B>(&self, request: &Request<B>) -> Verdict<Option<Claims>> {
        let authorization = match &self.rule {
            Rule::One(authorization) => authorization,
            Rule::Table(table) => match table.find(request.method(), request.uri().path()) {
                Ok(authorization) => authorization,
                Err(no_route) => return Verdict::Deny(no_route.into()),
            },
        };
        self.authorizer.decide(authorization, request.headers())
    }
}
