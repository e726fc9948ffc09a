//! Finds unreachable routes and routes that are probably not as intended.

use http::Method;

use super::{RouteLint, RouteLintKind};
use crate::{
    limits::{MAX_COMPARISONS, MAX_FINDINGS},
    route::{NoRoute, Route, RouteTable, conflicts::may_take, key::Segment, readings::FRESH},
};

impl RouteTable {
    /// Finds routes that are probably not as intended, although the table is valid.
    ///
    /// Reports unreachable routes, and routes that are open or require too little by accident. Returns at most 1000 findings.
    ///
    /// ```
    /// use cognito_authorizer::{RouteTable, route::RouteLintKind};
    ///
    /// let routes =
    ///     RouteTable::builder().scopes("GET /pets", ["pets/read"]).open("ANY /pets").build()?;
    /// assert_eq!(routes.lint()[0].kind(), RouteLintKind::OpenByAccident);
    /// # Ok::<(), cognito_authorizer::route::RouteTableError>(())
    /// ```
    pub fn lint(&self) -> Vec<RouteLint> {
        let mut found = self.form_lints();
        let longest = self.routes().iter().map(|route| route.segments().len()).max().unwrap_or(0);
        let mut steps = MAX_COMPARISONS;
        for route in self.routes() {
            if !self.is_reachable(route, longest, &mut steps) {
                found.push(lint(RouteLintKind::UnreachableRoute, route, None));
            } else if let Some((kind, other)) = self.openness(route, &mut steps) {
                found.push(lint(kind, route, Some(other)));
            }
            if asks_for_admin_scope_only(route) {
                found.push(lint(RouteLintKind::AdminScopeOnly, route, None));
            }
            if steps == 0 {
                found.push(lint(RouteLintKind::NotLookedAt, route, None));
                return found;
            }
        }
        let mut others = self.routes().iter();
        while let Some(route) = others.next() {
            steps = steps.saturating_sub(others.len());
            if steps == 0 {
                found.push(lint(RouteLintKind::NotLookedAt, route, None));
                return found;
            }
            for other in others.clone() {
                found.extend(self.pair(route, other));
                if found.len() >= MAX_FINDINGS {
                    found.truncate(MAX_FINDINGS);
                    return found;
                }
            }
        }
        found
    }

    /// Whether any request matches the route. Each variable is replaced by a segment that is not a literal of any route. If
    /// other routes match all of these paths, they match every other path of the route too.
    fn is_reachable(&self, route: &Route, longest: usize, steps: &mut usize) -> bool {
        let stage = self.stage();
        let prefix = if stage.is_empty() { String::new() } else { format!("/{stage}") };
        let fresh = |segment: &Segment| match segment {
            Segment::Literal(text) => format!("/{text}"),
            Segment::Variable | Segment::Greedy => format!("/{FRESH}"),
        };
        let path: String = route.segments().iter().map(fresh).collect();
        // The text of a greedy variable may be longer than every other route, so longer paths are tried too.
        let is_open_ended = route.segments().ends_with(&[Segment::Greedy]);
        let longest = if is_open_ended { longest } else { 0 };
        let longer = (0..=longest).map(|more| format!("{prefix}{path}{}", format!("/{FRESH}").repeat(more)));
        // The root has no segment, and it is possible that no other route matches a slash at the end.
        let root = is_everything(route).then(|| prefix.clone());
        let mut paths = root.into_iter().chain(longer).flat_map(|path| {
            let with_slash = format!("{path}/");
            if path.is_empty() { vec![with_slash] } else { vec![path, with_slash] }
        });
        paths.any(|path| {
            // A path that is not checked counts as reachable.
            let is_it = |method: &Method| {
                *steps = steps.saturating_sub(path.len());
                if *steps == 0 {
                    return true;
                }
                let chosen = self.choose(method, &path);
                chosen.is_ok_and(|chosen| chosen.is_some_and(|chosen| chosen.place() == route.place()))
            };
            route.methods().iter().any(is_it)
        })
    }

    /// Returns the kind of finding for an open route that looks as if it should be guarded, and the guarded route that suggests
    /// so.
    fn openness(&self, route: &Route, steps: &mut usize) -> Option<(RouteLintKind, &Route)> {
        let guarded = || self.routes().iter().filter(|other| !other.is_open());
        if !route.is_open() || is_preflight(route) {
            return None;
        }
        *steps = steps.saturating_sub(self.routes().len());
        if is_everything(route) {
            return guarded().next().map(|other| (RouteLintKind::OpenDefault, other));
        }
        let is_around = |other: &&Route| !is_everything(other) && covers(other, route);
        let is_beside = |other: &&Route| changes_something(route) && other.segments() == route.segments();
        let other = guarded().find(is_around).or_else(|| guarded().find(is_beside));
        if let Some(other) = other {
            return Some((RouteLintKind::OpenByAccident, other));
        }
        let is_greedy = route.segments().ends_with(&[Segment::Greedy]);
        let is_within = |other: &&Route| is_greedy && route.shares_method(other) && route.covers_path(other);
        guarded().find(is_within).map(|other| (RouteLintKind::OpenCatchAll, other))
    }

    /// Finds a problem with two routes together.
    fn pair(&self, one: &Route, other: &Route) -> Option<RouteLint> {
        if !one.overlaps(other) || one.has_same_rule(other) {
            return None;
        }
        let conflict = self.conflict(one, other).or_else(|| self.conflict(other, one));
        conflict.or_else(|| {
            let applies_first = one.precedence(self.rules) < other.precedence(self.rules);
            if applies_first { oddity(one, other) } else { oddity(other, one) }
        })
    }

    /// Finds a request for which API Gateway chooses `route`, but which the inner service may hand to `other`.
    fn conflict(&self, route: &Route, other: &Route) -> Option<RouteLint> {
        if !may_take(self.settings.inner_router, route, other, self.rules) {
            return None;
        }
        let method = route.methods().iter().find(|method| other.methods().contains(method))?;
        let stage = Some(self.stage()).filter(|stage| !stage.is_empty()).map(|stage| format!("/{stage}"));
        // More specific routes may match some of these requests or all of them, so several values are tried.
        let witness = VALUES.iter().find_map(|value| {
            let path = format!("{}{}", stage.as_deref().unwrap_or_default(), shared_path(route, other, value));
            let found = self.find(method, &path).err();
            let chosen = self.choose(method, &path).ok().flatten();
            let holds =
                found == Some(NoRoute::Ambiguous) && chosen.is_some_and(|chosen| chosen.place() == route.place());
            holds.then(|| format!("{method} {path}"))
        })?;
        let lint = lint(RouteLintKind::OrderConflict, route, Some(other));
        Some(RouteLint { witness: Some(witness), ..lint })
    }
}

/// Readable values for path variables; there are several, since a table may use some of them as literals.
const VALUES: [&str; 4] = ["x", "1", "value", "7f9c2b"];

/// Returns a path that both routes cover.
fn shared_path(one: &Route, other: &Route, value: &str) -> String {
    let (mut one, mut other) = (one.segments().iter(), other.segments().iter());
    let mut path = String::new();
    let (mut last_one, mut last_other) = (None, None);
    loop {
        // A greedy variable matches any segment of the other route.
        let greedy = |last: Option<&Segment>| last.filter(|last| **last == Segment::Greedy).cloned();
        let (next_one, next_other) = (one.next(), other.next());
        if next_one.is_none() && next_other.is_none() {
            return path;
        }
        last_one = next_one.cloned().or_else(|| greedy(last_one.as_ref()));
        last_other = next_other.cloned().or_else(|| greedy(last_other.as_ref()));
        path.push('/');
        path.push_str(match (&last_one, &last_other) {
            (Some(Segment::Literal(text)), _) | (_, Some(Segment::Literal(text))) => text,
            _ => value,
        });
    }
}

/// Finds a problem with two routes without an order conflict. The first route applies to requests that both routes cover.
fn oddity(one: &Route, other: &Route) -> Option<RouteLint> {
    for (inner, outer) in [(one, other), (other, one)] {
        if covers(outer, inner) {
            let is_other = !inner.is_open() && !outer.is_open() && inner.authorizer() != outer.authorizer();
            let kind = match (is_everything(outer), is_other, asks_for_less(inner, outer)) {
                (false, true, _) => RouteLintKind::OtherAuthorizer,
                (false, false, true) => RouteLintKind::ShadowedRoute,
                _ => return None,
            };
            return Some(lint(kind, inner, Some(outer)));
        }
    }
    // A path within another path is more specific; on the same path, the methods distinguish the routes.
    let is_within = |inner: &Route, outer: &Route| outer.segments() == inner.segments() || outer.covers_path(inner);
    let is_clear = is_within(one, other) || is_within(other, one);
    (!is_clear).then(|| lint(RouteLintKind::AmbiguousPattern, one, Some(other)))
}

fn lint(kind: RouteLintKind, route: &Route, other: Option<&Route>) -> RouteLint {
    let other = other.map(|other| other.key().clone());
    RouteLint { kind, route_key: route.key().clone(), other, witness: None }
}

/// Whether every request for `inner` would match `outer` if `inner` did not exist.
fn covers(outer: &Route, inner: &Route) -> bool {
    outer.segments() != inner.segments() && outer.covers(inner)
}

/// Whether the route covers everything that no other route covers.
fn is_everything(route: &Route) -> bool {
    matches!(route.segments(), [Segment::Greedy])
}

fn is_preflight(route: &Route) -> bool {
    route.method() == Some(&Method::OPTIONS)
}

fn changes_something(route: &Route) -> bool {
    // A response to HEAD reveals information about the resource that GET guards.
    route.method().is_none_or(|method| ![Method::GET, Method::OPTIONS].contains(method))
}

/// Whether `inner` requires less than `outer`, given different rules: more scopes, any one of which is enough, or no scope.
fn asks_for_less(inner: &Route, outer: &Route) -> bool {
    // Open routes have their own lints.
    if inner.is_open() {
        return false;
    }
    match (inner.authorization().scopes(), outer.authorization().scopes()) {
        (None, Some(_)) => true,
        (Some(inner), Some(outer)) => outer.iter().all(|scope| inner.iter().any(|own| own.as_str() == scope.as_str())),
        (_, None) => false,
    }
}

fn asks_for_admin_scope_only(route: &Route) -> bool {
    let scopes = route.authorization().scopes();
    scopes.is_some_and(|scopes| scopes.iter().all(|scope| scope.as_str() == ADMIN_SCOPE))
}

/// The scope of tokens from the sign-in API of Cognito.
const ADMIN_SCOPE: &str = "aws.cognito.signin.user.admin";
