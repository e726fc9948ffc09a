//! Collects the parts of an API while they are read, and builds the [`ApiDefinition`].
//!
//! The parts are the definition at a root and the additions of a template. Any problem rejects the definition.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ApiDefinition, ApiDefinitionError,
    assumed::{AssumedValue, Assumptions},
    base_path::{BasePath, prefix, route_key},
    cors::cors,
    gateway_responses::Responses,
    openapi::RouteReader,
    routes::{Defaults, RouteRequirement, Routes, Schemes},
    scheme::{Scheme, SchemeReader},
};
use crate::{
    document::{Cursor, Findings, Problem, Variables},
    gateway_response::Cors,
    user_pool::{UserPool, UserPoolId},
};

/// The settings of an import.
#[derive(Clone, Copy, Debug)]
pub(super) struct ImportSettings<'r> {
    pub(super) variables: &'r Variables,
    pub(super) user_pools: &'r [UserPool],
    /// The values that are assumed while an app is read.
    pub(super) assumptions: &'r Assumptions,
    pub(super) base_path: BasePath,
    pub(super) ignores_root_security: bool,
    pub(super) rejects_unsupported_routes: bool,
    /// Whether the API is known to be a REST API.
    pub(super) is_rest_api: bool,
}

impl<'r> ImportSettings<'r> {
    pub(super) fn scheme_reader(&self) -> SchemeReader<'r> {
        SchemeReader {
            variables: self.variables,
            user_pools: self.user_pools,
            assumptions: self.assumptions,
            is_rest_api: self.is_rest_api,
        }
    }
}

/// The parts of an API that were read so far.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) schemes: Schemes,
    pub(super) routes: Routes,
    pub(super) responses: Responses,
    /// The scheme of each authorizer that is a resource of its own, by logical ID.
    pub(super) attached: BTreeMap<String, String>,
    /// The prefix of every path of the definition.
    prefix: String,
    /// The requirement of the `security` at the root of the definition.
    root: Option<RouteRequirement>,
    /// The scopes, with their user pool if it is known.
    pub(super) defined_scopes: Option<(Option<UserPoolId>, Vec<String>)>,
    /// The values that were assumed for the API.
    pub(super) assumed: Vec<AssumedValue>,
    /// The CORS configuration of an HTTP API.
    pub(super) cors: Option<Cors>,
    pub(super) findings: Findings,
}

impl Parts {
    pub(super) fn new(settings: &ImportSettings<'_>) -> Self {
        let mut parts = Self::default();
        parts.routes.rejects_unsupported = settings.rejects_unsupported_routes;
        parts
    }

    /// Reads the definition at this root: Swagger 2.0 or OpenAPI 3.
    pub(super) fn read(&mut self, root: &Cursor<'_>, settings: &ImportSettings<'_>, defaults: &Defaults) {
        self.read_schemes(root, settings, defaults);
        self.prefix = prefix(root, settings.variables, settings.base_path).unwrap_or_else(|problem| {
            self.findings.add(problem);
            String::new()
        });
        let routes = RouteReader {
            root: root.clone(),
            schemes: &self.schemes,
            variables: settings.variables,
            prefix: self.prefix.clone(),
            ignores_root_security: settings.ignores_root_security,
            rejects_unsupported: settings.rejects_unsupported_routes,
            defaults,
        };
        self.root = routes.read(&mut self.routes, &mut self.findings);
        self.responses.read(root, settings.variables, &mut self.findings);
        if let Some(at) = root.get("x-amazon-apigateway-cors") {
            match at.map().and_then(|at| cors(&at, at.entries(), settings.variables)) {
                Ok(cors) => self.cors = cors,
                Err(problem) => self.findings.add(problem),
            }
        }
        let known = ["x-amazon-apigateway-cors", "x-amazon-apigateway-gateway-responses", "x-amazon-apigateway-policy"];
        for (name, at) in root.entries() {
            if name.starts_with("x-amazon-apigateway-") && !known.contains(&name) {
                self.findings.note(&at, "not enforced here");
            }
        }
    }

    /// Adds a route to those of the definition. The base path and the root `security` of the definition apply to the
    /// route.
    pub(super) fn add_route(
        &mut self,
        at: &Cursor<'_>,
        method: &str,
        path: &str,
        asked: RouteRequirement,
        defaults: &Defaults,
    ) -> Result<(), Problem> {
        let route_key = match path {
            "$default" | "/$default" => "$default".to_owned(),
            path => route_key(&self.prefix, method, path),
        };
        let root = self.root.clone().filter(|_| !defaults.requires_api_key(&route_key)).unwrap_or_default();
        let asked = RouteRequirement { guard: asked.guard.or(root.guard), api_key: asked.api_key.or(root.api_key) };
        self.routes.add(at, route_key, asked, defaults)
    }

    /// Returns the methods of a path of the definition that were read so far.
    pub(super) fn methods(&self, path: &str) -> Vec<String> {
        let key = route_key(&self.prefix, "", path);
        self.routes.methods(key.trim_start()).map(str::to_owned).collect()
    }

    /// Whether the root `security` of the definition names an authorizer.
    pub(super) fn has_root_guard(&self) -> bool {
        self.root.as_ref().is_some_and(|root| root.guard.is_some())
    }

    fn read_schemes(&mut self, root: &Cursor<'_>, settings: &ImportSettings<'_>, defaults: &Defaults) {
        let version = |name: &str| root.get(name).and_then(|at| settings.variables.text(&at).ok()).unwrap_or_default();
        let all = match (&*version("swagger"), &*version("openapi")) {
            ("2.0", "") => root.get("securityDefinitions"),
            ("", version) if version.starts_with("3.") => {
                let all = root.get("components").and_then(|components| components.get("securitySchemes"));
                if defaults.replaces_schemes {
                    self.drop_schemes(all.iter().flat_map(Cursor::entries));
                }
                match (defaults.moves_schemes, defaults.replaces_schemes) {
                    (true, _) => root.get("securityDefinitions"),
                    (false, true) => return,
                    (false, false) => all,
                }
            }
            _ => return self.findings.problem(root, "expected `swagger: \"2.0\"` or `openapi: 3.…`"),
        };
        let reader = settings.scheme_reader();
        for (name, at) in all.iter().flat_map(Cursor::entries) {
            let scheme = reader.read(name, &at, &mut self.findings);
            if matches!(self.schemes.get(name), Some(Scheme::Other(_))) && defaults.moves_schemes {
                self.schemes.remove(name);
            }
            self.add_scheme(name, &at, scheme);
        }
    }

    /// Marks schemes that SAM replaces with those of the template: an operation that names one is rejected.
    fn drop_schemes<'d>(&mut self, all: impl Iterator<Item = (&'d str, Cursor<'d>)>) {
        for (name, at) in all.filter(|(name, _)| !self.schemes.contains_key(*name)).collect::<Vec<_>>() {
            let problem = at.problem(
                "SAM replaces the `components.securitySchemes` of an OpenAPI 3 definition: add the authorizer to \
                 `Auth`, or remove `Auth`",
            );
            self.schemes.insert(name.to_owned(), Scheme::Other(problem));
        }
    }

    /// Adds a scheme. A second scheme with the same name is a problem.
    pub(super) fn add_scheme(&mut self, name: &str, at: &Cursor<'_>, scheme: Scheme) {
        if self.schemes.insert(name.to_owned(), scheme).is_some() {
            self.findings.problem(at, format!("there are two authorizers `{name}`: keep one"));
        }
    }

    /// Returns the name of the scheme for an authorizer that is a resource of its own. `Auth` of a SAM API may have an
    /// authorizer of the same name: names and logical IDs are two name spaces.
    pub(super) fn attached_name(&mut self, logical_id: &str) -> String {
        let is_taken = self.schemes.contains_key(logical_id);
        let name = if is_taken { format!("{logical_id} (resource)") } else { logical_id.to_owned() };
        self.attached.insert(logical_id.to_owned(), name.clone());
        name
    }

    /// Builds the definition, unless there are problems.
    pub(super) fn finish(
        mut self,
        root: &Cursor<'_>,
        settings: &ImportSettings<'_>,
    ) -> Result<ApiDefinition, ApiDefinitionError> {
        let gateway_responses = self.responses.build(root, settings.variables, &mut self.findings);
        if !self.findings.problems.is_empty() {
            return Err(ApiDefinitionError::of(self.findings.problems));
        }
        self.findings.notes.append(&mut self.routes.reasons);
        let routes = self.routes.all;
        let used: BTreeSet<&String> = routes.iter().filter_map(|route| route.authorizer.as_ref()).collect();
        let mut authorizers = Vec::new();
        for (name, scheme) in &self.schemes {
            match scheme {
                Scheme::Authorizer(authorizer) if used.contains(name) => authorizers.push(authorizer.clone()),
                Scheme::Authorizer(_) | Scheme::ApiKey => {
                    self.findings.note(root, format!("no route uses the security scheme `{name}` as its authorizer"));
                }
                // A route that uses this scheme was rejected before.
                Scheme::Other(problem) => self.findings.notes.push(problem.clone()),
            }
        }
        let notes = self.findings.notes;
        let defined_scopes = self.defined_scopes;
        let (assumed, cors) = (self.assumed, self.cors);
        let definition = ApiDefinition { authorizers, routes, gateway_responses, defined_scopes, assumed, cors, notes };
        // Reports an invalid route key now, not when the caller builds the table.
        definition.route_table().build()?;
        Ok(definition)
    }
}
