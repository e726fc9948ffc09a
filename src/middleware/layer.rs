//! The layer, and how an authorizer makes one.

use std::sync::Arc;

use tower_layer::Layer;

use super::{
    AuthorizerService,
    gate::{Gate, SharedGate},
    matching::Rule,
};
use crate::{
    authorizer::{Authorizer, Authorizers, BuildError},
    route::{Route, RouteAuthorization, RouteTable},
    scope::ScopeSet,
};

impl Authorizer {
    /// A layer that takes a token whatever its scopes: an ID token by the rules of a REST API, unless
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
    /// It goes by the path of the request as it arrives at the layer. Inside a nested axum router that
    /// path lacks the prefix of the nest: there, say `for_nested_router`. Where that was forgotten, the layer rejects
    /// requests for which the table has another rule under the full path. Without the default feature `axum`, the layer cannot
    /// see the full path, and may accept such a request.
    ///
    /// A route that names an authorizer is refused with a status of 500: it is for [`Authorizers`], who have names.
    pub fn routes(&self, routes: RouteTable) -> AuthorizerLayer {
        let asked = routes.routes().iter().map(|route| route.authorizer().is_none().then(|| self.clone())).collect();
        self.layer_for(Rule::Table { table: Arc::new(routes), asked })
    }

    fn layer_for(&self, rule: Rule) -> AuthorizerLayer {
        AuthorizerLayer { gate: Arc::new(Gate::new(Authorizers::alone(self.clone()), rule)) }
    }
}

impl Authorizers {
    /// A layer that looks up each request in a route table and asks the authorizer that its route names; see
    /// [`Authorizer::routes`], also for nested axum routers. A route that names none asks
    /// the only one.
    ///
    /// # Errors
    ///
    /// [`BuildError::UnknownAuthorizer`] if a route names an authorizer that is not among them, or names none and there
    /// are more than one.
    pub fn routes(&self, routes: RouteTable) -> Result<AuthorizerLayer, BuildError> {
        let asked = |route: &Route| {
            let unknown = || BuildError::UnknownAuthorizer {
                route_key: route.key().to_string(),
                authorizer: route.authorizer().map(str::to_owned),
                known: self.iter().map(|(name, _)| name.to_owned()).collect(),
            };
            match self.authorizer_for(route) {
                None if !route.is_open() => Err(unknown()),
                asked => Ok(asked.cloned()),
            }
        };
        let asked = routes.routes().iter().map(asked).collect::<Result<_, _>>()?;
        let rule = Rule::Table { table: Arc::new(routes), asked };
        Ok(AuthorizerLayer { gate: Arc::new(Gate::new(self.clone(), rule)) })
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
    pub(super) gate: SharedGate,
}

impl AuthorizerLayer {
    /// Goes by the path that the outermost axum router saw, and not by what is left of it inside a
    /// nested one. Without it such a layer refuses what it does not find in its table, and what the table has
    /// another rule for under the whole path.
    #[cfg(feature = "axum")]
    pub fn for_nested_router(mut self) -> Self {
        self.gate = Arc::new(self.gate.for_nested_router());
        self
    }

    /// See [`danger`](crate::danger).
    pub(crate) fn shadow(self) -> Self {
        tracing::warn!("a layer only watches: every request passes, with any token and with none");
        Self { gate: Arc::new(self.gate.shadow()) }
    }
}

impl<S> Layer<S> for AuthorizerLayer {
    type Service = AuthorizerService<S>;

    fn layer(&self, inner: S) -> AuthorizerService<S> {
        AuthorizerService::new(inner, self.gate.clone())
    }
}
