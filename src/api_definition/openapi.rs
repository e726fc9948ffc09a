//! Paths, operations and what guards them, of Swagger 2.0 and OpenAPI 3 ([behaviour §6](crate::docs::behaviour)).
//!
//! Whatever could mean that a route is guarded, and cannot be read, is a problem: nothing is open by mistake.

use std::collections::{BTreeMap, HashMap};

use super::scheme::Scheme;
use crate::{
    document::{Cursor, Findings, Problem, Value, Variables},
    route::{RouteAuthorization, RouteTable},
    scope::ScopeSet,
};

/// A route of a definition.
#[derive(Clone, Debug)]
pub(super) struct RouteDefinition {
    pub(super) route_key: String,
    pub(super) authorization: RouteAuthorization,
    /// The authorizer that the route asks for.
    pub(super) authorizer: Option<String>,
}

/// What a list of security requirements asks for.
#[derive(Clone, Debug)]
struct Guard {
    authorization: RouteAuthorization,
    authorizer: Option<String>,
    has_api_key: bool,
}

/// Reads the routes of a definition.
pub(super) struct RouteReader<'r> {
    pub(super) root: Cursor<'r>,
    pub(super) schemes: &'r BTreeMap<String, Scheme>,
    pub(super) variables: &'r Variables,
    /// What stands before every path.
    pub(super) prefix: String,
    pub(super) ignores_root_security: bool,
}

/// References that are followed, in all.
const MOST_REFERENCES: usize = 2_000;

/// Requirements of an operation, and scopes of a requirement.
const MOST_SCOPES: usize = 100;

impl<'r> RouteReader<'r> {
    pub(super) fn read(&self, findings: &mut Findings) -> Vec<RouteDefinition> {
        let names = ["paths", "security", "x-amazon-apigateway-gateway-responses", "x-amazon-apigateway-policy"];
        findings.check_spelling(&self.root, &names);
        let paths = match self.root.get("paths").map(Cursor::map) {
            Some(Ok(paths)) => paths,
            Some(Err(problem)) => {
                findings.add(problem);
                return Vec::new();
            }
            None => {
                findings.problem(&self.root, "`paths` is missing");
                return Vec::new();
            }
        };
        if let Some(policy) = self.root.get("x-amazon-apigateway-policy") {
            findings.problem(&policy, "a resource policy cannot be enforced here: take it out if something else does");
        }
        let root_guard = match self.root.get("security").filter(|_| !self.ignores_root_security) {
            Some(security) => match self.guard(&security, findings) {
                Ok(guard) => Some(guard),
                Err(problem) => {
                    findings.add(problem);
                    return Vec::new();
                }
            },
            None => None,
        };
        let mut reading = Reading { reader: self, root_guard, references: 0, seen: HashMap::new(), routes: Vec::new() };
        for (path, item) in paths.entries() {
            reading.path(path, item, findings);
        }
        reading.routes
    }

    /// What a list of security requirements asks for.
    fn guard(&self, security: &Cursor<'_>, findings: &mut Findings) -> Result<Guard, Problem> {
        let security = security.clone().list()?;
        let mut guard = Guard { authorization: RouteAuthorization::None, authorizer: None, has_api_key: false };
        for (number, requirement) in security.items().enumerate() {
            if number >= MOST_SCOPES {
                return Err(security.problem(format!("more than {MOST_SCOPES} requirements")));
            }
            let requirement = requirement.map()?;
            if requirement.entries().next().is_none() {
                return Err(requirement.problem("`{}` would let everybody in: take it out, or write `security: []`"));
            }
            for (name, scopes) in requirement.entries() {
                match self.schemes.get(name) {
                    None => return Err(scopes.problem("there is no security scheme of this name")),
                    Some(Scheme::Other(problem)) => {
                        let line = problem.line();
                        return Err(scopes.problem(format!("{} (the scheme at line {line})", problem.message())));
                    }
                    Some(Scheme::ApiKey) => {
                        guard.has_api_key = true;
                        findings.note(&scopes, "the API key is not checked here");
                    }
                    Some(Scheme::Authorizer(_)) if guard.authorizer.is_some() => {
                        return Err(requirement.problem("API Gateway has one authorizer for a route: name one"));
                    }
                    Some(Scheme::Authorizer(_)) => {
                        guard.authorizer = Some(name.to_owned());
                        guard.authorization = self.scopes(scopes)?;
                    }
                }
            }
        }
        if guard.has_api_key && guard.authorizer.is_none() {
            return Err(security.problem("an API key alone cannot be checked here: this route would be open"));
        }
        Ok(guard)
    }

    fn scopes(&self, at: Cursor<'_>) -> Result<RouteAuthorization, Problem> {
        let at = at.list()?;
        if at.items().count() > MOST_SCOPES {
            return Err(at.problem(format!("more than {MOST_SCOPES} scopes")));
        }
        let scopes = at.items().map(|at| self.variables.text(&at)).collect::<Result<Vec<_>, _>>()?;
        if scopes.is_empty() {
            return Ok(RouteAuthorization::Token);
        }
        let scopes = ScopeSet::new(scopes).map_err(|error| at.problem(error.to_string()))?;
        Ok(RouteAuthorization::Scopes(scopes))
    }
}

/// The routes so far.
struct Reading<'r, 'd> {
    reader: &'r RouteReader<'d>,
    root_guard: Option<Guard>,
    references: usize,
    /// The line of each route.
    seen: HashMap<String, usize>,
    routes: Vec<RouteDefinition>,
}

impl<'d> Reading<'_, 'd> {
    fn path(&mut self, path: &str, item: Cursor<'d>, findings: &mut Findings) {
        if path.eq_ignore_ascii_case(ANY_METHOD) {
            findings.problem(&item, "this belongs below a path");
        } else if path.starts_with("x-") {
            // Anything may stand under such a name, and it means nothing to API Gateway.
        } else if !path.starts_with('/') && path != "$default" {
            findings.problem(&item, "a path starts with a slash");
        } else {
            match self.resolved(item).and_then(Cursor::map) {
                Ok(item) => self.operations(path, &item, findings),
                Err(problem) => findings.add(problem),
            }
        }
    }

    fn operations(&mut self, path: &str, item: &Cursor<'d>, findings: &mut Findings) {
        for (name, operation) in item.entries() {
            let method = match METHODS.iter().find(|(own, _)| *own == name) {
                Some((_, method)) => *method,
                None if ["summary", "description", "parameters", "servers", "$ref"].contains(&name) => continue,
                None if name.starts_with("x-") && !name.eq_ignore_ascii_case(ANY_METHOD) => continue,
                None => {
                    findings.problem(
                        &operation,
                        "this is no operation that API Gateway has: write it right, or take it out",
                    );
                    continue;
                }
            };
            match self.route(path, method, operation.clone(), findings) {
                Ok(route) => self.routes.push(route),
                Err(problem) => findings.add(problem),
            }
        }
    }

    fn route(
        &mut self,
        path: &str,
        method: &str,
        operation: Cursor<'d>,
        findings: &mut Findings,
    ) -> Result<RouteDefinition, Problem> {
        let operation = operation.map()?;
        findings.check_spelling(&operation, &["security", "x-amazon-apigateway-auth", "isDefaultRoute", "$ref"]);
        if operation.get("$ref").is_some() {
            return Err(operation.problem("a reference is followed for a whole path alone: write the operation out"));
        }
        let is_default = match operation.get("isDefaultRoute") {
            None => false,
            Some(at) => match at.node.value {
                Value::Bool(is_default) => is_default,
                _ => return Err(at.problem("expected true or false")),
            },
        };
        let prefix = &self.reader.prefix;
        let route_key = match path {
            "/$default" | "$default" => None,
            _ if is_default => None,
            "/" if !prefix.is_empty() => Some(format!("{method} {prefix}")),
            path => Some(format!("{method} {prefix}{path}")),
        };
        let route_key = match route_key {
            Some(route_key) => route_key,
            None if method == "ANY" => "$default".to_owned(),
            None => return Err(operation.problem(format!("the default route is for every method: {ANY_METHOD}"))),
        };
        let guard = self.guard(&operation, findings)?;
        if let Some(line) = self.seen.insert(route_key.clone(), operation.node.line) {
            return Err(operation.problem(format!("the same route as that at line {line}: keep one")));
        }
        let alone = RouteTable::builder().route(&route_key, guard.authorization.clone()).build();
        alone.map_err(|error| operation.problem(error.to_string()))?;
        Ok(RouteDefinition { route_key, authorization: guard.authorization, authorizer: guard.authorizer })
    }

    /// What an operation asks for: what it says itself, or what the root says.
    fn guard(&self, operation: &Cursor<'_>, findings: &mut Findings) -> Result<Guard, Problem> {
        let own = operation.get("security").map(|security| self.reader.guard(&security, findings)).transpose()?;
        let open = Guard { authorization: RouteAuthorization::None, authorizer: None, has_api_key: false };
        let guard = own.or_else(|| self.root_guard.clone()).unwrap_or_else(|| open.clone());
        let Some(auth) = operation.get("x-amazon-apigateway-auth") else { return Ok(guard) };
        let auth = auth.map()?;
        let kind = self.reader.variables.member(&auth, "type")?.unwrap_or_default();
        if kind != "NONE" {
            return Err(auth.problem("only `type: NONE` can be imported: this route would be open"));
        }
        if guard.has_api_key {
            return Err(auth.problem("an API key alone cannot be checked here: this route would be open"));
        }
        Ok(open)
    }

    /// What a `$ref` to a place in this definition stands for.
    fn resolved(&mut self, at: Cursor<'d>) -> Result<Cursor<'d>, Problem> {
        let mut at = at;
        // Whoever goes round in a circle gets nowhere.
        for _ in 0..16 {
            let Some(reference) = at.get("$ref") else { return Ok(at) };
            self.references += 1;
            if self.references > MOST_REFERENCES {
                return Err(reference.problem(format!("more than {MOST_REFERENCES} references")));
            }
            let Value::Text(target) = &reference.node.value else {
                return Err(reference.problem("expected a text"));
            };
            let is_beside = |name: &str| !["$ref", "summary", "description"].contains(&name);
            let beside = at.entries().find(|(name, _)| is_beside(name));
            if let Some((_, member)) = beside {
                return Err(member.problem("what stands beside a reference is not read: take it out"));
            }
            let Some(pointer) = target.strip_prefix("#/") else {
                return Err(reference.problem("only references within the definition can be followed: `#/…`"));
            };
            let mut found = Some(self.reader.root.clone());
            for name in pointer.split('/').take(16) {
                let name = name.replace("~1", "/").replace("~0", "~");
                found = found.and_then(|at| at.get(&name));
            }
            at = found.ok_or_else(|| reference.problem("the reference leads nowhere"))?;
        }
        Err(at.problem("the reference leads in a circle"))
    }
}

const ANY_METHOD: &str = "x-amazon-apigateway-any-method";

/// The members of a path item that are operations, and their methods.
const METHODS: [(&str, &str); 8] = [
    ("get", "GET"),
    ("put", "PUT"),
    ("post", "POST"),
    ("delete", "DELETE"),
    ("options", "OPTIONS"),
    ("head", "HEAD"),
    ("patch", "PATCH"),
    (ANY_METHOD, "ANY"),
];
