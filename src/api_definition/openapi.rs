//! Reads paths, operations and their guards from Swagger 2.0 and OpenAPI 3 ([behaviour §6](crate::docs::behaviour)).
//!
//! Anything unreadable that could guard a route is a problem, so that no route is open by mistake.

use super::{
    base_path::route_key,
    mock,
    notes::{API_KEY_ALONE, READ_BEFORE_FUNCTIONS, RESOURCE_POLICY},
    routes::{ANY_METHOD, Defaults, Guard, METHODS, RouteRequirement, Routes, SchemeUse, Schemes, scheme_use, scopes},
    scheme::Scheme,
};
use crate::{
    document::{Cursor, Findings, NodeValue, Problem, Variables},
    limits::{MAX_DEFINITION_DEPTH, MAX_REFERENCE_CHAIN, MAX_REFERENCE_STEPS, MAX_REFERENCES, MAX_SCOPES},
};

/// Reads the routes of a definition.
pub(super) struct RouteReader<'r> {
    pub(super) root: Cursor<'r>,
    pub(super) schemes: &'r Schemes,
    pub(super) variables: &'r Variables,
    /// The prefix of every path.
    pub(super) prefix: String,
    pub(super) ignores_root_security: bool,
    /// Whether to import routes that cannot be checked as routes that reject every request.
    pub(super) rejects_unsupported: bool,
    /// The template's defaults for routes that state no requirement.
    pub(super) defaults: &'r Defaults,
}

impl<'r> RouteReader<'r> {
    /// Adds the routes, and returns the requirement of the root `security`; `None` if it is missing or cannot be read.
    pub(super) fn read(&self, routes: &mut Routes, findings: &mut Findings) -> Option<RouteRequirement> {
        let names = ["paths", "security", "x-amazon-apigateway-gateway-responses", "x-amazon-apigateway-policy"];
        findings.check_spelling(&self.root, &names);
        let paths = match self.root.get("paths").map(Cursor::map) {
            Some(Ok(paths)) => paths,
            Some(Err(problem)) => {
                findings.add(problem);
                return None;
            }
            None => {
                findings.problem(&self.root, "`paths` is missing");
                return None;
            }
        };
        if let Some(policy) = self.root.get("x-amazon-apigateway-policy") {
            findings.problem(&policy, RESOURCE_POLICY);
        }
        let security = self.root.get("security").filter(|_| !self.ignores_root_security);
        let root = match security.map(|security| self.asked(&security, findings)).transpose() {
            Ok(root) => root,
            Err(problem) => {
                findings.add(problem);
                return None;
            }
        };
        let mut reading = Reading { reader: self, root, references: 0, steps: 0, routes };
        for (path, item) in paths.entries() {
            reading.path(path, item, findings);
        }
        reading.root
    }

    /// Reads a list of security requirements.
    fn asked(&self, security: &Cursor<'_>, findings: &mut Findings) -> Result<RouteRequirement, Problem> {
        let security = security.clone().list()?;
        if self.defaults.joins_requirements() && security.has_branches() {
            return Err(security.problem(READ_BEFORE_FUNCTIONS));
        }
        let mut asked = RouteRequirement::default();
        for (number, requirement) in security.items().enumerate() {
            if number >= MAX_SCOPES {
                return Err(security.problem(format!("more than {MAX_SCOPES} requirements")));
            }
            let requirement = requirement.map()?;
            if requirement.entries().next().is_none() {
                return Err(requirement.problem(
                    "the empty requirement `{}` would allow every request: remove it, or write `security: []`",
                ));
            }
            for (name, at) in requirement.entries() {
                // SAM writes `NONE` for a route that opts out of the default authorizer, and leaves it in what it makes.
                let is_alone = security.items().count() == 1 && requirement.entries().count() == 1;
                let is_marked = name == "NONE"
                    && !self.schemes.contains_key(name)
                    && (self.defaults.guard.is_some() || is_alone && at.size() == 0);
                if is_marked && asked.guard.is_none() {
                    asked.guard = Some(Guard::OPEN);
                    continue;
                }
                if !is_marked && !self.is_known_to_sam(name) {
                    return Err(requirement.problem(format!(
                        "SAM would add the `DefaultAuthorizer` to `{name}`: use one of the `Authorizers` of `Auth`"
                    )));
                }
                self.add_scheme_use(&requirement, name, at, &mut asked, findings)?;
            }
        }
        Ok(asked)
    }

    /// Adds what a scheme requires.
    fn add_scheme_use(
        &self,
        requirement: &Cursor<'_>,
        name: &str,
        at: Cursor<'_>,
        asked: &mut RouteRequirement,
        findings: &mut Findings,
    ) -> Result<(), Problem> {
        let scheme = scheme_use(self.schemes, name, &at)?;
        if !matches!(scheme, SchemeUse::ApiKey) && asked.guard.is_some() {
            return Err(requirement.problem("API Gateway allows one authorizer per route: name one"));
        }
        match scheme {
            SchemeUse::ApiKey => {
                asked.api_key = Some(true);
                findings.note(&at, "the API key is not checked here");
            }
            SchemeUse::Authorizer => {
                let authorization = scopes(at, self.variables)?;
                asked.guard = Some(Guard { authorization, authorizer: Some(name.to_owned()) });
            }
            SchemeUse::Unsupported(problem) if self.rejects_unsupported => {
                findings.notes.push(problem);
                asked.guard = Some(Guard::UNSUPPORTED);
            }
            SchemeUse::Unsupported(problem) => return Err(problem),
        }
        Ok(())
    }

    /// Whether SAM does not add the default authorizer beside this scheme. SAM adds it beside an authorizer that `Auth`
    /// does not define.
    fn is_known_to_sam(&self, name: &str) -> bool {
        let is_authorizer = matches!(self.schemes.get(name), Some(Scheme::Authorizer(_)));
        self.defaults.authorizers.as_ref().is_none_or(|authorizers| !is_authorizer || authorizers.contains(name))
    }
}

/// The state of reading the routes.
struct Reading<'r, 'd> {
    reader: &'r RouteReader<'d>,
    root: Option<RouteRequirement>,
    references: usize,
    /// The number of members searched to resolve references.
    steps: usize,
    routes: &'r mut Routes,
}

impl<'d> Reading<'_, 'd> {
    fn path(&mut self, path: &str, item: Cursor<'d>, findings: &mut Findings) {
        if path.eq_ignore_ascii_case(ANY_METHOD) {
            findings.problem(&item, "this operation must be below a path");
        } else if path.starts_with("x-") {
            // API Gateway ignores other extensions.
        } else if !path.starts_with('/') && path != "$default" {
            findings.problem(&item, "a path must start with `/`");
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
                        "API Gateway does not have this operation: correct its name, or remove it",
                    );
                    continue;
                }
            };
            if let Err(problem) = self.route(path, method, operation.clone(), findings) {
                findings.add(problem);
            }
        }
    }

    fn route(
        &mut self,
        path: &str,
        method: &str,
        operation: Cursor<'d>,
        findings: &mut Findings,
    ) -> Result<(), Problem> {
        let operation = operation.map()?;
        findings.check_spelling(&operation, &["security", "x-amazon-apigateway-auth", "isDefaultRoute", "$ref"]);
        if operation.get("$ref").is_some() {
            return Err(operation.problem("`$ref` is supported only for a whole path: write the operation directly"));
        }
        let is_default = match operation.get("isDefaultRoute") {
            None => false,
            Some(at) => match at.node.value {
                NodeValue::Bool(is_default) => is_default,
                _ => return Err(at.problem("expected true or false")),
            },
        };
        let route_key = match path {
            "/$default" | "$default" => None,
            _ if is_default => None,
            path => Some(route_key(&self.reader.prefix, method, path)),
        };
        let route_key = match route_key {
            Some(route_key) => route_key,
            None if method == "ANY" => "$default".to_owned(),
            None => {
                return Err(operation.problem(format!("the default route must be for every method: use {ANY_METHOD}")));
            }
        };
        let asked = self.asked(&operation, &route_key, findings)?;
        self.routes.add(&operation, route_key, asked, self.reader.defaults)?;
        mock::answer_last(self.routes, &operation, self.reader.variables, findings)
    }

    /// Returns the requirement of an operation: its `security`, or else the root `security`. An API key that the
    /// template requires of every operation replaces the root `security`.
    fn asked(
        &mut self,
        operation: &Cursor<'_>,
        route_key: &str,
        findings: &mut Findings,
    ) -> Result<RouteRequirement, Problem> {
        let own = operation.get("security").map(|security| self.reader.asked(&security, findings)).transpose()?;
        let is_said = own.is_some() || self.root.is_some() || operation.get("x-amazon-apigateway-auth").is_some();
        if !is_said && self.reader.defaults.guard.is_none() {
            findings.note(
                operation,
                "this operation is open because it has no `security`: write `security: []` if this is intended",
            );
        }
        let defaults = self.reader.defaults;
        let has_key_alone = own.as_ref().is_some_and(|own| own.api_key.is_some() && own.guard.is_none());
        if has_key_alone && defaults.guard.is_some() && !defaults.joins_requirements() {
            let guard = self.routes.unsupported(operation.problem(API_KEY_ALONE))?;
            return Ok(RouteRequirement { guard: Some(guard), api_key: None });
        }
        let root = self.root.as_ref().filter(|_| !defaults.requires_api_key(route_key));
        let asked = own.or_else(|| root.cloned()).unwrap_or_default();
        let Some(auth) = operation.get("x-amazon-apigateway-auth") else { return Ok(asked) };
        let auth = auth.map()?;
        let kind = self.reader.variables.member(&auth, "type")?.unwrap_or_default();
        if kind != "NONE" {
            let problem = auth.problem("only `type: NONE` can be imported: this route would be open");
            return Ok(RouteRequirement { guard: Some(self.routes.unsupported(problem)?), api_key: None });
        }
        if self.reader.defaults.guard.is_some() {
            return Err(auth.problem(
                "`x-amazon-apigateway-auth` would open this route, but the template has a default \
                              authorizer: remove one of the two",
            ));
        }
        if asked.guard.as_ref().is_some_and(|guard| guard.authorizer.is_some()) {
            findings.note(
                &auth,
                "`x-amazon-apigateway-auth` opens the operation, although its `security` names an authorizer",
            );
        }
        Ok(RouteRequirement { guard: Some(Guard::OPEN), ..asked })
    }

    /// Follows a `$ref` to a place in this definition.
    fn resolved(&mut self, at: Cursor<'d>) -> Result<Cursor<'d>, Problem> {
        let mut at = at;
        for _ in 0..MAX_REFERENCE_CHAIN {
            let Some(reference) = at.get("$ref") else { return Ok(at) };
            self.references += 1;
            if self.references > MAX_REFERENCES {
                return Err(reference.problem(format!("more than {MAX_REFERENCES} references")));
            }
            let NodeValue::Text(target) = &reference.node.value else {
                return Err(reference.problem("expected a string"));
            };
            let is_beside = |name: &str| !["$ref", "summary", "description"].contains(&name);
            let beside = at.entries().find(|(name, _)| is_beside(name));
            if let Some((_, member)) = beside {
                return Err(member.problem("a member next to `$ref` is not read: remove it"));
            }
            let Some(pointer) = target.strip_prefix("#/") else {
                return Err(reference.problem("only references within the definition can be followed: `#/…`"));
            };
            let mut found = Some(self.reader.root.clone());
            // No value is nested deeper than the limit, so a longer pointer never resolves.
            for name in pointer.split('/').take(MAX_DEFINITION_DEPTH + 1) {
                let name = name.replace("~1", "/").replace("~0", "~");
                self.steps += found.as_ref().map_or(0, Cursor::size);
                found = found.and_then(|at| at.get(&name));
            }
            if self.steps > MAX_REFERENCE_STEPS {
                return Err(reference
                    .problem("the references take too many steps to resolve: use fewer references, or smaller maps"));
            }
            at = found.ok_or_else(|| reference.problem(format!("unresolved reference `{target}`")))?;
        }
        Err(at.problem("circular reference"))
    }
}
