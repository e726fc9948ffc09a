//! Reports unreachable routes of a table, and routes that are probably not as intended.
//!
//! The input is a valid table with the match rules of its API. The output is a list of findings with their routes. Lints do not
//! change the table; they are for the author of a table, not for requests.

use std::fmt;

use super::RouteKey;

mod find;

mod form;

#[cfg(test)]
mod tests;

/// A finding about a route table that is valid but probably not as intended.
///
/// ```
/// use cognito_authorizer::{RouteTable, route::RouteLintKind};
///
/// let routes = RouteTable::builder()
///     .open("GET /files/{proxy+}")
///     .scopes("GET /files/secret", ["files/admin"])
///     .build()?;
/// let lints = routes.lint();
/// assert_eq!(lints[0].kind(), RouteLintKind::OpenCatchAll);
/// assert_eq!(lints[0].other().map(|other| other.as_str()), Some("GET /files/secret"));
/// # Ok::<(), cognito_authorizer::route::RouteTableError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteLint {
    kind: RouteLintKind,
    route_key: RouteKey,
    other: Option<RouteKey>,
    witness: Option<String>,
}

/// The kind of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RouteLintKind {
    /// More specific routes match every request that the route covers, except perhaps a path with two adjacent slashes.
    UnreachableRoute,
    /// The route is open, but takes requests from a guarded route that would otherwise cover them. Or the route is open for
    /// methods that change something, while other methods of the same path are guarded.
    OpenByAccident,
    /// The route is open and covers everything that no other route covers, although other routes are guarded.
    OpenDefault,
    /// The route takes requests from a less specific route that requires more.
    ShadowedRoute,
    /// The route takes requests from a less specific route with another authorizer.
    OtherAuthorizer,
    /// Two routes cover some of the same requests, neither is clearly more specific, and they have different rules.
    AmbiguousPattern,
    /// API Gateway chooses this route for requests that the inner service may hand to a route with another rule. Such requests
    /// are rejected ([behaviour §10.90](crate::docs::behaviour)).
    OrderConflict,
    /// The route is open and greedy, and covers everything around a guarded route. If the inner service reads a path as the
    /// guarded one in a way that the layer does not model, that path is open.
    OpenCatchAll,
    /// The table has too many routes to check all of them; the rest is not reported.
    NotLookedAt,
    /// The only scope that the route requires is `aws.cognito.signin.user.admin`. Every user who signs in through the SDK has
    /// this scope ([behaviour §1.4.5](crate::docs::behaviour)).
    AdminScopeOnly,
    /// Two routes have different variables at the same place, or a variable and a greedy one. A REST API does not have both.
    VariableSiblings,
    /// A segment begins with a colon, as variables of Express do. Here it is a literal.
    ColonVariable,
    /// The route is `$default`, which a REST API does not have.
    DefaultOnRestApi,
}

impl RouteLint {
    /// The kind of the finding.
    pub fn kind(&self) -> RouteLintKind {
        self.kind
    }

    /// The key of the route.
    pub fn route_key(&self) -> &RouteKey {
        &self.route_key
    }

    /// The key of the other route involved, if there is one.
    pub fn other(&self) -> Option<&RouteKey> {
        self.other.as_ref()
    }

    /// A request that shows the problem, such as `GET /admin/x`, if there is one.
    pub fn witness(&self) -> Option<&str> {
        self.witness.as_deref()
    }
}

impl RouteLintKind {
    /// Returns a stable name for use by programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnreachableRoute => "unreachable_route",
            Self::OpenByAccident => "open_by_accident",
            Self::OpenDefault => "open_default",
            Self::ShadowedRoute => "shadowed_route",
            Self::OtherAuthorizer => "other_authorizer",
            Self::NotLookedAt => "not_looked_at",
            Self::AmbiguousPattern => "ambiguous_pattern",
            Self::OrderConflict => "order_conflict",
            Self::OpenCatchAll => "open_catch_all",
            Self::AdminScopeOnly => "admin_scope_only",
            Self::VariableSiblings => "variable_siblings",
            Self::ColonVariable => "colon_variable",
            Self::DefaultOnRestApi => "default_on_rest_api",
        }
    }
}

impl fmt::Display for RouteLint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_oddity(f)
    }
}

impl RouteLint {
    /// Writes a finding about two routes that cover the same request.
    fn write_conflict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (own, other) = (&self.route_key, self.other.as_ref().map(RouteKey::as_str).unwrap_or_default());
        match &self.witness {
            Some(witness) => write!(
                f,
                "`{own}` and `{other}` both cover `{witness}` and have different rules: API Gateway chooses `{own}`, \
                 the inner service may choose `{other}`, and such requests are rejected with 400; give both the same \
                 rule, or set `inner_router` to what the inner service does"
            ),
            None => write!(
                f,
                "`{own}` and `{other}` both cover some requests and have different rules, and `{own}` applies to \
                 them: give both the same rule, or add a route for the requests that both cover"
            ),
        }
    }

    fn write_oddity(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (own, other) = (&self.route_key, self.other.as_ref().map(RouteKey::as_str).unwrap_or_default());
        match self.kind {
            RouteLintKind::UnreachableRoute => {
                write!(f, "`{own}` is never used: more specific routes match every request that it covers; remove it")
            }
            RouteLintKind::OpenByAccident => {
                write!(f, "`{own}` is open where `{other}` is guarded: guard it too, unless this is intended")
            }
            RouteLintKind::OpenDefault => {
                write!(
                    f,
                    "`{own}` is open, so every request that matches no other route is open too, although `{other}` \
                     is guarded: guard it too, unless this is intended"
                )
            }
            RouteLintKind::ShadowedRoute => {
                write!(
                    f,
                    "`{own}` takes requests from `{other}`, but requires less: require the same, unless this is \
                     intended"
                )
            }
            RouteLintKind::OtherAuthorizer => {
                write!(
                    f,
                    "`{own}` takes requests from `{other}`, which has another authorizer: use the same one, unless \
                     this is intended"
                )
            }
            RouteLintKind::NotLookedAt => {
                write!(f, "there are too many routes to compare: the routes from `{own}` on were not all checked")
            }
            RouteLintKind::OpenCatchAll => write!(
                f,
                "`{own}` is open and covers everything around `{other}`, which is guarded: another spelling of that \
                 path is open if the inner service treats it as the same path; guard `{own}`, or list the open paths"
            ),
            RouteLintKind::AdminScopeOnly => write!(
                f,
                "`{own}` requires only the scope aws.cognito.signin.user.admin, which every user who signs in \
                 through the SDK has: require a scope of a resource server, unless every user is permitted"
            ),
            _ => self.write_form(f),
        }
    }

    /// Writes a finding about the form of a route key.
    fn write_form(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (own, other) = (&self.route_key, self.other.as_ref().map(RouteKey::as_str).unwrap_or_default());
        match self.kind {
            RouteLintKind::VariableSiblings => write!(
                f,
                "`{own}` and `{other}` have different variables at the same place, and a REST API allows one: give them one name, \
                 or set the type of the authorizer to that of an HTTP API"
            ),
            RouteLintKind::ColonVariable => {
                write!(
                    f,
                    "`{own}` has a segment that begins with a colon, which is a literal here: write a variable as `{{name}}`"
                )
            }
            RouteLintKind::DefaultOnRestApi => write!(
                f,
                "`{own}` is a route of HTTP APIs: a REST API responds 403 to requests that no method covers; use `ANY /{{proxy+}}`"
            ),
            _ => self.write_conflict(f),
        }
    }
}
