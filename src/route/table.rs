//! Stores the routes of an API and finds the rule for a request.

use http::Method;

use crate::error_text::debug_as_display;

use smallvec::SmallVec;

use super::{
    InnerRouter, Route,
    conflicts::Conflicts,
    error::RouteTableMistake,
    marks::Marks,
    path::{self, MatchRules, PathError, PathPolicy, TrailingSlash},
    stage::Stage,
    tree::{Case, Tree},
};

/// A set of routes and the authorization that each route requires.
///
/// A request that no route covers is rejected, unless configured otherwise.
///
/// A route key is a method and a path, such as `GET /pets/{id}`. The method is in capitals; `ANY` stands for DELETE, GET, HEAD,
/// OPTIONS, PATCH, POST and PUT. A path variable, `{name}`, is a whole segment. A variable in the last segment may be greedy,
/// `{name+}`, and then matches one segment or more. `$default` covers every path.
///
/// The rule of the most specific route applies. Paths are compared segment by segment from the left:
///
/// 1. A literal segment comes before a path variable, and a path variable before a greedy one. On an HTTP API, a route
///    without a greedy variable comes before every route with one.
/// 2. A route without the method of the request gives way to the next one.
/// 3. The exact method comes before `ANY` on the same path.
/// 4. `$default` applies if no other route matches.
///
/// Paths are compared as sent and with case. A slash at the end is ignored, except on an HTTP API. A path is rejected if the
/// inner service could read it as a path with another rule. Sources: [behaviour §5.1 and §10](crate::docs::behaviour).
///
/// ```
/// use cognito_authorizer::RouteTable;
/// use http::Method;
///
/// let routes = RouteTable::builder()
///     .open("GET /health")
///     .scopes("GET /pets/{id}", ["pets/read"])
///     .scopes("ANY /admin/{proxy+}", ["pets/admin"])
///     .guarded("$default")
///     .build()?;
/// assert_eq!(routes.find(&Method::GET, "/health"), Ok(Some(&routes.routes()[0])));
/// assert_eq!(routes.find(&Method::GET, "/other"), Ok(Some(&routes.routes()[3])));
/// # Ok::<(), cognito_authorizer::route::RouteTableError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RouteTable {
    routes: Vec<Route>,
    tree: Tree,
    /// The same routes with literals in lower case, if the table also compares paths without regard to case.
    folded: Option<Tree>,
    /// Whether a literal or the stage contains an upper-case letter.
    has_upper_case: bool,
    conflicts: Conflicts,
    /// The match rules of the API, with the configured meaning of a slash at the end.
    pub(super) rules: MatchRules,
    pub(super) settings: TableSettings,
}

/// The settings by which a table reads paths and handles unknown routes.
#[derive(Clone, Debug, Default)]
pub(crate) struct TableSettings {
    /// How the API matches routes.
    pub(crate) api: MatchRules,
    /// `None` uses the default of the authorizer type.
    pub(crate) trailing_slash: Option<TrailingSlash>,
    pub(crate) policy: PathPolicy,
    pub(crate) stage: Stage,
    pub(crate) proxy_covers_root: bool,
    pub(crate) hands_on_unknown: bool,
    pub(crate) inner_router: InnerRouter,
    pub(crate) ignores_case: bool,
    pub(crate) inserts_matched_route: bool,
}

impl RouteTable {
    /// Creates a table of these routes. Returns an error for each pair of duplicate routes.
    pub(super) fn new(routes: Vec<Route>, settings: TableSettings) -> Result<Self, Vec<RouteTableMistake>> {
        let routes: Vec<Route> = routes.into_iter().enumerate().map(|(place, route)| route.at(place)).collect();
        let mut tree = Tree::new(settings.proxy_covers_root);
        let mut equal = Vec::new();
        for route in &routes {
            if let Err(earlier) = tree.insert(route.pattern(), route.place()) {
                let first = routes.get(earlier).map(|earlier| earlier.key().to_string()).unwrap_or_default();
                equal.push(RouteTableMistake::Equal { first, second: route.key().to_string() });
            }
        }
        if !equal.is_empty() {
            return Err(equal);
        }
        let folded = settings.ignores_case.then(|| {
            let mut folded = Tree::new(settings.proxy_covers_root);
            for route in &routes {
                // The tree keeps routes that differ only by case, so the error does not matter here.
                let _ = folded.insert(&route.pattern().in_lower_case(), route.place());
            }
            folded
        });
        let has_upper_case = |text: &str| text.bytes().any(|byte| byte.is_ascii_uppercase());
        let literals = routes.iter().flat_map(|route| route.pattern().literals());
        let has_upper_case = literals.chain([settings.stage.name()]).any(has_upper_case);
        let trailing_slash = settings.trailing_slash.unwrap_or(settings.api.trailing_slash);
        let rules = MatchRules { trailing_slash, ..settings.api };
        let conflicts = Conflicts::of(&routes, &tree, settings.inner_router, rules);
        Ok(Self { routes, tree, folded, has_upper_case, conflicts, rules, settings })
    }

    /// The routes, in the order in which they were added.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The routes, more specific ones first: of two routes that cover a request, the one that applies comes first.
    ///
    /// ```
    /// use cognito_authorizer::RouteTable;
    ///
    /// let routes = RouteTable::builder()
    ///     .guarded("$default")
    ///     .open("GET /{page}")
    ///     .open("GET /health")
    ///     .build()?;
    /// let keys: Vec<&str> =
    ///     routes.by_precedence().into_iter().map(|route| route.key().as_str()).collect();
    /// assert_eq!(keys, ["GET /health", "GET /{page}", "$default"]);
    /// # Ok::<(), cognito_authorizer::route::RouteTableError>(())
    /// ```
    pub fn by_precedence(&self) -> Vec<&Route> {
        let mut routes: Vec<&Route> = self.routes.iter().collect();
        routes.sort_by(|one, other| one.precedence(self.rules).cmp(&other.precedence(self.rules)));
        routes
    }

    /// Whether the table is for a REST API.
    pub(super) fn is_rest_api(&self) -> bool {
        !self.rules.full_match_first
    }

    /// Whether the table is for an API with these match rules.
    pub(crate) fn is_for(&self, api: MatchRules) -> bool {
        self.settings.api == api
    }

    /// Whether the table forwards requests that no route covers, without verifying a token.
    pub fn hands_on_unknown_routes(&self) -> bool {
        self.settings.hands_on_unknown
    }

    /// Whether the layer inserts the [`MatchedRoute`](super::MatchedRoute) into the extensions of a request.
    pub(crate) fn inserts_matched_route(&self) -> bool {
        self.settings.inserts_matched_route || self.settings.inner_router == InnerRouter::MatchedRoute
    }

    /// The stage, or base path, that every path must begin with; empty if none is configured.
    pub fn stage(&self) -> &str {
        self.settings.stage.name()
    }

    /// Returns the route that API Gateway would choose for a path as sent; `None` if the request is forwarded without a route.
    pub(super) fn choose(&self, method: &Method, path: &str) -> Result<Option<&Route>, NoRoute> {
        let segments = path::segments(path)?;
        let segments = match self.rules.trailing_slash {
            TrailingSlash::Ignored => path::without_slash_at_end(&segments),
            TrailingSlash::Significant => &segments,
        };
        let segments = path::without_slashes_at_start(segments);
        let segments = self.below_stage(segments, Case::Sensitive).ok_or(NoRoute::UnknownStage)?;
        // Several slashes after the stage also count as one (behaviour §5.1.8).
        let segments =
            if self.settings.stage.segments().is_empty() { segments } else { path::without_slashes_at_start(segments) };
        match self.tree.first(method, segments, self.rules.order()) {
            Some(found) => Ok(self.routes.get(found.place)),
            None if self.hands_on(Case::Sensitive, segments) => Ok(None),
            None => Err(NoRoute::NotFound),
        }
    }

    /// Whether the inner service may hand a plain request for this route to a route with another rule.
    pub(super) fn may_be_taken(&self, route: &Route) -> bool {
        match self.settings.inner_router {
            InnerRouter::LiteralFirst | InnerRouter::AnyOrder => self.conflicts.are_at(route.place()),
            InnerRouter::MatchedRoute => false,
        }
    }

    /// Whether a path with these marks must also be compared without regard to case.
    pub(super) fn ignores_case_of(&self, marks: Marks) -> bool {
        self.folded.is_some() && (self.has_upper_case || marks.has_any(Marks::CASED))
    }

    /// Whether the path in lower case has the chosen route too, for an inner service with `InnerRouter::AnyOrder`. If so, the
    /// path needs no comparison without regard to case; this is true of most IDs with capital letters.
    pub(super) fn is_chosen_in_small_letters(&self, chosen: Option<&Route>, method: &Method, path: &str) -> bool {
        // Non-ASCII letters can be folded in more than one way. For other routers, every order is compared once case is
        // ignored.
        if self.has_upper_case || self.settings.inner_router != InnerRouter::AnyOrder || !path.is_ascii() {
            return false;
        }
        let mut small: SmallVec<[u8; 128]> = SmallVec::from_slice(path.as_bytes());
        small.make_ascii_lowercase();
        let same = |found: Option<&Route>| found.map(Route::place) == chosen.map(Route::place);
        std::str::from_utf8(&small).is_ok_and(|small| self.choose(method, small).is_ok_and(same))
    }

    pub(super) fn tree(&self, case: Case) -> &Tree {
        self.folded.as_ref().filter(|_| case == Case::Ignored).unwrap_or(&self.tree)
    }

    /// Returns the segments after the stage; `None` if the path does not begin with the stage.
    pub(super) fn below_stage<'s, 'p>(&self, segments: &'s [&'p str], case: Case) -> Option<&'s [&'p str]> {
        let stage_segments = self.settings.stage.segments();
        if stage_segments.is_empty() {
            return Some(segments);
        }
        let (stage, below) = segments.split_at_checked(stage_segments.len())?;
        let is_own = |(sent, own): (&str, &str)| match case {
            Case::Sensitive => sent == own,
            Case::Ignored => sent.eq_ignore_ascii_case(own),
        };
        if !stage.iter().copied().zip(stage_segments.iter().map(|own| &**own)).all(is_own) {
            return None;
        }
        // A lone slash after the stage is the root.
        Some(if *below == [""] { &[] } else { below })
    }
}

/// The reason why no rule applies to a request.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoRoute {
    /// The inner service could match the request to another rule, because of the path, the method or the order of routes.
    #[error("the request is ambiguous: another rule may cover it")]
    Ambiguous,
    /// The path does not begin with the stage of the table.
    #[error("the path does not begin with the stage")]
    UnknownStage,
    /// No route covers the method and path.
    #[error("no route covers the request")]
    NotFound,
}

debug_as_display!(NoRoute);

impl From<PathError> for NoRoute {
    fn from(error: PathError) -> Self {
        match error {
            PathError::NotAPath => Self::NotFound,
            PathError::Ambiguous => Self::Ambiguous,
        }
    }
}

#[cfg(test)]
impl RouteTable {
    /// The same routes and settings in another API.
    pub(super) fn under(&self, api: MatchRules) -> Self {
        Self::new(self.routes.clone(), TableSettings { api, ..self.settings.clone() }).unwrap()
    }
}
