//! Paths, operations and what guards them, of Swagger 2.0 and OpenAPI 3 ([behaviour §6](crate::docs::behaviour)).

use std::collections::BTreeMap;

use super::{
    base_path::{BasePath, prefix},
    document::Value,
    problem::{Cursor, Findings, Problem},
    scheme::Scheme,
    variables::Variables,
};
use crate::{route::RouteAuthorization, scope::ScopeSet};

/// A route of a definition.
#[derive(Clone, Debug)]
pub(super) struct RouteDefinition {
    pub(super) route_key: String,
    pub(super) authorization: RouteAuthorization,
    /// The authorizer that the route asks for.
    pub(super) authorizer: Option<String>,
}

/// Reads the routes of a definition.
#[derive(Debug)]
pub(super) struct RouteReader<'r> {
    pub(super) root: Cursor<'r>,
    pub(super) schemes: &'r BTreeMap<String, Scheme>,
    pub(super) variables: &'r Variables,
    pub(super) base_path: BasePath,
    pub(super) ignores_root_security: bool,
}

impl RouteReader<'_> {
    pub(super) fn read(&self, findings: &mut Findings) -> Vec<RouteDefinition> {
        let Some(paths) = self.root.get("paths").filter(Cursor::is_map) else {
            findings.problem(&self.root, "`paths` is missing");
            return Vec::new();
        };
        let prefix = match prefix(&self.root, self.variables, self.base_path) {
            Ok(prefix) => prefix,
            Err(problem) => {
                findings.problems.push(problem);
                return Vec::new();
            }
        };
        let mut routes: Vec<(Cursor<'_>, RouteDefinition)> = Vec::new();
        for (path, item) in paths.entries().filter(|(path, _)| !path.starts_with("x-")) {
            let item = match self.resolved(item) {
                Ok(item) => item,
                Err(problem) => {
                    findings.problems.push(problem);
                    continue;
                }
            };
            for (name, operation) in item.entries() {
                let Some(method) = method(name, &operation, findings) else { continue };
                match self.route(&prefix, path, method, &operation, findings) {
                    Ok(route) => match routes.iter().find(|(_, own)| own.route_key == route.route_key) {
                        Some((first, _)) => {
                            let message = format!("the same route as that at line {}: keep one", first.node.line);
                            findings.problem(&operation, message);
                        }
                        None => routes.push((operation, route)),
                    },
                    Err(problem) => findings.problems.push(problem),
                }
            }
        }
        routes.into_iter().map(|(_, route)| route).collect()
    }

    fn route(
        &self,
        prefix: &str,
        path: &str,
        method: &str,
        operation: &Cursor<'_>,
        findings: &mut Findings,
    ) -> Result<RouteDefinition, Problem> {
        let is_default = operation.get("isDefaultRoute").is_some_and(|at| matches!(at.node.value, Value::Bool(true)));
        let route_key = match path {
            _ if is_default => "$default".to_owned(),
            "/$default" | "$default" => "$default".to_owned(),
            "/" if !prefix.is_empty() => format!("{method} {prefix}"),
            path => format!("{method} {prefix}{path}"),
        };
        let (authorization, authorizer) = self.guard(operation, findings)?;
        Ok(RouteDefinition { route_key, authorization, authorizer })
    }

    /// What an operation asks for, and of which authorizer.
    fn guard(
        &self,
        operation: &Cursor<'_>,
        findings: &mut Findings,
    ) -> Result<(RouteAuthorization, Option<String>), Problem> {
        if let Some(auth) = operation.get("x-amazon-apigateway-auth") {
            let kind = auth.get("type").map(|at| self.variables.text(&at)).transpose()?.unwrap_or_default();
            return match &*kind.to_ascii_uppercase() {
                "NONE" => Ok((RouteAuthorization::None, None)),
                _ => Err(auth.problem(format!("`{kind}` cannot be imported: this route would be open"))),
            };
        }
        let of_root = || self.root.get("security").filter(|_| !self.ignores_root_security);
        let Some(security) = operation.get("security").or_else(of_root) else {
            return Ok((RouteAuthorization::None, None));
        };
        if !security.is_list() {
            return Err(security.problem("expected a list of security requirements"));
        }
        let mut found: Option<(String, RouteAuthorization)> = None;
        let mut has_api_key = false;
        let mut is_empty = true;
        for requirement in security.items() {
            is_empty = false;
            if requirement.entries().next().is_none() {
                return Err(requirement.problem("`{}` would let everybody in: take it out, or write `security: []`"));
            }
            for (name, scopes) in requirement.entries() {
                match self.schemes.get(name) {
                    None => return Err(scopes.problem(format!("there is no security scheme `{name}`"))),
                    Some(Scheme::Other(problem)) => return Err(problem.clone()),
                    Some(Scheme::ApiKey) => {
                        has_api_key = true;
                        findings.note(&scopes, "the API key is not checked here");
                    }
                    Some(Scheme::Authorizer(_)) if found.is_some() => {
                        return Err(requirement.problem("API Gateway has one authorizer for a route: name one"));
                    }
                    Some(Scheme::Authorizer(_)) => found = Some((name.to_owned(), self.scopes(&scopes)?)),
                }
            }
        }
        match found {
            Some((name, authorization)) => Ok((authorization, Some(name))),
            None if has_api_key => {
                Err(security.problem("an API key alone cannot be checked here: this route would be open"))
            }
            None if is_empty => Ok((RouteAuthorization::None, None)),
            None => Err(security.problem("expected a list of security requirements")),
        }
    }

    fn scopes(&self, at: &Cursor<'_>) -> Result<RouteAuthorization, Problem> {
        if !at.is_list() {
            return Err(at.problem("expected a list of scopes, empty if there are none"));
        }
        let scopes = at.items().map(|at| self.variables.text(&at)).collect::<Result<Vec<_>, _>>()?;
        if scopes.is_empty() {
            return Ok(RouteAuthorization::Token);
        }
        let scopes = ScopeSet::new(scopes).map_err(|error| at.problem(error.to_string()))?;
        Ok(RouteAuthorization::Scopes(scopes))
    }

    /// What a `$ref` to a place in this definition stands for.
    fn resolved<'d>(&'d self, at: Cursor<'d>) -> Result<Cursor<'d>, Problem> {
        let mut at = at;
        // Whoever goes round in a circle gets nowhere.
        for _ in 0..16 {
            let Some(reference) = at.get("$ref") else { return Ok(at) };
            let Value::Text(target) = &reference.node.value else {
                return Err(reference.problem("expected a text"));
            };
            let Some(pointer) = target.strip_prefix("#/") else {
                return Err(reference.problem("only references within the definition can be followed: `#/…`"));
            };
            let mut found = Some(self.root.clone());
            for name in pointer.split('/') {
                let name = name.replace("~1", "/").replace("~0", "~");
                found = found.and_then(|at| at.get(&name));
            }
            at = found.ok_or_else(|| reference.problem("the reference leads nowhere"))?;
        }
        Err(at.problem("the reference leads in a circle"))
    }
}

/// The method of a member of a path item; None if it is no operation.
fn method(name: &str, at: &Cursor<'_>, findings: &mut Findings) -> Option<&'static str> {
    let method = match name {
        "get" => "GET",
        "put" => "PUT",
        "post" => "POST",
        "delete" => "DELETE",
        "options" => "OPTIONS",
        "head" => "HEAD",
        "patch" => "PATCH",
        "x-amazon-apigateway-any-method" => "ANY",
        "trace" => {
            findings.note(at, "API Gateway has no TRACE: such a request is refused");
            return None;
        }
        _ => return None,
    };
    Some(method)
}
