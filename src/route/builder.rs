//! Collects routes into a table.

use super::{
    InnerRouter, Route, RouteAuthorization, RouteKeyError, RouteTable, key,
    path::{PathPolicy, TrailingSlash},
    table::Settings,
};
use crate::scope::{ScopeError, ScopeSet};

/// Collects routes; [`build`](Self::build) says what is wrong with them.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RouteTableBuilder {
    routes: Vec<Route>,
    settings: Settings,
    error: Option<RouteTableError>,
}

impl RouteTableBuilder {
    /// A route that anyone may use: authorization type `NONE`.
    pub fn open(self, route_key: &str) -> Self {
        self.route(route_key, RouteAuthorization::None)
    }

    /// A route that takes an ID token, unless [`token_use`](crate::AuthorizerBuilder::token_use) says
    /// otherwise.
    pub fn token(self, route_key: &str) -> Self {
        self.route(route_key, RouteAuthorization::Token)
    }

    /// A route that takes an access token with any one of these scopes.
    pub fn scopes<I>(mut self, route_key: &str, scopes: I) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        match ScopeSet::new(scopes) {
            Ok(scopes) => self.route(route_key, RouteAuthorization::Scopes(scopes)),
            Err(reason) => {
                self.error.get_or_insert(RouteTableError::Scopes { route_key: route_key.to_owned(), reason });
                self
            }
        }
    }

    /// A route with a rule at hand.
    pub fn route(self, route_key: &str, authorization: RouteAuthorization) -> Self {
        self.add(route_key, authorization, None)
    }

    /// A route with a rule at hand and the name of the authorizer that it asks, one of [`Authorizers`](crate::Authorizers).
    pub fn route_of(self, authorizer: &str, route_key: &str, authorization: RouteAuthorization) -> Self {
        self.add(route_key, authorization, Some(authorizer))
    }

    fn add(mut self, route_key: &str, authorization: RouteAuthorization, authorizer: Option<&str>) -> Self {
        match route_key.parse() {
            Ok(key) => self.routes.push(Route::new(key, authorization, authorizer)),
            Err(error) => {
                self.error.get_or_insert(RouteTableError::RouteKey(error));
            }
        }
        self
    }

    /// Expects every path to begin with this stage, or base path, and leaves it out of the comparison:
    /// with `prod`, the route `GET /pets` covers `/prod/pets`. A path without it is refused.
    pub fn stage(mut self, stage: &str) -> Self {
        match key::parse_stage(stage) {
            Some(segments) => {
                self.settings.stage_name = segments.join("/").into();
                self.settings.stage = segments;
            }
            None => {
                self.error.get_or_insert(RouteTableError::Stage { stage: stage.to_owned() });
            }
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

    /// Refuses every path with `%2f` or `;`, whatever route it falls under. By default they are plain
    /// characters of a segment, as on API Gateway, where that makes no difference to the rule. For a
    /// service behind that has proxies of its own.
    pub fn strict_paths(mut self) -> Self {
        self.settings.policy = PathPolicy::Strict;
        self
    }

    /// Calls the service for a request that no route covers, without looking at any token, so that it
    /// can answer 404 itself. By default such a request is refused.
    ///
    /// It still is if the path is guarded for another method, and if it lacks the stage.
    pub fn hand_on_unknown_routes(mut self) -> Self {
        self.settings.hands_on_unknown = true;
        self
    }

    /// How the inner service chooses between routes that cover the same request; by default
    /// [literal first](InnerRouter::LiteralFirst).
    ///
    /// ```
    /// use cognito_authorizer::{InnerRouter, NoRoute, RouteTable};
    ///
    /// let routes = RouteTable::builder()
    ///     .open("GET /news/{id}")
    ///     .scopes("GET /{section}/drafts", ["drafts/read"])
    ///     .inner_router(InnerRouter::AnyOrder)
    ///     .build()?;
    /// // Which handler the service calls depends on the order in which it added them.
    /// assert_eq!(routes.find(&http::Method::GET, "/news/drafts"), Err(NoRoute::Ambiguous));
    /// # Ok::<(), cognito_authorizer::RouteTableError>(())
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

    /// Puts the [`MatchedRoute`](super::MatchedRoute) into the extensions of every request that a route covers, for a
    /// service that dispatches by it or reads path variables from it. By default it does not.
    pub fn insert_matched_route(mut self) -> Self {
        self.settings.inserts_matched_route = true;
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
    /// [`RouteTableError`] for the first mistake, with the text that holds it: a bad route key, a
    /// bad scope, a bad stage, or two routes that are the same.
    pub fn build(self) -> Result<RouteTable, RouteTableError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        RouteTable::new(self.routes, self.settings).map_err(|(first, second)| RouteTableError::Equal { first, second })
    }
}

/// What is wrong with a route table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteTableError {
    /// Two route keys cover the same requests: the names of path variables do not tell them apart.
    #[error("the routes `{first}` and `{second}` are the same: keep one")]
    Equal {
        /// The one that was added first.
        first: String,
        /// The one that was added later.
        second: String,
    },
    /// A route key cannot be read.
    #[error(transparent)]
    RouteKey(#[from] RouteKeyError),
    /// The stage cannot be the beginning of a path.
    #[error("`{stage}` is not a stage: expected one segment or more, such as `prod` or `api/v1`")]
    Stage {
        /// The text as it was given.
        stage: String,
    },
    /// The scopes of a route cannot be used.
    #[error("route `{route_key}`: {reason}")]
    Scopes {
        /// The route.
        route_key: String,
        /// What is wrong with its scopes.
        reason: ScopeError,
    },
}
