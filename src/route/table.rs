//! The route table: many route keys, one answer.

use http::Method;

use super::{
    Route, RouteAuthorization, RouteTableBuilder,
    key::{ANY, Pattern},
    path::{self, MatchRules, PathError, PathPolicy, TrailingSlash},
    tree::{Found, Greedy, Node, Place},
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
/// use cognito_authorizer::{RouteAuthorization, RouteTable};
///
/// let routes = RouteTable::builder()
///     .open("GET /health")
///     .scopes("GET /pets/{id}", ["pets/read"])
///     .scopes("ANY /admin/{proxy+}", ["pets/admin"])
///     .token("$default")
///     .build()?;
/// assert_eq!(routes.find(&http::Method::GET, "/health"), Ok(&RouteAuthorization::None));
/// assert_eq!(routes.find(&http::Method::GET, "/other"), Ok(&RouteAuthorization::Token));
/// # Ok::<(), cognito_authorizer::RouteTableError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RouteTable {
    routes: Vec<Route>,
    root: Node,
    default: Option<Place>,
    settings: Settings,
}

/// How a table reads paths, and what it does with what it does not know.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// `None`: as the authorizer type has it.
    pub(super) trailing_slash: Option<TrailingSlash>,
    pub(super) policy: PathPolicy,
    /// Its segments, and the whole of it.
    pub(super) stage: Vec<Box<str>>,
    pub(super) stage_name: Box<str>,
    pub(super) proxy_covers_root: bool,
    pub(super) hands_on_unknown: bool,
    pub(super) inserts_matched_route: bool,
}

impl RouteTable {
    /// An empty table to add routes to.
    pub fn builder() -> RouteTableBuilder {
        RouteTableBuilder::default()
    }

    /// A table of these routes; if two of them are the same, the keys of both.
    pub(super) fn new(routes: Vec<Route>, settings: Settings) -> Result<Self, (String, String)> {
        let mut table = Self { routes: Vec::new(), root: Node::default(), default: None, settings };
        for (place, route) in routes.into_iter().enumerate() {
            let added = match route.pattern() {
                Pattern::Default => match table.default.replace(place) {
                    None => Ok(()),
                    Some(earlier) => Err(earlier),
                },
                Pattern::Path { method, segments } => table.root.methods(segments).insert(method, place),
            };
            if let Err(earlier) = added {
                let earlier = table.routes.get(earlier).map(Route::key).unwrap_or_default();
                return Err((earlier.to_owned(), route.key().to_owned()));
            }
            table.routes.push(route.at(place));
        }
        Ok(table)
    }

    /// The rule for a method and a path, without query, as it was sent; by the rules of a REST API,
    /// unless a setting says otherwise. [`RouteAuthorization::None`] also for a request that is to be
    /// handed on.
    ///
    /// # Errors
    ///
    /// [`NoRoute::NotFound`] if no route covers the request; [`NoRoute::UnknownStage`] if it lacks the stage;
    /// [`NoRoute::Ambiguous`] if the service behind could take the path for another one, and that one falls
    /// under another rule (see the [attack list](crate::docs::attacks), T-PTH-1).
    pub fn find(&self, method: &Method, path: &str) -> Result<&RouteAuthorization, NoRoute> {
        let route = self.find_route(method, path, path::REST)?;
        Ok(route.map_or(&RouteAuthorization::None, |route| route.authorization()))
    }

    /// The routes, in the order in which they were added.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The routes, more specific ones first.
    #[cfg(feature = "configuration")]
    pub(crate) fn by_precedence(&self, rules: MatchRules) -> Vec<&Route> {
        let mut routes: Vec<&Route> = self.routes.iter().collect();
        routes.sort_by(|one, other| one.precedence(rules).cmp(&other.precedence(rules)));
        routes
    }

    /// Whether requests that no route covers are handed on, without a look at any token.
    pub fn hands_on_unknown_routes(&self) -> bool {
        self.settings.hands_on_unknown
    }

    /// Whether the layer puts the [`MatchedRoute`](super::MatchedRoute) into the extensions of a request.
    pub(crate) fn inserts_matched_route(&self) -> bool {
        self.settings.inserts_matched_route
    }

    /// The stage, or base path, that every path begins with; empty if there is none.
    pub fn stage(&self) -> &str {
        &self.settings.stage_name
    }

    /// The route for a request; `None` if there is none and it is to be handed on.
    pub(crate) fn find_route(&self, method: &Method, path: &str, rules: MatchRules) -> Result<Option<&Route>, NoRoute> {
        let trailing_slash = self.settings.trailing_slash.unwrap_or(rules.trailing_slash);
        let rules = MatchRules { trailing_slash, ..rules };
        // `None`: nothing is asked for, since the request is handed on.
        let found = match self.find_as_sent(method, path, rules) {
            Ok(route) => Some(route),
            Err(NoRoute::NotFound) if self.hands_on(path, rules) => None,
            Err(no_route) => return Err(no_route),
        };
        let is_open = found.is_none_or(Route::is_open);
        let has_same_rule = |other: &Route| found.map_or(other.is_open(), |found| found.has_same_rule(other));
        // Where no route is for HEAD, many services answer with what they have for GET.
        let guarded_get = |reading: &str, rules: MatchRules| {
            let get = || self.find_as_sent(&Method::GET, reading, rules).ok();
            if *method == Method::HEAD { get().filter(|get| !get.is_open()) } else { None }
        };
        let holds = |reading: &str, rules: MatchRules| match self.find_as_sent(method, reading, rules) {
            Ok(other) => has_same_rule(other),
            // An open rule must not stand in for a refusal. A guarded one may: its token was seen.
            Err(NoRoute::NotFound) => match guarded_get(reading, rules) {
                Some(get) => has_same_rule(get),
                None => !is_open || self.hands_on(reading, rules),
            },
            Err(NoRoute::UnknownStage) => !is_open,
            Err(NoRoute::Ambiguous) => false,
        };
        // Some services ignore a slash at the end where the table does not, and the other way round.
        let either_slash = |reading: &str| match (trailing_slash, reading.strip_suffix('/')) {
            _ if self.settings.policy == PathPolicy::AsSent => true,
            (_, None | Some("")) => true,
            (TrailingSlash::Significant, Some(rest)) => holds(rest, rules),
            (TrailingSlash::Ignored, Some(_)) => {
                let significant = MatchRules { trailing_slash: TrailingSlash::Significant, ..rules };
                let other = self.find_as_sent(method, reading, significant).ok();
                match other.or_else(|| guarded_get(reading, significant)) {
                    Some(other) => has_same_rule(other),
                    None => found.is_some() || self.hands_on(reading, significant),
                }
            }
        };
        // The first reading is the path as it was sent.
        let readings = path::readings(path, self.settings.policy).map_err(|_| NoRoute::Ambiguous)?;
        let mut others = readings.iter().skip(1);
        let one_rule = either_slash(path) && others.all(|other| holds(other, rules) && either_slash(other));
        if one_rule { Ok(found) } else { Err(NoRoute::Ambiguous) }
    }

    fn find_as_sent(&self, method: &Method, path: &str, rules: MatchRules) -> Result<&Route, NoRoute> {
        let segments = match path::segments(path, rules.trailing_slash, self.settings.policy) {
            Ok(segments) => segments,
            Err(PathError::NotAPath) => return Err(NoRoute::NotFound),
            Err(PathError::Ambiguous) => return Err(NoRoute::Ambiguous),
        };
        let segments = self.below_stage(&segments).ok_or(NoRoute::UnknownStage)?;
        let found = self.find_segments(method, segments, rules);
        // Many services answer HEAD with what they have for GET: then a rule that guards GET has to hold.
        if *method == Method::HEAD && !found.is_some_and(|found| found.is_exact) {
            let route = |found: Found| self.routes.get(found.place);
            let get = self.find_segments(&Method::GET, segments, rules).and_then(route);
            let holds = |get: &Route| found.and_then(route).is_some_and(|own| own.has_same_rule(get));
            if get.is_some_and(|get| !get.is_open() && !holds(get)) {
                return Err(NoRoute::NotFound);
            }
        }
        found.and_then(|found| self.routes.get(found.place)).ok_or(NoRoute::NotFound)
    }

    /// Whether a request that no route covers is for the service to answer: if that is wanted, and the
    /// path is guarded for no method. A service may answer a method that the table does not know.
    fn hands_on(&self, path: &str, rules: MatchRules) -> bool {
        if !self.settings.hands_on_unknown {
            return false;
        }
        self.holds_for_each_method(path, rules, Route::is_open)
    }

    /// Whether a path that has no route for some method is guarded for another one, by another rule than a route has,
    /// however it is read. Then that route does not speak for it.
    #[cfg(feature = "axum")]
    pub(crate) fn guards_otherwise(&self, path: &str, rules: MatchRules, route: &Route) -> bool {
        let Ok(readings) = path::readings(path, self.settings.policy) else { return true };
        let holds = |reading: &str, trailing_slash: TrailingSlash| {
            let rules = MatchRules { trailing_slash, ..rules };
            self.holds_for_each_method(reading, rules, |other| other.is_open() || other.has_same_rule(route))
        };
        // The first reading is the path itself, but a plain path has none.
        let mut all = std::iter::once(path).chain(readings.iter().skip(1).map(String::as_str));
        !all.all(|reading| holds(reading, TrailingSlash::Ignored) && holds(reading, TrailingSlash::Significant))
    }

    /// Whether this is so of each route that covers a path for some method; of a path that cannot be looked up nothing is.
    fn holds_for_each_method(&self, path: &str, rules: MatchRules, is_so: impl Fn(&Route) -> bool) -> bool {
        let Ok(segments) = path::segments(path, rules.trailing_slash, self.settings.policy) else { return false };
        let Some(segments) = self.below_stage(&segments) else { return false };
        let route = |method| self.find_segments(method, segments, rules).and_then(|found| self.routes.get(found.place));
        ANY.iter().filter_map(route).all(is_so)
    }

    /// The segments after the stage.
    fn below_stage<'s, 'p>(&self, segments: &'s [&'p str]) -> Option<&'s [&'p str]> {
        if self.settings.stage.is_empty() {
            return Some(segments);
        }
        let (stage, mut below) = segments.split_at_checked(self.settings.stage.len())?;
        if stage.iter().zip(&self.settings.stage).any(|(sent, own)| **sent != **own) {
            return None;
        }
        // Slashes after the stage count as one (behaviour §5.1.8).
        while let ["", rest @ ..] = below {
            below = rest;
        }
        Some(below)
    }

    fn find_segments(&self, method: &Method, segments: &[&str], rules: MatchRules) -> Option<Found> {
        let root = || self.root.greedy.find(method).filter(|_| segments.is_empty() && self.settings.proxy_covers_root);
        let default = || Some(Found { place: self.default.filter(|_| ANY.contains(method))?, is_exact: false });
        let full = rules.full_match_first.then(|| self.root.find(method, segments, Greedy::Skipped)).flatten();
        full.or_else(|| self.root.find(method, segments, Greedy::Matched)).or_else(root).or_else(default)
    }
}

/// Why no rule applies to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoRoute {
    /// The path means different things to different readers.
    #[error("the path is ambiguous")]
    Ambiguous,
    /// The path does not begin with the stage of the table.
    #[error("the path does not begin with the stage")]
    UnknownStage,
    /// No route covers the method and path.
    #[error("no route covers the request")]
    NotFound,
}
