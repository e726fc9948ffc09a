//! Reads API definitions: what is set once, and then texts and files.
//!
//! In: the text of a definition, JSON or YAML. Out: an [`ApiDefinition`]. Refused: everything that is wrong in it, at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::{
    ApiDefinition, ApiDefinitionError,
    base_path::{BasePath, prefix},
    gateway_responses,
    openapi::RouteReader,
    scheme::{Scheme, SchemeReader},
};
use crate::{
    document::{self, Cursor, Findings, Variables},
    user_pool::UserPool,
};

/// Reads API definitions.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ApiDefinitionReader {
    variables: Variables,
    user_pools: Vec<UserPool>,
    base_path: BasePath,
    ignores_root_security: bool,
}

impl ApiDefinitionReader {
    /// What `${stageVariables.<name>}`, and in CloudFormation's `Fn::Sub` and `Ref` the name alone, stands for.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Takes this user pool wherever the definition names its id, with its issuer and the address of its keys: for an
    /// emulator, such as a local user pool.
    pub fn user_pool(mut self, user_pool: UserPool) -> Self {
        self.user_pools.push(user_pool);
        self
    }

    /// What becomes of the base path; it is left out unless something is said.
    pub fn base_path(mut self, base_path: BasePath) -> Self {
        self.base_path = base_path;
        self
    }

    /// Leaves a `security` at the root out of account, as the documentation of API Gateway says that it does. By
    /// default it holds for every operation without one of its own ([behaviour §6.1.7](crate::docs::behaviour)).
    pub fn ignore_root_security(mut self) -> Self {
        self.ignores_root_security = true;
        self
    }

    /// Reads a definition, JSON or YAML.
    ///
    /// # Errors
    ///
    /// [`ApiDefinitionError::Definition`], with everything that is wrong and where.
    pub fn read(&self, text: &str) -> Result<ApiDefinition, ApiDefinitionError> {
        let document = document::parse(text).map_err(|malformed| ApiDefinitionError::of(vec![malformed.into()]))?;
        let root = Cursor::root(&document);
        let mut findings = Findings::default();
        let schemes = self.schemes(&root, &mut findings);
        let prefix = prefix(&root, &self.variables, self.base_path).unwrap_or_else(|problem| {
            findings.add(problem);
            String::new()
        });
        let routes = RouteReader {
            root: root.clone(),
            schemes: &schemes,
            variables: &self.variables,
            prefix,
            ignores_root_security: self.ignores_root_security,
        };
        let routes = routes.read(&mut findings);
        let gateway_responses = gateway_responses::read(&root, &self.variables, &mut findings);
        let known = ["x-amazon-apigateway-gateway-responses", "x-amazon-apigateway-policy"];
        for (name, at) in root.entries() {
            if name.starts_with("x-amazon-apigateway-") && !known.contains(&name) {
                findings.note(&at, "not enforced here");
            }
        }
        if !findings.problems.is_empty() {
            return Err(ApiDefinitionError::of(findings.problems));
        }
        let used: BTreeSet<&String> = routes.iter().filter_map(|route| route.authorizer.as_ref()).collect();
        let mut authorizers = Vec::new();
        for (name, scheme) in &schemes {
            match scheme {
                Scheme::Authorizer(authorizer) if used.contains(name) => authorizers.push(authorizer.clone()),
                Scheme::Authorizer(_) | Scheme::ApiKey => {
                    findings.note(&root, format!("no route asks for the security scheme `{name}` alone"));
                }
                // A route that asked for it would have been refused.
                Scheme::Other(problem) => findings.notes.push(problem.clone()),
            }
        }
        let definition = ApiDefinition { authorizers, routes, gateway_responses, notes: findings.notes };
        // A route key that cannot be read is found now, and not when somebody builds the table.
        definition.route_table().build().map_err(|error| ApiDefinitionError::Routes { reason: error.to_string() })?;
        Ok(definition)
    }

    /// Reads a definition from a file.
    ///
    /// # Errors
    ///
    /// [`ApiDefinitionError::File`], or as [`read`](Self::read).
    pub fn read_file(&self, path: impl AsRef<Path>) -> Result<ApiDefinition, ApiDefinitionError> {
        let path = path.as_ref();
        let text =
            fs::read_to_string(path).map_err(|source| ApiDefinitionError::File { path: path.to_owned(), source })?;
        self.read(&text)
    }

    fn schemes(&self, root: &Cursor<'_>, findings: &mut Findings) -> BTreeMap<String, Scheme> {
        let version = |name: &str| root.get(name).and_then(|at| self.variables.text(&at).ok()).unwrap_or_default();
        let all = match (&*version("swagger"), &*version("openapi")) {
            ("2.0", "") => root.get("securityDefinitions"),
            ("", version) if version.starts_with("3.") => {
                root.get("components").and_then(|components| components.get("securitySchemes"))
            }
            _ => {
                findings.problem(root, "expected `swagger: \"2.0\"` or `openapi: 3.…`");
                None
            }
        };
        let reader = SchemeReader { variables: &self.variables, user_pools: &self.user_pools };
        let all = all.iter().flat_map(Cursor::entries);
        all.map(|(name, at)| (name.to_owned(), reader.read(name, &at, findings))).collect()
    }
}
