//! What is odd about a route table, though it can be used: routes that nothing reaches, and routes that are probably
//! not what somebody meant.
//!
//! In: a table and how its kind of API matches. Out: each oddity with its routes. It changes nothing, and is for
//! whoever writes a table, not for a request.

use std::fmt;

use http::Method;

use super::{MatchRules, Route, RouteAuthorization, RouteTable, key::Segment, readings::FRESH};
use crate::limits::{MAX_COMPARISONS, MAX_FINDINGS};

/// Something odd about a route table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteLint {
    kind: RouteLintKind,
    route_key: String,
    other: Option<String>,
}

/// What is odd about a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RouteLintKind {
    /// Every request that it covers falls under routes that are more specific, but perhaps one with two slashes together.
    UnreachableRoute,
    /// It is open, and takes requests from a guarded route that was meant to cover them, or is open for methods that
    /// change something where others are guarded.
    OpenByAccident,
    /// It is open and covers whatever no other route covers, though other routes are guarded.
    OpenDefault,
    /// It takes requests from a less specific route that asks for more.
    ShadowedRoute,
    /// It takes requests from a less specific route that asks another authorizer.
    OtherAuthorizer,
    /// Two routes cover some requests together, neither is the more specific one to a reader, and they ask for
    /// different things.
    AmbiguousPattern,
    /// There are too many routes to look at all of them: what is odd about the rest is not said.
    NotLookedAt,
    /// The only scope that it asks for is `aws.cognito.signin.user.admin`, which every user who signs in through the
    /// SDK has ([behaviour §1.4.5](crate::docs::behaviour)).
    AdminScopeOnly,
}

impl RouteLint {
    /// What is odd.
    pub fn kind(&self) -> RouteLintKind {
        self.kind
    }

    /// The route.
    pub fn route_key(&self) -> &str {
        &self.route_key
    }

    /// The other route that has to do with it, if there is one.
    pub fn other(&self) -> Option<&str> {
        self.other.as_deref()
    }
}

impl RouteLintKind {
    /// A stable name for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnreachableRoute => "unreachable_route",
            Self::OpenByAccident => "open_by_accident",
            Self::OpenDefault => "open_default",
            Self::ShadowedRoute => "shadowed_route",
            Self::OtherAuthorizer => "other_authorizer",
            Self::NotLookedAt => "not_looked_at",
            Self::AmbiguousPattern => "ambiguous_pattern",
            Self::AdminScopeOnly => "admin_scope_only",
        }
    }
}

impl fmt::Display for RouteLint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (own, other) = (&self.route_key, self.other.as_deref().unwrap_or_default());
        match self.kind {
            RouteLintKind::UnreachableRoute => {
                write!(f, "`{own}` is never used: more specific routes take every request that it covers; take it out")
            }
            RouteLintKind::OpenByAccident => {
                write!(f, "`{own}` is open where `{other}` is guarded: guard it too, if that is not meant")
            }
            RouteLintKind::OpenDefault => {
                write!(
                    f,
                    "`{own}` is open, so whatever no other route covers is open too, although `{other}` is guarded: guard \
                     it too, if that is not meant"
                )
            }
            RouteLintKind::ShadowedRoute => {
                write!(
                    f,
                    "`{own}` asks for less than `{other}`, from which it takes requests: ask for the same, if that is not \
                     meant"
                )
            }
            RouteLintKind::OtherAuthorizer => {
                write!(
                    f,
                    "`{own}` takes requests from `{other}`, which asks another authorizer: name the same one, if that is \
                     not meant"
                )
            }
            RouteLintKind::NotLookedAt => {
                write!(f, "there are too many routes to compare all of them: not all was looked at, from `{own}` on")
            }
            RouteLintKind::AmbiguousPattern => write!(
                f,
                "`{own}` and `{other}` cover some requests together and ask for different things, and the one that is \
                 literal first from the left applies: ask for the same, or give what both cover a route of its own"
            ),
            RouteLintKind::AdminScopeOnly => write!(
                f,
                "`{own}` asks for no other scope than {ADMIN_SCOPE}, which every user who signs in through the SDK has: \
                 name a scope of a resource server, if not all of them may come"
            ),
        }
    }
}

impl RouteTable {
    /// What is odd about the table, by the rules of a kind of API; at most a thousand things.
    pub(crate) fn lint_by(&self, rules: MatchRules) -> Vec<RouteLint> {
        let mut found = Vec::new();
        let longest = self.routes().iter().map(|route| route.segments().len()).max().unwrap_or(0);
        let mut steps = MAX_COMPARISONS;
        for route in self.routes() {
            if !self.is_reachable(route, longest, rules, &mut steps) {
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
                found.extend(pair(route, other));
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
    fn is_reachable(&self, route: &Route, longest: usize, rules: MatchRules, steps: &mut usize) -> bool {
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
                let chosen = self.choose(method, &path, self.match_rules(rules));
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
        other.map(|other| (RouteLintKind::OpenByAccident, other))
    }
}

/// What is odd about two routes together.
fn pair(one: &Route, other: &Route) -> Option<RouteLint> {
    if !one.overlaps(other) || one.has_same_rule(other) {
        return None;
    }
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
    RouteLint { kind, route_key: route.key().to_owned(), other: other.map(|other| other.key().to_owned()) }
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
    match (inner.authorization(), outer.authorization()) {
        (RouteAuthorization::Token, RouteAuthorization::Scopes(_)) => true,
        (RouteAuthorization::Scopes(inner), RouteAuthorization::Scopes(outer)) => {
            outer.iter().all(|scope| inner.iter().any(|own| own.as_str() == scope.as_str()))
        }
        // What is open is said by another lint.
        _ => false,
    }
}

fn asks_for_admin_scope_only(route: &Route) -> bool {
    match route.authorization() {
        RouteAuthorization::Scopes(scopes) => scopes.iter().all(|scope| scope.as_str() == ADMIN_SCOPE),
        RouteAuthorization::None | RouteAuthorization::Token => false,
    }
}

/// The scope of tokens from the sign-in API of Cognito.
const ADMIN_SCOPE: &str = "aws.cognito.signin.user.admin";

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{authorizer_type::AuthorizerType, scope::ScopeSet};

    /// `GET /a` is open, `GET /a -` takes a token, `GET /a x/y z` one of these scopes; `!name` before it, of that
    /// authorizer.
    fn lints(rules: MatchRules, stage: &str, routes: &[&str]) -> Vec<String> {
        let table = routes.iter().fold(RouteTable::builder(), |table, text| {
            let (authorizer, text) = match text.strip_prefix('!') {
                Some(rest) => rest.split_once(' ').map(|(name, rest)| (Some(name), rest)).unwrap(),
                None => (None, *text),
            };
            let mut words = text.split(' ');
            let key = match words.next().unwrap() {
                "$default" => "$default".to_owned(),
                method => format!("{method} {}", words.next().unwrap()),
            };
            let scopes: Vec<&str> = words.collect();
            let authorization = match &*scopes {
                [] => RouteAuthorization::None,
                ["-"] => RouteAuthorization::Token,
                scopes => RouteAuthorization::Scopes(ScopeSet::new(scopes).unwrap()),
            };
            match authorizer {
                Some(name) => table.route_of(name, &key, authorization),
                None => table.route(&key, authorization),
            }
        });
        let table = if stage.is_empty() { table } else { table.stage(stage) };
        let found = table.build().unwrap().lint_by(rules);
        let text = |lint: &RouteLint| match lint.other() {
            Some(other) => format!("{}: {} / {other}", lint.kind().code(), lint.route_key()),
            None => format!("{}: {}", lint.kind().code(), lint.route_key()),
        };
        found.iter().map(text).collect()
    }

    #[test]
    fn names_what_is_odd_and_nothing_else() {
        let every = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"].map(|method| format!("{method} /a -"));
        let mut every: Vec<&str> = every.iter().map(String::as_str).collect();
        every.push("ANY /a -");
        for (routes, expected) in [
            // What is as it should be.
            (&["GET /health", "GET /pets/{id} a/r", "POST /pets a/w", "$default -"][..], &[][..]),
            (&["GET /pets/all a/r", "GET /pets/{id} a/w"], &[]),
            (&["OPTIONS /pets", "GET /pets -", "OPTIONS /{proxy+}", "ANY /{proxy+} -"], &[]),
            (&["GET /public/{proxy+}", "ANY /{proxy+} -"], &[]),
            (&["GET /{proxy+} -", "GET /a/{b} -", "GET /a/{b}/{c+} -"], &[]),
            (&["GET /a", "POST /a -"], &[]),
            (&["ANY /{proxy+} -", "$default -"], &[]),
            (&["GET /a/{p+} -", "GET /b/c"], &[]),
            (&["GET /a/{x} x/s", "GET /b/{y} x/t"], &[]),
            (&["ANY /a x/s", "GET /a -"], &[]),
            (&["GET /a/{p+} x/s", "ANY /a/b x/t"], &[]),
            (&["ANY /{a} -", "ANY /{a}/{b} -", "ANY /{p+} -"], &[]),
            // Nothing is left for them.
            (&every, &["unreachable_route: ANY /a"]),
            (&["ANY / -", "ANY /{proxy+} -", "$default -"], &["unreachable_route: $default"]),
            (&["ANY /a/{b} -", "ANY /a/{b}/{c+} -", "ANY /a/{d+} -"], &["unreachable_route: ANY /a/{d+}"]),
            (&["ANY /{a}/b -", "ANY /{a+} -"], &[]),
            // Open by accident.
            (&["GET /pets -", "ANY /pets"], &["open_by_accident: ANY /pets / GET /pets"]),
            (&["GET /pets -", "POST /pets"], &["open_by_accident: POST /pets / GET /pets"]),
            (&["ANY /admin/{p+} -", "GET /admin/x"], &["open_by_accident: GET /admin/x / ANY /admin/{p+}"]),
            (&["GET /a/{b} -", "GET /a/c"], &["open_by_accident: GET /a/c / GET /a/{b}"]),
            (&["GET /a -", "$default"], &["open_default: $default / GET /a"]),
            (&["GET /a -", "ANY /{proxy+}"], &["open_default: ANY /{proxy+} / GET /a"]),
            (&["GET /a", "$default"], &[]),
            // Less is asked for.
            (&["ANY /a/{p+} x/s", "GET /a/b x/s x/t"], &["shadowed_route: GET /a/b / ANY /a/{p+}"]),
            (&["ANY /a/{p+} x/s", "GET /a/{b} -"], &["shadowed_route: GET /a/{b} / ANY /a/{p+}"]),
            (&["ANY /a/{p+} x/s", "GET /a/b x/t"], &[]),
            (&["!one ANY /a/{p+} x/s", "!two GET /a/b -"], &["other_authorizer: GET /a/b / ANY /a/{p+}"]),
            (&["GET /a -", "HEAD /a"], &["open_by_accident: HEAD /a / GET /a"]),
            (&["ANY /a/{p+} -", "GET /a/b x/s"], &[]),
            (&["ANY /a/{p+} -", "GET /a/b -"], &[]),
            // Which of them is meant?
            (&["GET /a/{x} x/s", "GET /{y}/b x/t"], &["ambiguous_pattern: GET /a/{x} / GET /{y}/b"]),
            (&["!one GET /a/{x} -", "!two GET /{y}/b -"], &["ambiguous_pattern: GET /a/{x} / GET /{y}/b"]),
            (&["GET /a/{x} x/s", "GET /{y}/b x/s"], &[]),
            (&["GET /a/{x} x/s", "POST /{y}/b x/t"], &[]),
            (&["GET /a/{x} x/s", "GET /{y}/b/c x/t"], &[]),
            (&["GET /a/{x+} x/s", "GET /{y}/b/c x/t"], &["ambiguous_pattern: GET /a/{x+} / GET /{y}/b/c"]),
            // What everybody has.
            (&["GET /a aws.cognito.signin.user.admin"], &["admin_scope_only: GET /a"]),
            (&["GET /a aws.cognito.signin.user.admin x/s"], &[]),
        ] {
            assert_eq!(lints(crate::route::REST, "", routes), expected, "{routes:?}");
            assert_eq!(lints(crate::route::REST, "prod", routes), expected, "below a stage: {routes:?}");
        }
    }

    /// Behaviour §5.2.4: there a slash at the end counts.
    #[test]
    fn goes_by_the_rules_of_the_kind_of_api() {
        let routes = ["ANY /a/{p+} -", "ANY /{x}/{y} -", "ANY /{x}/{y}/{z+} -", "ANY /{x} -", "ANY / -", "$default -"];
        assert_eq!(lints(crate::route::REST, "", &routes), ["unreachable_route: $default"]);
        let http = AuthorizerType::Jwt.rules().routes;
        assert_eq!(lints(http, "", &routes), [""; 0], "`/x/` is left");
        let routes = ["ANY /a/{p+} -", "ANY /{x}/{y} -", "ANY /a/{x}/{y+} -"];
        assert_eq!(lints(crate::route::REST, "", &routes), [""; 0]);
        assert_eq!(lints(http, "", &routes), [""; 0], "`/a/x/` is left");
    }

    /// Each with both of its routes, and what to do or to know.
    #[test]
    fn says_it_in_words() {
        let scoped = |names: &[&str]| RouteAuthorization::Scopes(ScopeSet::new(names).unwrap());
        let said = |kind: &str, routes: &[(&str, RouteAuthorization)]| {
            let table = routes.iter().fold(RouteTable::builder(), |table, (key, asks)| table.route(key, asks.clone()));
            let found = table.build().unwrap().lint_by(crate::route::REST);
            found
                .iter()
                .find(|lint| lint.kind().code() == kind)
                .unwrap_or_else(|| panic!("{kind}: {found:?}"))
                .to_string()
        };
        let token = || RouteAuthorization::Token;
        let open = || RouteAuthorization::None;
        for (kind, routes, words) in [
            ("unreachable_route", [("ANY /{a+}", token()), ("$default", token())], &["`$default`"][..]),
            (
                "open_by_accident",
                [("GET /a", token()), ("ANY /a", open())],
                &["`ANY /a` is open", "`GET /a` is guarded"],
            ),
            (
                "open_default",
                [("GET /a", token()), ("$default", open())],
                &["`$default` is open", "`GET /a` is guarded: guard it too"],
            ),
            (
                "shadowed_route",
                [("ANY /a/{p+}", scoped(&["x/s"])), ("GET /a/b", token())],
                &["`GET /a/b` asks", "`ANY /a/{p+}`", "ask for the same"],
            ),
            (
                "ambiguous_pattern",
                [("GET /a/{x}", scoped(&["x/s"])), ("GET /{y}/b", scoped(&["x/t"]))],
                &["`GET /a/{x}`", "`GET /{y}/b`", "literal first", "a route of its own"],
            ),
            (
                "admin_scope_only",
                [("GET /a", scoped(&[ADMIN_SCOPE])), ("GET /b", token())],
                &["`GET /a`", "aws.cognito.signin.user.admin", "name a scope"],
            ),
        ] {
            // A root makes `ANY /{a+}` cover everything.
            let mut routes = routes.to_vec();
            routes.extend((kind == "unreachable_route").then(|| ("ANY /", token())));
            let text = said(kind, &routes);
            for part in words {
                assert!(text.contains(part), "{kind}: {text}");
            }
        }
    }

    #[test]
    fn says_no_more_than_somebody_would_read() {
        let scopes: Vec<String> =
            (0..60).flat_map(|n| [format!("GET /a{n}/{{x}} s/{n}"), format!("GET /{{y}}/b{n} t/{n}")]).collect();
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        assert_eq!(lints(crate::route::REST, "", &scopes).len(), MAX_FINDINGS);
    }
}
