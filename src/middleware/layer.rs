//! The layer, and how it is had from an authorizer.

use std::sync::Arc;

use http::{HeaderMap, Method, Uri};
use tower_layer::Layer;

use super::AuthorizerService;
use crate::{
    authorizer::{Authorizer, BuildError},
    claims::Claims,
    decide::Verdict,
    route::{RouteAuthorization, RouteTable},
    scope::ScopeSet,
};

impl Authorizer {
    /// A layer that takes any token of the user pool: on a REST API an ID token.
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
    pub fn routes(&self, routes: RouteTable) -> AuthorizerLayer {
        self.layer_for(Rule::Table(Arc::new(routes)))
    }

    fn layer_for(&self, rule: Rule) -> AuthorizerLayer {
        AuthorizerLayer { gate: Gate { authorizer: self.clone(), rule } }
    }
}

/// Puts an [`Authorizer`] in front of a service. From [`Authorizer::layer`],
/// [`Authorizer::authorization_scopes`] or [`Authorizer::routes`].
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
    pub(super) authorizer: Authorizer,
    rule: Rule,
}

#[derive(Clone, Debug)]
enum Rule {
    /// Whatever the path: the router has chosen already.
    One(Arc<RouteAuthorization>),
    Table(Arc<RouteTable>),
}

impl Gate {
    /// Decides with the keys at hand.
    pub(super) fn decide(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Verdict<Option<Claims>> {
        let authorization = match &self.rule {
            Rule::One(authorization) => authorization,
            Rule::Table(table) => match table.find(method, uri.path()) {
                Ok(authorization) => authorization,
                Err(no_route) => return Verdict::Deny(no_route.into()),
            },
        };
        self.authorizer.decide(authorization, headers)
    }
}
