//! The route that matched a request, and its path variables.

use std::{fmt, sync::Arc};

use http::Uri;

use super::{Route, RouteAuthorization, RouteKey, RouteTable};

/// The route of a [`RouteTable`] that matched a request.
///
/// The layer inserts it into the extensions of an accepted request if the table was built with
/// [`insert_matched_route`](crate::route::RouteTableBuilder::insert_matched_route) or for
/// [`InnerRouter::MatchedRoute`](crate::route::InnerRouter::MatchedRoute). It is always available from an
/// [`Admission`](crate::middleware::Admission). A service that chooses its handler by the route key, instead of using its own
/// router, cannot disagree with the layer about which rule applies.
///
/// The values of path variables are percent-encoded as sent. The value of a greedy variable is the rest of the path, without a
/// slash at its end. `Debug` shows only the route key.
///
/// ```
/// use cognito_authorizer::{RouteTable, route::MatchedRoute};
///
/// fn handle(request: &http::Request<()>) -> String {
///     let Some(route) = request.extensions().get::<MatchedRoute>() else {
///         return "no route".to_owned();
///     };
///     match (route.key().as_str(), route.path_variable("id")) {
///         ("GET /pets/{id}", Some(id)) => format!("the pet {id}"),
///         (other, _) => format!("no handler for {other}"),
///     }
/// }
/// # let _ = handle;
/// let routes = RouteTable::builder()
///     .scopes("GET /pets/{id}", ["pets/read"])
///     .insert_matched_route(true)
///     .build()?;
/// # Ok::<(), cognito_authorizer::route::RouteTableError>(())
/// ```
#[derive(Clone)]
pub struct MatchedRoute {
    table: Arc<RouteTable>,
    route: Route,
    /// The request target that was matched.
    uri: Uri,
}

impl MatchedRoute {
    /// Returns `None` if the table has no route at this place.
    pub(crate) fn new(table: Arc<RouteTable>, place: usize, uri: Uri) -> Option<Self> {
        let route = table.routes().get(place)?.clone();
        Some(Self { table, route, uri })
    }

    /// The route key, such as `GET /pets/{id}`.
    pub fn key(&self) -> &RouteKey {
        self.route.key()
    }

    /// The authorization that the route requires.
    pub fn authorization(&self) -> &RouteAuthorization {
        self.route.authorization()
    }

    /// The value of the path variable with this name, written without braces and without `+`.
    pub fn path_variable(&self, name: &str) -> Option<&str> {
        self.path_variables().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// The names and values of the path variables, in the order of the route key.
    pub fn path_variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let variables = path_variables(self.key().as_str(), self.table.stage(), self.uri.path());
        variables.map(|variable| (variable.name, variable.value))
    }
}

/// Omits the request target, because the client chose it.
impl fmt::Debug for MatchedRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MatchedRoute").field("key", &self.key()).finish_non_exhaustive()
    }
}

/// A variable of a route key, and its value in a path.
#[derive(Clone, Copy)]
pub(crate) struct PathVariable<'r> {
    pub(crate) name: &'r str,
    /// The value as sent.
    pub(crate) value: &'r str,
    pub(crate) is_greedy: bool,
}

/// Returns the variables of a route key with their values in a path below a stage. The key must cover the path
/// (behaviour §5.1.8, §10.89).
pub(crate) fn path_variables<'r>(
    route_key: &'r str,
    stage: &str,
    path: &'r str,
) -> impl Iterator<Item = PathVariable<'r>> {
    let pattern = route_key.split_once(' ').and_then(|(_, pattern)| pattern.strip_prefix('/'));
    let mut path = path.trim_start_matches('/');
    for _ in stage.split('/').filter(|segment| !segment.is_empty()) {
        path = path.split_once('/').map_or("", |(_, rest)| rest).trim_start_matches('/');
    }
    let mut rest = path;
    pattern.into_iter().flat_map(|pattern| pattern.split('/')).filter_map(move |part| {
        let whole = rest;
        let (segment, after) = rest.split_once('/').unwrap_or((rest, ""));
        rest = after;
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        Some(match name.strip_suffix('+') {
            Some(name) => PathVariable { name, value: whole.strip_suffix('/').unwrap_or(whole), is_greedy: true },
            None => PathVariable { name, value: segment, is_greedy: false },
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Behaviour §5.1.8, §10.89.
    #[test]
    fn path_variables_are_read_as_they_were_sent() {
        for (key, stage, path, expected) in [
            ("GET /pets/{id}", "", "/pets/7", &[("id", "7")][..]),
            ("GET /pets/{id}", "", "//pets/a%2Fb", &[("id", "a%2Fb")]),
            ("GET /{a}/x/{b}", "", "/1/x/2/", &[("a", "1"), ("b", "2")]),
            ("ANY /{proxy+}", "", "/a/b//c/", &[("proxy", "a/b//c")]),
            ("ANY /{proxy+}", "", "/", &[("proxy", "")]),
            ("ANY /x/{id}/{rest+}", "prod", "/prod//x/1/2/3", &[("id", "1"), ("rest", "2/3")]),
            ("GET /{id}", "api/v1", "/api/v1/7", &[("id", "7")]),
            ("GET /", "", "/", &[]),
            ("$default", "", "/a/b", &[]),
        ] {
            let found: Vec<_> = path_variables(key, stage, path).map(|own| (own.name, own.value)).collect();
            assert_eq!(found, expected, "{key} {path}");
        }
    }
}
