//! The layer, and how an authorizer makes one.

use std::sync::Arc;

use tower_layer::Layer;

use super::{
    AuthorizerService,
    gate::{Gate, SharedGate},
    matching::Rule,
};
use crate::{
    authorizer::{Authorizer, Authorizers, BuildError, BuildMistake},
    route::{RouteAuthorization, RouteTable},
};

impl Authorizer {
    /// A layer that guards a service as a whole: it takes an ID token by the rules of a REST API, unless
    /// [`token_use`](crate::AuthorizerBuilder::token_use) says otherwise.
    ///
    /// [`AuthorizerLayer::scopes`] and [`AuthorizerLayer::routes`] choose another rule.
    ///
    /// ```
    /// use cognito_authorizer::Authorizer;
    ///
    /// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
    /// let id_token = authorizer.layer();
    /// let reader = authorizer.layer().scopes(["pets/read"])?;
    /// # Ok::<(), cognito_authorizer::BuildError>(())
    /// ```
    pub fn layer(&self) -> AuthorizerLayer {
        let rule = Rule::One(Arc::new(RouteAuthorization::guarded()));
        AuthorizerLayer { gate: Arc::new(Gate::new(Authorizers::alone(self.clone()), rule)), has_rule: false }
    }
}

impl Authorizers {
    /// A layer that looks up each request in a route table and asks the authorizer that its route names; a route that names
    /// none asks the only one. See [`AuthorizerLayer::routes`].
    ///
    /// # Errors
    ///
    /// As [`AuthorizerLayer::routes`].
    pub fn layer(&self, routes: RouteTable) -> Result<AuthorizerLayer, BuildError> {
        let rule = rule(self, routes)?;
        Ok(AuthorizerLayer { gate: Arc::new(Gate::new(self.clone(), rule)), has_rule: true })
    }
}

/// The rule of each route of a table, each with its authorizer.
fn rule(authorizers: &Authorizers, routes: RouteTable) -> Result<Rule, BuildError> {
    let mut mistakes = Vec::new();
    if !routes.is_for(authorizers.first().rules().routes) {
        let authorizer_type = authorizers.first().verifier().authorizer_type();
        mistakes.push(BuildMistake::RouteTableType { authorizer_type });
    }
    let mut of_routes = Vec::new();
    for route in routes.routes() {
        match authorizers.authorizer_for(route) {
            Some(authorizer) => of_routes.push(authorizer.clone()),
            None if route.is_open() => of_routes.push(authorizers.first().clone()),
            None => mistakes.push(BuildMistake::UnknownAuthorizer {
                route_key: route.key().to_string(),
                authorizer: route.authorizer().map(str::to_owned),
                known: authorizers.names().map(str::to_owned).collect(),
            }),
        }
    }
    if mistakes.is_empty() {
        Ok(Rule::Table { table: Arc::new(routes), authorizers: of_routes.into() })
    } else {
        Err(BuildError::new(mistakes))
    }
}

/// Puts an [`Authorizer`] in front of a service. From [`Authorizer::layer`] or [`Authorizers::layer`].
///
/// The service has to be [`Clone`]. The request's body can be anything; the response's can be any
/// [`Body`](http_body::Body) whose data is, or can be made from, [`Bytes`](bytes::Bytes).
///
/// ```
/// use std::convert::Infallible;
///
/// use cognito_authorizer::{Authorizer, RouteTable};
/// use http::{Request, Response};
/// use tower::{Layer, service_fn};
///
/// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
/// let routes = RouteTable::builder().open("GET /health").scopes("GET /pets", ["pets/read"]).build()?;
/// let layer = authorizer.layer().routes(routes)?;
/// let service = layer.layer(service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(String::new())) }));
/// # Ok::<(), cognito_authorizer::BuildError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct AuthorizerLayer {
    pub(super) gate: SharedGate,
    /// Whether `scopes` or `routes` chose the rule.
    has_rule: bool,
}

impl AuthorizerLayer {
    /// Takes an access token with any one of these scopes, on every path.
    ///
    /// # Errors
    ///
    /// [`BuildMistake::Scopes`] if a text is not a scope, or there is none; [`BuildMistake::SecondRule`] if the layer has a
    /// rule already.
    pub fn scopes(self, scopes: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, BuildError> {
        let authorization = RouteAuthorization::with_scopes(scopes)?;
        self.with_rule(Rule::One(Arc::new(authorization)))
    }

    /// Looks up each request in a route table, and rejects those that no route covers.
    ///
    /// The layer matches the path of the request as it arrives. Inside a nested axum router that path lacks the prefix of the
    /// nest: there, add `for_nested_router`. Where that is forgotten, the layer rejects requests for which the table has another
    /// rule under the full path. Without the default feature `axum`, the layer cannot see the full path, and may accept such a
    /// request.
    ///
    /// ```
    /// use cognito_authorizer::{Authorizer, RouteTable};
    ///
    /// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
    /// let routes = RouteTable::builder().open("GET /health").scopes("GET /pets/{id}", ["pets/read"]).build()?;
    /// let layer = authorizer.layer().routes(routes)?;
    /// # Ok::<(), cognito_authorizer::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`BuildMistake::UnknownAuthorizer`] if a route names an authorizer that the layer does not have, or names none of several;
    /// [`BuildMistake::RouteTableType`] if the table matches as another type of API does; [`BuildMistake::SecondRule`] if the
    /// layer has a rule already.
    pub fn routes(self, routes: RouteTable) -> Result<Self, BuildError> {
        let rule = rule(self.gate.matching.authorizers(), routes)?;
        self.with_rule(rule)
    }

    /// A second rule would take the place of the first one, and open what that one guards.
    fn with_rule(mut self, rule: Rule) -> Result<Self, BuildError> {
        if self.has_rule {
            return Err(BuildMistake::SecondRule.into());
        }
        Arc::make_mut(&mut self.gate).matching.rule = rule;
        Ok(Self { has_rule: true, ..self })
    }

    /// Goes by the path that the outermost axum router saw, and not by what is left of it inside a
    /// nested one. Without it such a layer refuses what it does not find in its table, and what the table has
    /// another rule for under the whole path.
    #[cfg(feature = "axum")]
    pub fn for_nested_router(mut self) -> Self {
        Arc::make_mut(&mut self.gate).matching.uses_original_uri = true;
        self
    }

    /// See [`danger`](crate::danger).
    pub(crate) fn shadow(mut self) -> Self {
        tracing::warn!("a layer only watches: every request passes, with any token and with none");
        Arc::make_mut(&mut self.gate).watch();
        self
    }
}

impl<S> Layer<S> for AuthorizerLayer {
    type Service = AuthorizerService<S>;

    fn layer(&self, inner: S) -> AuthorizerService<S> {
        AuthorizerService::new(inner, self.gate.clone())
    }
}
