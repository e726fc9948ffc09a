//! Reads API definitions: what is set once, and then texts and files.
//!
//! In: the text of a definition, JSON or YAML. Out: an [`ApiDefinition`]. Refused: everything that is wrong in it, at
//! once.

use std::path::Path;

use super::{
    ApiDefinition, ApiDefinitionError,
    base_path::BasePath,
    parts::{ImportSettings, Parts},
    routes::Defaults,
    template::{self, Choice, is_template},
};
use crate::{
    document::{self, Cursor, Variables},
    user_pool::UserPool,
};

/// Reads API definitions.
///
/// ```
/// use cognito_authorizer::{UserPool, api_definition::ApiDefinition};
///
/// let text = r#"{
///   "openapi": "3.0.1",
///   "paths": {"/pets": {"get": {"security": [{"pool": ["pets/read"]}]}}},
///   "components": {"securitySchemes": {"pool": {
///     "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "cognito_user_pools",
///     "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [
///       "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Ab129faBb"
///     ]}
///   }}}
/// }"#;
/// // Tokens of this emulator stand for those of the user pool.
/// let emulator = "us-east-1_Ab129faBb".parse::<UserPool>()?.with_issuer("http://localhost:9229/us-east-1_Ab129faBb");
/// let definition = ApiDefinition::reader().user_pool(emulator).read(text)?;
/// assert_eq!(definition.routes()[0].route_key(), &"GET /pets");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ApiDefinitionReader {
    variables: Variables,
    user_pools: Vec<UserPool>,
    base_path: BasePath,
    ignores_root_security: bool,
    api: Option<String>,
}

impl ApiDefinitionReader {
    /// What `${stageVariables.<name>}`, and in CloudFormation's `Fn::Sub` and `Ref` the name alone, stands for.
    ///
    /// Of a template, `name` is that of a parameter, whose default it goes before; the logical id of a resource, such
    /// as a user pool or an app client, for its id; `Pool.Arn` for an attribute; a pseudo parameter such as
    /// `AWS::Region`, which says `AWS::Partition` and `AWS::URLSuffix` too; or an export of another stack.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Which API of a template is meant, by its logical id; a template with one API needs no choice. Events of SAM that
    /// name no API belong to `ServerlessRestApi` or `ServerlessHttpApi`.
    pub fn api(mut self, logical_id: impl Into<String>) -> Self {
        self.api = Some(logical_id.into());
        self
    }

    /// The same, unless a value was given already.
    #[cfg(feature = "configuration")]
    pub(crate) fn default_variable(mut self, name: &str, value: &str) -> Self {
        if self.variables.iter().all(|(own, _)| own != name) {
            self.variables.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    /// The same as [`api`](Self::api), unless one was chosen already.
    #[cfg(feature = "configuration")]
    pub(crate) fn default_api(mut self, logical_id: &str) -> Self {
        self.api.get_or_insert_with(|| logical_id.to_owned());
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
    pub fn ignore_root_security(mut self, ignores: bool) -> Self {
        self.ignores_root_security = ignores;
        self
    }

    /// Reads a definition or a template, JSON or YAML.
    ///
    /// # Errors
    ///
    /// [`ApiDefinitionError::Definition`], with everything that is wrong and where.
    pub fn read(&self, text: &str) -> Result<ApiDefinition, ApiDefinitionError> {
        self.read_beside(text, None)
    }

    /// Reads a definition or a template from a file, and the definition that a template refers to.
    ///
    /// # Errors
    ///
    /// [`ApiDefinitionError::File`], or as [`read`](Self::read).
    pub fn read_file(&self, path: impl AsRef<Path>) -> Result<ApiDefinition, ApiDefinitionError> {
        let path = path.as_ref();
        let text =
            document::read_file(path).map_err(|reason| ApiDefinitionError::File { path: path.to_owned(), reason })?;
        self.read_beside(&text, Some(path.parent().unwrap_or(Path::new(""))))
    }

    /// Reads a text that stands in this folder.
    fn read_beside(&self, text: &str, folder: Option<&Path>) -> Result<ApiDefinition, ApiDefinitionError> {
        let document = document::parse(text).map_err(|malformed| ApiDefinitionError::of(vec![malformed.into()]))?;
        self.read_document(&Cursor::root(&document), folder)
    }

    /// Reads a document that stands in this folder.
    pub(crate) fn read_document(
        &self,
        root: &Cursor<'_>,
        folder: Option<&Path>,
    ) -> Result<ApiDefinition, ApiDefinitionError> {
        let settings = self.settings();
        if is_template(root) {
            return template::read(root, &settings, Choice { api: self.api.as_deref(), folder });
        }
        let mut parts = Parts::default();
        if self.api.is_some() {
            parts.findings.problem(root, "this is no template, and one API: `api` has nothing to choose from");
        }
        parts.read(root, &settings, &Defaults::default());
        parts.finish(root, &settings)
    }

    fn settings(&self) -> ImportSettings<'_> {
        ImportSettings {
            variables: &self.variables,
            user_pools: &self.user_pools,
            base_path: self.base_path,
            ignores_root_security: self.ignores_root_security,
        }
    }
}
