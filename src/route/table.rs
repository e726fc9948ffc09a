//! The route table: many route keys, one answer.

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

/// Route keys and what each asks for. A request that no route covers is refused.
///
/// A route key is a method in capitals, or `ANY`, which stands for DELETE, GET, HEAD, OPTIONS, PATCH,
/// POST and PUT, and a path: `GET /pets/{id}`. A path variable, `{name}`, is a whole segment; the last
/// one may be greedy, `{name+}`, and then takes one segment or more. `$default` covers every path.
///
/// The rule of the most specific route applies, compared segment by segment from the left:
///
/// 1. a literal segment before a path variable before a greedy one; on an HTTP API a route without
///    greedy variable before every one that has it;
/// 2. a route that has no method for the request gives way to the next one;
/// 3. the exact method before `ANY` on the same path;
/// 4. `$default` when nothing else matches.
///
/// Paths are compared as they were sent, with case; a slash at the end is ignored, but not on an HTTP
/// API. A path that the service behind could take for one with another rule is refused. Sources:
/// [behaviour §5.1 and §10](crate::docs::behaviour).
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
    /// The same routes with their literals in lower case, if paths are also compared without regard to case.
    folded: Option<Tree>,
    /// Whether a literal or the stage has an upper case.
    has_upper_case: bool,
    conflicts: Conflicts,
    /// Those of the API, or as the settings have it.
    pub(super) rules: MatchRules,
    pub(super) settings: TableSettings,
}

/// How a table reads paths, and what it does with what it does not know.
#[derive(Clone, Debug, Default)]
pub(crate) struct TableSettings {
    /// How the API matches routes.
    pub(crate) api: MatchRules,
    /// `None`: as the authorizer type has it.
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
    /// A table of these routes; an error for each pair of routes that are the same.
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
                // Routes that differ by case alone are all kept.
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

    /// The routes, more specific ones first: of two that cover a request, the one that applies comes before the other.
    ///
    /// ```
    /// use cognito_authorizer::RouteTable;
    ///
    /// let routes = RouteTable::builder().guarded("$default").open("GET /{page}").open("GET /health").build()?;
    /// let keys: Vec<&str> = routes.by_precedence().into_iter().map(|route| route.key().as_str()).collect();
    /// assert_eq!(keys, ["GET /health", "GET /{page}", "$default"]);
    /// # Ok::<(), cognito_authorizer::route::RouteTableError>(())
    /// ```
    pub fn by_precedence(&self) -> Vec<&Route> {
        let mut routes: Vec<&Route> = self.routes.iter().collect();
        routes.sort_by(|one, other| one.precedence(self.rules).cmp(&other.precedence(self.rules)));
        routes
    }

    /// Whether it matches as an API with these rules does.
    pub(crate) fn is_for(&self, api: MatchRules) -> bool {
        self.settings.api == api
    }

    /// Whether requests that no route covers are handed on, without a look at any token.
    pub fn hands_on_unknown_routes(&self) -> bool {
        self.settings.hands_on_unknown
    }

    /// Whether the layer puts the [`MatchedRoute`](super::MatchedRoute) into the extensions of a request.
    pub(crate) fn inserts_matched_route(&self) -> bool {
        self.settings.inserts_matched_route || self.settings.inner_router == InnerRouter::MatchedRoute
    }

    /// The stage, or base path, that every path begins with; empty if there is none.
    pub fn stage(&self) -> &str {
        self.settings.stage.name()
    }

    /// The route that API Gateway would choose for a path as it was sent; `None` if the request is to be handed on.
    pub(super) fn choose(&self, method: &Method, path: &str) -> Result<Option<&Route>, NoRoute> {
        let segments = path::segments(path)?;
        let segments = match self.rules.trailing_slash {
            TrailingSlash::Ignored => path::without_slash_at_end(&segments),
            TrailingSlash::Significant => &segments,
        };
        let segments = path::without_slashes_at_start(segments);
        let segments = self.below_stage(segments, Case::Sensitive).ok_or(NoRoute::UnknownStage)?;
        // Also after the stage (behaviour §5.1.8).
        let segments =
            if self.settings.stage.segments().is_empty() { segments } else { path::without_slashes_at_start(segments) };
        match self.tree.first(method, segments, self.rules.order()) {
            Some(found) => Ok(self.routes.get(found.place)),
            None if self.hands_on(Case::Sensitive, segments) => Ok(None),
            None => Err(NoRoute::NotFound),
        }
    }

    /// Whether the inner service may hand a plain request for this route to one with another rule.
    pub(super) fn may_be_taken(&self, route: &Route) -> bool {
        match self.settings.inner_router {
            InnerRouter::LiteralFirst | InnerRouter::AnyOrder => self.conflicts.are_at(route.place()),
            InnerRouter::MatchedRoute => false,
        }
    }

    /// Whether a path with these marks is to be compared without regard to case too.
    pub(super) fn ignores_case_of(&self, marks: Marks) -> bool {
        self.folded.is_some() && (self.has_upper_case || marks.has_any(Marks::CASED))
    }

    /// Whether the route that was chosen is also that of the path in small letters, for an inner service with an order of its
    /// own. Then it answers for that path as for any other plain one, and most ids with capitals need no closer look.
    pub(super) fn is_chosen_in_small_letters(&self, chosen: Option<&Route>, method: &Method, path: &str) -> bool {
        // Other letters are folded in more than one way, and other routers are asked about every order once case is ignored.
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

    /// The segments after the stage.
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
        // The slash after the stage is the root.
        Some(if *below == [""] { &[] } else { below })
    }
}

/// Why no rule applies to a request.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoRoute {
    /// The inner service could take the request for one with another rule, by its path, its method or the order of its routes.
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
