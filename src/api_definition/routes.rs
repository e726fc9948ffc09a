//! Routes and their requirements, for every kind of definition.
//!
//! Turns route keys and their guards into routes for a table. Rejects a repeated route, an API key without an
//! authorizer, and a scheme that is not an authorizer.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{notes::API_KEY_ALONE, scheme::Scheme};
use crate::{
    document::{Cursor, Problem, Variables},
    limits::MAX_SCOPES,
    route::{MockResponse, RouteAuthorization, RouteKey},
};

/// A route of a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteDefinition {
    pub(super) route_key: RouteKey,
    pub(super) authorization: RouteAuthorization,
    pub(super) authorizer: Option<String>,
    pub(super) mock_response: Option<MockResponse>,
}

impl RouteDefinition {
    /// Returns the route key, such as `GET /pets/{id}`.
    pub fn route_key(&self) -> &RouteKey {
        &self.route_key
    }

    /// Returns the authorization that the route requires.
    pub fn authorization(&self) -> &RouteAuthorization {
        &self.authorization
    }

    /// Returns the [name](super::AuthorizerDefinition::name) of the route's authorizer; `None` if the route is open or
    /// [rejects every request](RouteAuthorization::unsupported).
    pub fn authorizer(&self) -> Option<&str> {
        self.authorizer.as_deref()
    }

    /// Returns the response of an open `OPTIONS` route with a mock integration, which the layer answers itself; `None` if the
    /// service answers.
    pub fn mock_response(&self) -> Option<&MockResponse> {
        self.mock_response.as_ref()
    }
}

/// The authorizer of a route and the required authorization, or an open route.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    pub(super) authorization: RouteAuthorization,
    pub(super) authorizer: Option<String>,
}

impl Guard {
    /// The guard of an open route.
    pub(super) const OPEN: Self = Self { authorization: RouteAuthorization::open(), authorizer: None };

    /// The guard of a route that rejects every request, because its authorization cannot be checked.
    pub(super) const UNSUPPORTED: Self = Self { authorization: RouteAuthorization::unsupported(), authorizer: None };
}

/// The requirements that a route states explicitly.
#[derive(Clone, Debug, Default)]
pub(super) struct RouteRequirement {
    pub(super) guard: Option<Guard>,
    pub(super) api_key: Option<bool>,
}

/// The requirements of an API for routes that state none.
#[derive(Clone, Debug, Default)]
pub(super) struct Defaults {
    pub(super) guard: Option<Guard>,
    /// Whether `guard` also applies to `OPTIONS`.
    pub(super) guards_preflight: bool,
    pub(super) api_key: bool,
    /// Whether `api_key` also applies to `OPTIONS`.
    pub(super) api_key_for_preflight: bool,
    /// The authorizers of `Auth`; `None` if SAM does not add the default authorizer to other requirements.
    pub(super) authorizers: Option<BTreeSet<String>>,
    /// Whether SAM replaces `components.securitySchemes`.
    pub(super) replaces_schemes: bool,
    /// Whether SAM moves the `securityDefinitions` of an OpenAPI 3 definition there.
    pub(super) moves_schemes: bool,
}

impl Defaults {
    /// Whether SAM adds the default authorizer to the requirements of an operation, as it does on a REST API.
    pub(super) fn joins_requirements(&self) -> bool {
        self.authorizers.is_some()
    }

    /// Whether a route that states no requirement requires an API key.
    pub(super) fn requires_api_key(&self, route_key: &str) -> bool {
        self.api_key && (self.api_key_for_preflight || !is_preflight(route_key))
    }
}

fn is_preflight(route_key: &str) -> bool {
    route_key.starts_with("OPTIONS ")
}

/// The routes that were read so far.
#[derive(Debug, Default)]
pub(super) struct Routes {
    /// Whether to import routes that cannot be checked as routes that reject every request.
    pub(super) rejects_unsupported: bool,
    /// The reasons for such routes.
    pub(super) reasons: Vec<Problem>,
    /// The line of each route.
    seen: HashMap<String, usize>,
    pub(super) all: Vec<RouteDefinition>,
}

impl Routes {
    /// Returns the guard of a route that cannot be checked for this reason, or the reason as an error.
    pub(super) fn unsupported(&mut self, problem: Problem) -> Result<Guard, Problem> {
        if !self.rejects_unsupported {
            return Err(problem);
        }
        self.reasons.push(problem);
        Ok(Guard::UNSUPPORTED)
    }

    /// Adds a route that states these requirements at this place.
    pub(super) fn add(
        &mut self,
        at: &Cursor<'_>,
        route_key: String,
        asked: RouteRequirement,
        defaults: &Defaults,
    ) -> Result<(), Problem> {
        let default = defaults.guard.as_ref().filter(|_| defaults.guards_preflight || !is_preflight(&route_key));
        let mut guard = asked.guard.or_else(|| default.cloned()).unwrap_or(Guard::OPEN);
        let requires_key = asked.api_key.unwrap_or(defaults.requires_api_key(&route_key));
        if requires_key && guard.authorization.is_open() {
            guard = self.unsupported(at.problem(API_KEY_ALONE))?;
        }
        if let Some(line) = self.seen.insert(route_key.clone(), at.node.line) {
            return Err(at.problem(format!("duplicate of the route at line {line}: keep one")));
        }
        let route_key = RouteKey::try_from(route_key).map_err(|error| at.problem(error.to_string()))?;
        let Guard { authorization, authorizer } = guard;
        self.all.push(RouteDefinition { route_key, authorization, authorizer, mock_response: None });
        Ok(())
    }

    /// Returns the route that was added last, and whether it is one for `OPTIONS`.
    pub(super) fn last(&mut self) -> Option<(&mut RouteDefinition, bool)> {
        self.all.last_mut().map(|route| {
            let is_preflight = is_preflight(route.route_key.as_str());
            (route, is_preflight)
        })
    }

    /// Returns the methods of a path, in the order of its routes.
    pub(super) fn methods<'r>(&'r self, path: &'r str) -> impl Iterator<Item = &'r str> {
        let keys = self.all.iter().filter_map(|route| route.route_key.as_str().split_once(' '));
        keys.filter(move |(_, own)| *own == path).map(|(method, _)| method)
    }
}

/// The security schemes of an API, by name.
pub(super) type Schemes = BTreeMap<String, Scheme>;

/// How a route uses a scheme.
pub(super) enum SchemeUse {
    Authorizer,
    ApiKey,
    /// The scheme cannot be checked, for this reason.
    Unsupported(Problem),
}

/// Returns how a route uses the scheme of this name. An unknown name is a problem.
pub(super) fn scheme_use(schemes: &Schemes, name: &str, at: &Cursor<'_>) -> Result<SchemeUse, Problem> {
    match schemes.get(name) {
        None => Err(at.problem(format!("unknown security scheme `{name}`"))),
        // One problem, however many routes use the scheme.
        Some(Scheme::Other(problem)) if problem.missing_variable().is_some() => Err(problem.clone()),
        Some(Scheme::Other(problem)) => {
            let line = problem.line();
            let problem = at.problem(format!("{} (the scheme at line {line})", problem.message()));
            Ok(SchemeUse::Unsupported(problem))
        }
        Some(Scheme::ApiKey) => Ok(SchemeUse::ApiKey),
        Some(Scheme::Authorizer(_)) => Ok(SchemeUse::Authorizer),
    }
}

/// Returns the authorization that a list of scopes requires.
pub(super) fn scopes(at: Cursor<'_>, variables: &Variables) -> Result<RouteAuthorization, Problem> {
    let at = at.list()?;
    if at.items().count() > MAX_SCOPES {
        return Err(at.problem(format!("more than {MAX_SCOPES} scopes")));
    }
    let scopes = at.items().map(|at| variables.text(&at)).collect::<Result<Vec<_>, _>>()?;
    if scopes.is_empty() {
        return Ok(RouteAuthorization::guarded());
    }
    RouteAuthorization::with_scopes(scopes).map_err(|error| at.problem(error.to_string()))
}

/// The members of a path item that are operations, with their methods.
pub(super) const METHODS: [(&str, &str); 8] = [
    ("get", "GET"),
    ("put", "PUT"),
    ("post", "POST"),
    ("delete", "DELETE"),
    ("options", "OPTIONS"),
    ("head", "HEAD"),
    ("patch", "PATCH"),
    (ANY_METHOD, "ANY"),
];

pub(super) const ANY_METHOD: &str = "x-amazon-apigateway-any-method";
