//! The layer, and the methods that create one.

use std::sync::Arc;

use tower_layer::Layer;

use super::{
    AuthorizerService,
    gate::{Gate, SharedGate},
    matching::Rule,
};
use crate::{
    authorizer::{Authorizer, Authorizers, BuildError, BuildMistake},
    gateway_response::Cors,
    route::{RouteAuthorization, RouteTable},
};

impl Authorizer {
    /// Creates a layer that protects a whole service with one rule.
    ///
    /// The layer requires an ID token by the rules of a REST API, unless
    /// [`token_use`](crate::AuthorizerBuilder::token_use) is configured otherwise. [`AuthorizerLayer::scopes`] and
    /// [`AuthorizerLayer::routes`] set another rule.
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
    /// Creates a layer that matches each request against a route table and asks the authorizer that the route names.
    ///
    /// A route without an authorizer name uses the only authorizer. See [`AuthorizerLayer::routes`].
    ///
    /// # Errors
    ///
    /// The errors of [`AuthorizerLayer::routes`].
    pub fn layer(&self, routes: RouteTable) -> Result<AuthorizerLayer, BuildError> {
        let rule = rule(self, routes)?;
        Ok(AuthorizerLayer { gate: Arc::new(Gate::new(self.clone(), rule)), has_rule: true })
    }
}

/// Pairs each route of a table with its authorizer.
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
            None if !route.authorization().requires_token() => of_routes.push(authorizers.first().clone()),
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

/// Puts an [`Authorizer`] in front of a service.
///
/// Create a layer with [`Authorizer::layer`] or [`Authorizers::layer`]. The service must be [`Clone`]. The request body
/// can have any type. The response body can be any [`Body`](http_body::Body) whose data is, or can be made from,
/// [`Bytes`](bytes::Bytes).
///
/// ```
/// use std::convert::Infallible;
///
/// use cognito_authorizer::{Authorizer, RouteTable};
/// use http::{Request, Response};
/// use tower::{Layer, service_fn};
///
/// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
/// let routes =
///     RouteTable::builder().open("GET /health").scopes("GET /pets", ["pets/read"]).build()?;
/// let layer = authorizer.layer().routes(routes)?;
/// let service = layer.layer(service_fn(|_: Request<()>| async {
///     Ok::<_, Infallible>(Response::new(String::new()))
/// }));
/// # Ok::<(), cognito_authorizer::BuildError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct AuthorizerLayer {
    pub(super) gate: SharedGate,
    /// Whether `scopes` or `routes` set the rule.
    has_rule: bool,
}

impl AuthorizerLayer {
    /// Requires an access token with at least one of these scopes, on every path.
    ///
    /// # Errors
    ///
    /// [`BuildMistake::Scopes`] if a text is not a scope, or no scope is given; [`BuildMistake::SecondRule`] if the
    /// layer has a rule already.
    pub fn scopes(self, scopes: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, BuildError> {
        let authorization = RouteAuthorization::with_scopes(scopes)?;
        self.with_rule(Rule::One(Arc::new(authorization)))
    }

    /// Matches each request against a route table, and rejects requests that no route covers.
    ///
    /// The layer matches the path of the request as it arrives. Inside a nested axum router, this path lacks the prefix
    /// of the nest; call `for_nested_router` there. Without that call, the layer rejects requests for which the table
    /// has another rule under the full path. Without the default feature `axum`, the layer cannot see the full path,
    /// and may accept such a request.
    ///
    /// ```
    /// use cognito_authorizer::{Authorizer, RouteTable};
    ///
    /// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
    /// let routes = RouteTable::builder()
    ///     .open("GET /health")
    ///     .scopes("GET /pets/{id}", ["pets/read"])
    ///     .build()?;
    /// let layer = authorizer.layer().routes(routes)?;
    /// # Ok::<(), cognito_authorizer::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`BuildMistake::UnknownAuthorizer`] if a route names an authorizer that the layer does not have, or names none
    /// of several; [`BuildMistake::RouteTableType`] if the table is for another type of API;
    /// [`BuildMistake::SecondRule`] if the layer has a rule already.
    pub fn routes(self, routes: RouteTable) -> Result<Self, BuildError> {
        let rule = rule(self.gate.matching.authorizers(), routes)?;
        self.with_rule(rule)
    }

    /// Does CORS for the service, as an HTTP API does with `CorsConfiguration`
    /// ([behaviour §2.4.4](crate::docs::behaviour)).
    ///
    /// The layer answers a preflight request that no route covers. It sets the configured headers on every response to a
    /// request with `Origin`, rejections included, and removes those of the service from all responses. A route for `OPTIONS`, `ANY` or
    /// `$default` covers a preflight request, so its rule decides; with
    /// [`pass_preflight`](crate::AuthorizerBuilder::pass_preflight) the layer answers such a request too.
    ///
    /// ```
    /// use cognito_authorizer::{Authorizer, gateway_response::Cors};
    ///
    /// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
    /// let cors = Cors::new(["https://app.example"])?.allow_headers(["authorization"])?;
    /// let layer = authorizer.layer().scopes(["pets/read"])?.cors(cors);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`check`](Self::check) answers preflight requests too, but changes no response of the service.
    pub fn cors(mut self, cors: Cors) -> Self {
        Arc::make_mut(&mut self.gate).set_cors(cors);
        self
    }

    /// Sets the rule. A second rule is an error: it would replace the first rule, and could open routes that the first
    /// one protects.
    fn with_rule(mut self, rule: Rule) -> Result<Self, BuildError> {
        if self.has_rule {
            return Err(BuildMistake::SecondRule.into());
        }
        Arc::make_mut(&mut self.gate).matching.rule = rule;
        Ok(Self { has_rule: true, ..self })
    }

    /// Matches the path that the outermost axum router saw, not the rest of it inside a nested router.
    ///
    /// Without this call, a layer inside a nested router rejects requests that the table does not cover, and requests
    /// for which the table has another rule under the full path.
    #[cfg(feature = "axum")]
    pub fn for_nested_router(mut self) -> Self {
        Arc::make_mut(&mut self.gate).matching.uses_original_uri = true;
        self
    }

    /// Makes the layer a shadow; see [`danger`](crate::danger).
    pub(crate) fn shadow(mut self) -> Self {
        tracing::warn!("a layer is in shadow mode: every request passes, with any token or none");
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
