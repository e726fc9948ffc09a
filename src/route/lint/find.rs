//! Finds what is odd about a route table.

use http::Method;

use super::{RouteLint, RouteLintKind};
use crate::{
    limits::{MAX_COMPARISONS, MAX_FINDINGS},
    route::{NoRoute, Route, RouteTable, conflicts::may_take, key::Segment, readings::FRESH},
};

impl RouteTable {
    /// Finds what is odd about the table, though it can be used: routes that nothing reaches, and routes that are open, or
    /// ask for less, by accident; at most a thousand findings.
    ///
    /// ```
    /// use cognito_authorizer::{RouteTable, route::RouteLintKind};
    ///
    /// let routes = RouteTable::builder().scopes("GET /pets", ["pets/read"]).open("ANY /pets").build()?;
    /// assert_eq!(routes.lint()[0].kind(), RouteLintKind::OpenByAccident);
    /// # Ok::<(), cognito_authorizer::route::RouteTableError>(())
    /// ```
    pub fn lint(&self) -> Vec<RouteLint> {
        let mut found = Vec::new();
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

    /// Whether any request falls under the route. Tried are paths whose variables are segments that no literal is:
    /// whoever takes those from it takes every other one.
    fn is_reachable(&self, route: &Route, longest: usize, steps: &mut usize) -> bool {
        let stage = self.stage();
        let prefix = if stage.is_empty() { String::new() } else { format!("/{stage}") };
        let fresh = |segment: &Segment| match segment {
            Segment::Literal(text) => format!("/{text}"),
            Segment::Variable | Segment::Greedy => format!("/{FRESH}"),
        };
        let path: String = route.segments().iter().map(fresh).collect();
        // What a greedy variable takes may also be longer than every other route, and so may what is left over.
        let is_open_ended = route.segments().ends_with(&[Segment::Greedy]);
        let longest = if is_open_ended { longest } else { 0 };
        let longer = (0..=longest).map(|more| format!("{prefix}{path}{}", format!("/{FRESH}").repeat(more)));
        // The root has no segment, and a slash at the end can be what no other route takes.
        let root = is_everything(route).then(|| prefix.clone());
        let mut paths = root.into_iter().chain(longer).flat_map(|path| {
            let with_slash = format!("{path}/");
            if path.is_empty() { vec![with_slash] } else { vec![path, with_slash] }
        });
        paths.any(|path| {
            // What nobody looks at any more is taken for reachable.
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

    /// Whether an open route looks as if it was to be guarded, and which guarded route says so.
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

    /// What is odd about two routes together.
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

    /// Whether API Gateway chooses a route for requests that the inner service may hand to the other one.
    fn conflict(&self, route: &Route, other: &Route) -> Option<RouteLint> {
        if !may_take(self.settings.inner_router, route, other, self.rules) {
            return None;
        }
        let method = route.methods().iter().find(|method| other.methods().contains(method))?;
        let stage = Some(self.stage()).filter(|stage| !stage.is_empty()).map(|stage| format!("/{stage}"));
        // A more specific route may take some of the requests, or all of them.
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

/// Values of path variables for a reader; some tables have some of them as literals.
const VALUES: [&str; 4] = ["x", "1", "value", "7f9c2b"];

/// A path that both routes cover.
fn shared_path(one: &Route, other: &Route, value: &str) -> String {
    let (mut one, mut other) = (one.segments().iter(), other.segments().iter());
    let mut path = String::new();
    let (mut last_one, mut last_other) = (None, None);
    loop {
        // A greedy variable takes whatever the other one has.
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

/// What is odd about two routes between which the inner service does not choose. The first one applies where both cover a
/// request.
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
    // The path within the other's is the more specific one; on the same path the methods tell them apart.
    let is_within = |inner: &Route, outer: &Route| outer.segments() == inner.segments() || outer.covers_path(inner);
    let is_clear = is_within(one, other) || is_within(other, one);
    (!is_clear).then(|| lint(RouteLintKind::AmbiguousPattern, one, Some(other)))
}

fn lint(kind: RouteLintKind, route: &Route, other: Option<&Route>) -> RouteLint {
    let other = other.map(|other| other.key().clone());
    RouteLint { kind, route_key: route.key().clone(), other, witness: None }
}

/// Whether every request of `inner` would fall under `outer`, were it not for `inner`.
fn covers(outer: &Route, inner: &Route) -> bool {
    outer.segments() != inner.segments() && outer.covers(inner)
}

/// Whether it is for whatever no other route covers.
fn is_everything(route: &Route) -> bool {
    matches!(route.segments(), [Segment::Greedy])
}

fn is_preflight(route: &Route) -> bool {
    route.method() == Some(&Method::OPTIONS)
}

fn changes_something(route: &Route) -> bool {
    // HEAD tells of what GET guards.
    route.method().is_none_or(|method| ![Method::GET, Method::OPTIONS].contains(method))
}

/// Whether `inner`, which has another rule, names more scopes, any one of which is enough, or none.
fn asks_for_less(inner: &Route, outer: &Route) -> bool {
    // What is open is said by another lint.
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
