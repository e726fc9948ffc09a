//! The reader of API definitions: settings that are made once, then texts and files to read.
//!
//! The text is JSON or YAML, and becomes an [`ApiDefinition`]. All problems of a rejected text are reported at once.

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
/// let emulator = "us-east-1_Ab129faBb"
///     .parse::<UserPool>()?
///     .with_issuer("http://localhost:9229/us-east-1_Ab129faBb");
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
    /// Sets the value of `${stageVariables.<name>}`, and of the plain name in CloudFormation's `Fn::Sub` and `Ref`.
    ///
    /// In a template, `name` is one of:
    ///
    /// * a parameter; the value overrides its default
    /// * the logical ID of a resource, such as a user pool or an app client; the value is the ID of the resource
    /// * an attribute of a resource, such as `Pool.Arn`
    /// * a pseudo parameter; `AWS::Region` also determines `AWS::Partition` and `AWS::URLSuffix`
    /// * an export of another stack
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Selects the API of a template by its logical ID.
    ///
    /// A template with one API needs no selection. SAM events that name no API belong to `ServerlessRestApi` or
    /// `ServerlessHttpApi`.
    pub fn api(mut self, logical_id: impl Into<String>) -> Self {
        self.api = Some(logical_id.into());
        self
    }

    /// Sets the value of a variable, unless the variable already has one.
    #[cfg(feature = "configuration")]
    pub(crate) fn default_variable(mut self, name: &str, value: &str) -> Self {
        if self.variables.iter().all(|(own, _)| own != name) {
            self.variables.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    /// Selects an [`api`](Self::api), unless one is already selected.
    #[cfg(feature = "configuration")]
    pub(crate) fn default_api(mut self, logical_id: &str) -> Self {
        self.api.get_or_insert_with(|| logical_id.to_owned());
        self
    }

    /// Uses this user pool, with its issuer and the URL of its keys, wherever the definition names its ID.
    ///
    /// This is for an emulator, such as a local user pool.
    pub fn user_pool(mut self, user_pool: UserPool) -> Self {
        self.user_pools.push(user_pool);
        self
    }

    /// Sets how the base path is applied; the default is [`BasePath::Ignore`].
    pub fn base_path(mut self, base_path: BasePath) -> Self {
        self.base_path = base_path;
        self
    }

    /// Sets whether to ignore a `security` at the root of the definition; the default is `false`.
    ///
    /// The documentation of API Gateway says that the root `security` is ignored. By default it applies here to every
    /// operation without a `security` ([behaviour §6.1.7](crate::docs::behaviour)).
    pub fn ignore_root_security(mut self, ignores: bool) -> Self {
        self.ignores_root_security = ignores;
        self
    }

    /// Reads a definition or a template from JSON or YAML.
    ///
    /// # Errors
    ///
    /// [`ApiDefinitionError::Definition`] with every problem and its place, or [`ApiDefinitionError::Routes`].
    pub fn read(&self, text: &str) -> Result<ApiDefinition, ApiDefinitionError> {
        self.read_beside(text, None)
    }

    /// Reads a definition or a template from a file, and the definition file that a template refers to.
    ///
    /// # Errors
    ///
    /// [`ApiDefinitionError::File`] if the file cannot be read, or any error of [`read`](Self::read).
    pub fn read_file(&self, path: impl AsRef<Path>) -> Result<ApiDefinition, ApiDefinitionError> {
        let path = path.as_ref();
        let text =
            document::read_file(path).map_err(|reason| ApiDefinitionError::File { path: path.to_owned(), reason })?;
        self.read_beside(&text, Some(path.parent().unwrap_or(Path::new(""))))
    }

    /// Reads a text from a file in this folder.
    fn read_beside(&self, text: &str, folder: Option<&Path>) -> Result<ApiDefinition, ApiDefinitionError> {
        let document = document::parse(text).map_err(|malformed| ApiDefinitionError::of(vec![malformed.into()]))?;
        self.read_document(&Cursor::root(&document), folder)
    }

    /// Reads a document from a file in this folder.
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
            parts.findings.problem(root, "this is not a template, and one API: `api` has nothing to choose from");
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
