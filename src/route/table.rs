//! The route table: many route keys, one answer.

use std::collections::BTreeMap;

use http::Method;

use super::{
    RouteAuthorization, RouteKey, RouteKeyError,
    key::{ANY, Pattern, RouteMethod, Segment},
    path::{self, PathError},
};
use crate::scope::{ScopeError, ScopeSet};

/// Route keys and what each asks for. A request that no route covers is refused.
///
/// A route key is a method in capitals, or `ANY`, which stands for DELETE, GET, HEAD, OPTIONS, PATCH,
/// POST and PUT, and a path: `GET /pets/{id}`. A path variable, `{name}`, is a whole segment; the last
/// one may be greedy, `{name+}`, and then takes one segment or more. `$default` covers every path.
///
/// The rule of the most specific route applies, compared segment by segment from the left:
///
/// 1. a literal segment before a path variable before a greedy one;
/// 2. a route that has no method for the request gives way to the next one;
/// 3. the exact method before `ANY` on the same path;
/// 4. `$default` when nothing else matches.
///
/// Paths are compared as they were sent, with case, and a slash at the end is ignored. A path that
/// the service behind could take for one with another rule is refused. Sources:
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
    root: Node,
    default: Option<RouteAuthorization>,
}

/// A path of the table: what is there, and what lies below.
#[derive(Clone, Debug, Default)]
struct Node {
    literals: BTreeMap<Box<str>, Node>,
    variable: Option<Box<Node>>,
    /// A greedy variable below this path.
    greedy: Methods,
    /// The path itself.
    here: Methods,
}

/// The rules of one path by method.
#[derive(Clone, Debug, Default)]
struct Methods {
    exact: Vec<(Method, RouteAuthorization)>,
    any: Option<RouteAuthorization>,
}

impl RouteTable {
    /// An empty table to add routes to.
    pub fn builder() -> RouteTableBuilder {
        RouteTableBuilder::default()
    }

    /// The rule for a method and a path, without query, as it was sent.
    ///
    /// # Errors
    ///
    /// [`NoRoute::NotFound`] if no route covers the request; [`NoRoute::Ambiguous`] if the service
    /// behind could take the path for another one, and that one falls under another rule (see the
    /// [attack list](crate::docs::attacks), T-PTH-1).
    pub fn find(&self, method: &Method, path: &str) -> Result<&RouteAuthorization, NoRoute> {
        let found = self.find_as_sent(method, path)?;
        // The first reading is the path as it was sent.
        for reading in path::readings(path).map_err(|_| NoRoute::Ambiguous)?.iter().skip(1) {
            match self.find_as_sent(method, reading) {
                Ok(other) if other == found => {}
                // Nothing that this table guards.
                Err(NoRoute::NotFound) => {}
                Ok(_) | Err(NoRoute::Ambiguous) => return Err(NoRoute::Ambiguous),
            }
        }
        Ok(found)
    }

    fn find_as_sent(&self, method: &Method, path: &str) -> Result<&RouteAuthorization, NoRoute> {
        let segments = match path::segments(path) {
            Ok(segments) => segments,
            Err(PathError::NotAPath) => return Err(NoRoute::NotFound),
            Err(PathError::Ambiguous) => return Err(NoRoute::Ambiguous),
        };
        let found = self.find_segments(method, &segments).ok_or(NoRoute::NotFound)?;
        // Many services answer HEAD with what they have for GET: then the rule for GET has to hold.
        if *method == Method::HEAD && !found.is_exact {
            let get = self.find_segments(&Method::GET, &segments);
            if get.is_some_and(|get| get.authorization != found.authorization) {
                return Err(NoRoute::NotFound);
            }
        }
        Ok(found.authorization)
    }

    fn find_segments(&self, method: &Method, segments: &[&str]) -> Option<Found<'_>> {
        let default = || self.default.as_ref().filter(|_| ANY.contains(method));
        self.root.find(method, segments).or_else(|| Some(Found { authorization: default()?, is_exact: false }))
    }
}

/// A rule that covers a request.
#[derive(Clone, Copy)]
struct Found<'t> {
    authorization: &'t RouteAuthorization,
    /// Whether the route names the very method.
    is_exact: bool,
}

/// Why no rule applies to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoRoute {
    /// The path means different things to different readers.
    #[error("the path is ambiguous")]
    Ambiguous,
    /// No route covers the method and path.
    #[error("no route covers the request")]
    NotFound,
}

impl Node {
    /// Depth first, most specific first. Each node lies on one path from the root, so no node is
    /// visited twice, whatever the request.
    fn find(&self, method: &Method, segments: &[&str]) -> Option<Found<'_>> {
        let Some((first, rest)) = segments.split_first() else { return self.here.find(method) };
        let literal = || self.literals.get(*first)?.find(method, rest);
        let variable = || self.variable.as_deref().filter(|_| !first.is_empty())?.find(method, rest);
        literal().or_else(variable).or_else(|| self.greedy.find(method))
    }

    fn methods(&mut self, segments: &[Segment]) -> &mut Methods {
        match segments.split_first() {
            None => &mut self.here,
            Some((Segment::Greedy, _)) => &mut self.greedy,
            Some((Segment::Literal(text), rest)) => self.literals.entry(text.clone()).or_default().methods(rest),
            Some((Segment::Variable, rest)) => self.variable.get_or_insert_default().methods(rest),
        }
    }
}

impl Methods {
    fn find(&self, method: &Method) -> Option<Found<'_>> {
        let exact = self.exact.iter().find(|(own, _)| own == method);
        let any = || self.any.as_ref().filter(|_| ANY.contains(method));
        exact
            .map(|(_, authorization)| Found { authorization, is_exact: true })
            .or_else(|| Some(Found { authorization: any()?, is_exact: false }))
    }

    /// An error if the method has a rule already.
    fn insert(&mut self, method: &RouteMethod, authorization: RouteAuthorization) -> Result<(), ()> {
        match method {
            RouteMethod::Any if self.any.is_none() => self.any = Some(authorization),
            RouteMethod::Exact(method) if self.exact.iter().all(|(own, _)| own != method) => {
                self.exact.push((method.clone(), authorization));
            }
            RouteMethod::Any | RouteMethod::Exact(_) => return Err(()),
        }
        Ok(())
    }
}

/// Collects routes; [`build`](Self::build) says what is wrong with them.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RouteTableBuilder {
    routes: Vec<(RouteKey, RouteAuthorization)>,
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
            Err(source) => {
                self.error.get_or_insert(RouteTableError::Scopes { route_key: route_key.to_owned(), source });
                self
            }
        }
    }

    /// A route with a rule at hand.
    pub fn route(mut self, route_key: &str, authorization: RouteAuthorization) -> Self {
        match route_key.parse() {
            Ok(key) => self.routes.push((key, authorization)),
            Err(error) => {
                self.error.get_or_insert(RouteTableError::RouteKey(error));
            }
        }
        self
    }

    /// The table.
    ///
    /// # Errors
    ///
    /// [`RouteTableError`] for the first mistake, with the text that holds it: a bad route key, a
    /// bad scope, or two routes that are the same.
    pub fn build(self) -> Result<RouteTable, RouteTableError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let mut table = RouteTable { root: Node::default(), default: None };
        for (index, (key, authorization)) in self.routes.iter().enumerate() {
            let added = match &key.pattern {
                Pattern::Default if table.default.is_some() => Err(()),
                Pattern::Default => {
                    table.default = Some(authorization.clone());
                    Ok(())
                }
                Pattern::Path { method, segments } => {
                    table.root.methods(segments).insert(method, authorization.clone())
                }
            };
            if added.is_err() {
                let earlier = self.routes.iter().take(index).find(|(other, _)| other.pattern == key.pattern);
                return Err(RouteTableError::Equal {
                    first: earlier.map(|(other, _)| other.to_string()).unwrap_or_default(),
                    second: key.to_string(),
                });
            }
        }
        Ok(table)
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
    /// The scopes of a route cannot be used.
    #[error("route `{route_key}`: {source}")]
    Scopes {
        /// The route.
        route_key: String,
        /// What is wrong with its scopes.
        source: ScopeError,
    },
}
