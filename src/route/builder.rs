//! Collects routes into a table.

use super::{
    InnerRouter, MatchRules, Route, RouteAuthorization, RouteKey, RouteKeyError, RouteTable, RouteTableError,
    RouteTableMistake,
    path::{PathPolicy, TrailingSlash},
    table::TableSettings,
};
use crate::scope::{ScopeError, ScopeSet};

/// Collects routes; [`build`](Self::build) reports all mistakes at once.
///
/// A route key is a text or a [`RouteKey`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RouteTableBuilder {
    routes: Vec<Route>,
    settings: TableSettings,
    mistakes: Vec<RouteTableMistake>,
}

impl RouteTable {
    /// An empty table to add routes to.
    pub fn builder() -> RouteTableBuilder {
        RouteTableBuilder::default()
    }
}

impl RouteTableBuilder {
    /// A route that any client may use: authorization type `NONE`.
    pub fn open(self, route_key: impl TryInto<RouteKey, Error: Into<RouteKeyError>>) -> Self {
        self.route(route_key, RouteAuthorization::open())
    }

    /// A route that takes an ID token, unless [`token_use`](crate::AuthorizerBuilder::token_use) says
    /// otherwise.
    pub fn guarded(self, route_key: impl TryInto<RouteKey, Error: Into<RouteKeyError>>) -> Self {
        self.route(route_key, RouteAuthorization::guarded())
    }

    /// A route that takes an access token with any one of these scopes.
    pub fn scopes<I>(self, route_key: impl TryInto<RouteKey, Error: Into<RouteKeyError>>, scopes: I) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        self.add(route_key, ScopeSet::new(scopes).map(RouteAuthorization::from), None)
    }

    /// A route with this rule.
    pub fn route(
        self,
        route_key: impl TryInto<RouteKey, Error: Into<RouteKeyError>>,
        authorization: RouteAuthorization,
    ) -> Self {
        self.add(route_key, Ok(authorization), None)
    }

    /// A route with this rule and the name of its authorizer, one of [`Authorizers`](crate::Authorizers).
    pub fn route_for_authorizer(
        self,
        authorizer: &str,
        route_key: impl TryInto<RouteKey, Error: Into<RouteKeyError>>,
        authorization: RouteAuthorization,
    ) -> Self {
        self.add(route_key, Ok(authorization), Some(authorizer))
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

    /// Expects every path to begin with this stage, or base path, and leaves it out of the comparison:
    /// with `prod`, the route `GET /pets` covers `/prod/pets`. A path without it is rejected.
    pub fn stage(mut self, stage: &str) -> Self {
        match stage.parse() {
            Ok(stage) => self.settings.stage = stage,
            Err(mistake) => self.mistakes.push(mistake),
        }
        self
    }

    /// What a slash at the end of a path means; by default it is ignored with
    /// [`AuthorizerType::CognitoUserPools`](crate::AuthorizerType) and significant with `Jwt`.
    pub fn trailing_slash(mut self, slash: TrailingSlash) -> Self {
        self.settings.trailing_slash = Some(slash);
        self
    }

    /// Whether a greedy variable at the root, `/{proxy+}`, covers `/` too; by default it does not
    /// ([behaviour §5.1.6](crate::docs::behaviour)).
    pub fn proxy_covers_root(mut self, covers: bool) -> Self {
        self.settings.proxy_covers_root = covers;
        self
    }

    /// Whether to reject every path with `%2f` or `;`, whatever route covers it. By default they are plain
    /// characters of a segment, as on API Gateway, where that makes no difference to the rule. For a
    /// service behind that has proxies of its own.
    pub fn strict_paths(mut self, strict: bool) -> Self {
        self.settings.policy = if strict { PathPolicy::Strict } else { PathPolicy::OneRule };
        self
    }

    /// Whether to call the inner service for a request that no route covers, without looking at any token, so that it
    /// can answer 404 itself. By default such a request is rejected.
    ///
    /// It still is rejected if the path is guarded for another method, and if it lacks the stage.
    pub fn hand_on_unknown_routes(mut self, hands_on: bool) -> Self {
        self.settings.hands_on_unknown = hands_on;
        self
    }

    /// How the inner service chooses between routes that cover the same request; by default
    /// [literal first](InnerRouter::LiteralFirst).
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

    /// Whether the inner service may take `/Admin` for `/admin`, as the routers of Express, Caddy and IIS do by default. Then a
    /// request is rejected with 400 if another rule covers its path once case is ignored. By default case counts for the inner
    /// service, as it does on API Gateway.
    pub fn ignore_case(mut self, ignore_case: bool) -> Self {
        self.settings.ignores_case = ignore_case;
        self
    }

    #[cfg(feature = "configuration")]
    pub(crate) fn with_settings(self, settings: TableSettings) -> Self {
        Self { settings, ..self }
    }

    /// Matches as an API with these rules does.
    pub(crate) fn match_rules(mut self, api: MatchRules) -> Self {
        self.settings.api = api;
        self
    }

    /// Whether to put the [`MatchedRoute`](super::MatchedRoute) into the extensions of every request that a route covers, for a
    /// service that dispatches by it or reads path variables from it. By default it does not.
    pub fn insert_matched_route(mut self, inserts: bool) -> Self {
        self.settings.inserts_matched_route = inserts;
        self
    }

    pub(crate) fn paths_as_sent(mut self) -> Self {
        self.settings.policy = PathPolicy::AsSent;
        self
    }

    /// The table.
    ///
    /// # Errors
    ///
    /// [`RouteTableError`] with every mistake and the text that holds it: bad route keys, scopes or stages, and routes that
    /// are the same.
    pub fn build(mut self) -> Result<RouteTable, RouteTableError> {
        match RouteTable::new(self.routes, self.settings) {
            Ok(table) if self.mistakes.is_empty() => return Ok(table),
            Ok(_) => {}
            Err(equal) => self.mistakes.extend(equal),
        }
        Err(RouteTableError::new(self.mistakes))
    }
}
