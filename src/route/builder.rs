//! Collects routes into a table.

use super::{
    InnerRouter, MatchRules, MockResponse, Route, RouteAuthorization, RouteKey, RouteKeyError, RouteTable,
    RouteTableError, RouteTableMistake,
    path::{PathPolicy, TrailingSlash},
    table::TableSettings,
};
use crate::scope::{ScopeError, ScopeSet};

/// Builds a [`RouteTable`]; [`build`](Self::build) reports all mistakes at once.
///
/// A route key is a string or a [`RouteKey`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RouteTableBuilder {
    routes: Vec<Route>,
    settings: TableSettings,
    mistakes: Vec<RouteTableMistake>,
}

impl RouteTable {
    /// Returns a builder for a table without routes.
    pub fn builder() -> RouteTableBuilder {
        RouteTableBuilder::default()
    }
}

impl RouteTableBuilder {
    /// Adds a route that is open to any client: authorization type `NONE`.
    pub fn open(self, route_key: impl TryInto<RouteKey, Error: Into<RouteKeyError>>) -> Self {
        self.route(route_key, RouteAuthorization::open())
    }

    /// Adds a route that requires an ID token, unless [`token_use`](crate::AuthorizerBuilder::token_use) is configured
    /// otherwise.
    pub fn guarded(self, route_key: impl TryInto<RouteKey, Error: Into<RouteKeyError>>) -> Self {
        self.route(route_key, RouteAuthorization::guarded())
    }

    /// Adds a route that requires an access token with at least one of these scopes.
    pub fn scopes<I>(self, route_key: impl TryInto<RouteKey, Error: Into<RouteKeyError>>, scopes: I) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        self.add(route_key, ScopeSet::new(scopes).map(RouteAuthorization::from), None)
    }

    /// Adds a route with this authorization.
    pub fn route(
        self,
        route_key: impl TryInto<RouteKey, Error: Into<RouteKeyError>>,
        authorization: RouteAuthorization,
    ) -> Self {
        self.add(route_key, Ok(authorization), None)
    }

    /// Adds a route with this authorization and the name of its authorizer, one of [`Authorizers`](crate::Authorizers).
    pub fn route_for_authorizer(
        self,
        authorizer: &str,
        route_key: impl TryInto<RouteKey, Error: Into<RouteKeyError>>,
        authorization: RouteAuthorization,
    ) -> Self {
        self.add(route_key, Ok(authorization), Some(authorizer))
    }

    /// Adds an open route that the layer answers with this response. The inner service does not receive the requests.
    pub fn mock(
        mut self,
        route_key: impl TryInto<RouteKey, Error: Into<RouteKeyError>>,
        response: MockResponse,
    ) -> Self {
        match route_key.try_into() {
            Ok(key) => self.routes.push(Route::mock(key, response)),
            Err(error) => self.mistakes.push(RouteTableMistake::RouteKey(error.into())),
        }
        self
    }

    fn add(
        mut self,
        route_key: impl TryInto<RouteKey, Error: Into<RouteKeyError>>,
        authorization: Result<RouteAuthorization, ScopeError>,
        authorizer: Option<&str>,
    ) -> Self {
        match (route_key.try_into(), authorization) {
            (Ok(key), Ok(authorization)) => self.routes.push(Route::new(key, authorization, authorizer)),
            (Ok(key), Err(reason)) => {
                self.mistakes.push(RouteTableMistake::Scopes { route_key: key.to_string(), reason });
            }
            (Err(error), _) => self.mistakes.push(RouteTableMistake::RouteKey(error.into())),
        }
        self
    }

    /// Sets the stage, or base path, that every request path must begin with.
    ///
    /// Route keys do not contain the stage: with `prod`, the route `GET /pets` covers `/prod/pets`. A path without the stage is
    /// rejected.
    pub fn stage(mut self, stage: &str) -> Self {
        match stage.parse() {
            Ok(stage) => self.settings.stage = stage,
            Err(mistake) => self.mistakes.push(mistake),
        }
        self
    }

    /// Sets the meaning of a slash at the end of a path.
    ///
    /// By default, the slash is ignored with [`AuthorizerType::CognitoUserPools`](crate::AuthorizerType) and significant with
    /// `Jwt`.
    pub fn trailing_slash(mut self, slash: TrailingSlash) -> Self {
        self.settings.trailing_slash = Some(slash);
        self
    }

    /// Whether to let a greedy variable at the root, `/{proxy+}`, cover `/` too; default false
    /// ([behaviour §5.1.6](crate::docs::behaviour)).
    pub fn proxy_covers_root(mut self, covers: bool) -> Self {
        self.settings.proxy_covers_root = covers;
        self
    }

    /// Whether to reject every path that contains `%2f`, `%3b` or `;`, whatever route covers it; default false.
    ///
    /// By default, these are plain characters of a segment, as on API Gateway, and a path is rejected only if they may change
    /// the rule. Enable this if the inner service includes proxies.
    pub fn strict_paths(mut self, strict: bool) -> Self {
        self.settings.policy = if strict { PathPolicy::Strict } else { PathPolicy::OneRule };
        self
    }

    /// Whether to forward a request that no route covers to the inner service without verifying a token; default false.
    ///
    /// The inner service can then answer 404 itself. By default, the layer rejects such a request.
    ///
    /// The layer still rejects the request if the path is guarded for another method, or if the path lacks the stage.
    pub fn hand_on_unknown_routes(mut self, hands_on: bool) -> Self {
        self.settings.hands_on_unknown = hands_on;
        self
    }

    /// Sets how the inner service chooses between routes that cover the same request.
    ///
    /// The default is [literal first](InnerRouter::LiteralFirst).
    ///
    /// ```
    /// use cognito_authorizer::{RouteTable, route::{InnerRouter, NoRoute}};
    ///
    /// let routes = RouteTable::builder()
    ///     .open("GET /news/{id}")
    ///     .scopes("GET /{section}/drafts", ["drafts/read"])
    ///     .inner_router(InnerRouter::AnyOrder)
    ///     .build()?;
    /// // Which handler the service calls depends on the order in which it added them.
    /// assert_eq!(routes.find(&http::Method::GET, "/news/drafts"), Err(NoRoute::Ambiguous));
    /// # Ok::<(), cognito_authorizer::route::RouteTableError>(())
    /// ```
    pub fn inner_router(mut self, router: InnerRouter) -> Self {
        self.settings.inner_router = router;
        self
    }

    /// Whether to assume that the inner service ignores case in paths; default false.
    ///
    /// The routers of Express, Caddy and IIS treat `/Admin` like `/admin` by default. With this setting, a request is rejected
    /// with 400 if another rule covers its path once case is ignored. By default, the layer assumes that the inner service is
    /// case-sensitive, as API Gateway is.
    pub fn ignore_case(mut self, ignore_case: bool) -> Self {
        self.settings.ignores_case = ignore_case;
        self
    }

    #[cfg(feature = "configuration")]
    pub(crate) fn with_settings(self, settings: TableSettings) -> Self {
        Self { settings, ..self }
    }

    /// Sets the rules by which the API matches routes.
    pub(crate) fn match_rules(mut self, api: MatchRules) -> Self {
        self.settings.api = api;
        self
    }

    /// Whether to insert the [`MatchedRoute`](super::MatchedRoute) into the extensions of every request that a route covers;
    /// default false.
    ///
    /// Enable this for a service that dispatches by the matched route or reads path variables from it.
    pub fn insert_matched_route(mut self, inserts: bool) -> Self {
        self.settings.inserts_matched_route = inserts;
        self
    }

    pub(crate) fn paths_as_sent(mut self) -> Self {
        self.settings.policy = PathPolicy::AsSent;
        self
    }

    /// Builds the table.
    ///
    /// # Errors
    ///
    /// [`RouteTableError`] lists every mistake with the offending text: invalid route keys, scopes or stages, and duplicate
    /// routes.
    pub fn build(mut self) -> Result<RouteTable, RouteTableError> {
        match RouteTable::new(self.routes, self.settings) {
            Ok(table) if self.mistakes.is_empty() => return Ok(table),
            Ok(_) => {}
            Err(equal) => self.mistakes.extend(equal),
        }
        Err(RouteTableError::new(self.mistakes))
    }
}
