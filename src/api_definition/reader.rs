//! The reader of API definitions: settings that are made once, then texts and files to read.
//!
//! The text is JSON or YAML, and becomes an [`ApiDefinition`]. All problems of a rejected text are reported at once.

use std::path::{Path, PathBuf};

use super::{
    ApiDefinition, ApiDefinitionError,
    app::{AppFiles, AppSettings, is_assembly, problem},
    assumed::Assumptions,
    base_path::BasePath,
    parts::{ImportSettings, Parts},
    read_app::read_app,
    routes::Defaults,
    template::is_template,
};
#[cfg(feature = "local-user-pool")]
use super::{
    app::{App, AppContext, Deployed},
    read_user_pools::read_user_pools,
    user_pools::AppUserPools,
};
use crate::{
    document::{self, Cursor, Node, Variables},
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
    rejects_unsupported_routes: bool,
    api: Option<String>,
    app: AppSettings,
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

    /// Selects the stack of the API in an app of several stacks: by its path, such as `Prod/Api`, by the stage before it,
    /// or by its name in CloudFormation.
    pub fn stack(mut self, stack: impl Into<String>) -> Self {
        self.app.stack = Some(stack.into());
        self
    }

    /// Sets the region of stacks whose region is not known otherwise.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.app.environment.region = Some(region.into());
        self
    }

    /// Sets the AWS account of stacks whose account is not known otherwise.
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.app.environment.account = Some(account.into());
        self
    }

    /// Takes the ids of deployed resources from the outputs in this file, as `cdk deploy --outputs-file` writes it.
    pub fn outputs_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.app.outputs.push(path.into());
        self
    }

    /// Takes the ids of deployed resources from this file: the output of `aws cloudformation describe-stack-resources` or
    /// `list-stack-resources` for one stack.
    pub fn resources_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.app.resources.push(path.into());
        self
    }

    /// Sets whether to import a route that cannot be checked, such as one with `AWS_IAM`, a Lambda authorizer, or an API key
    /// alone, as a route that [rejects every request](crate::route::RouteAuthorization::unsupported). The default is
    /// `false`: such a route is an error.
    pub fn reject_unsupported_routes(mut self, rejects: bool) -> Self {
        self.rejects_unsupported_routes = rejects;
        self
    }

    /// Adds settings of an app that are not yet set.
    #[cfg(feature = "configuration")]
    pub(crate) fn default_app(mut self, defaults: &AppSettings) -> Self {
        self.app.add_defaults(defaults);
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

    /// Reads a definition or a template from a file, or an app from the directory that `cdk synth` wrote.
    ///
    /// The files that a template refers to are read too: its definition, and the templates of its nested stacks.
    ///
    /// # Errors
    ///
    /// [`ApiDefinitionError::File`] if a file cannot be read, or any error of [`read`](Self::read).
    pub fn read_file(&self, path: impl AsRef<Path>) -> Result<ApiDefinition, ApiDefinitionError> {
        let path = path.as_ref();
        if path.is_dir() {
            return self.read_assembly(path);
        }
        let text =
            document::read_file(path).map_err(|reason| ApiDefinitionError::File { path: path.to_owned(), reason })?;
        self.read_beside(&text, Some(path.parent().unwrap_or(Path::new(""))))
    }

    /// Reads several templates as the stacks of one app. The name of a stack is that of its file, without the ending.
    ///
    /// # Errors
    ///
    /// As [`read_file`](Self::read_file).
    pub fn read_files(
        &self,
        paths: impl IntoIterator<Item: Into<PathBuf>>,
    ) -> Result<ApiDefinition, ApiDefinitionError> {
        let paths: Vec<PathBuf> = paths.into_iter().map(Into::into).collect();
        self.read_app(&AppFiles::of_files(&paths)?)
    }

    /// Reads the user pools of an app, for a local user pool: from a template, or from the directory that `cdk synth` wrote.
    ///
    /// # Errors
    ///
    /// [`ApiDefinitionError::File`], or [`ApiDefinitionError::Definition`] with every problem and its place.
    #[cfg(feature = "local-user-pool")]
    pub fn user_pools(&self, path: impl AsRef<Path>) -> Result<AppUserPools, ApiDefinitionError> {
        self.app_user_pools(&self.app_at(path.as_ref())?)
    }

    /// Reads the user pools of an app of several templates.
    ///
    /// # Errors
    ///
    /// As [`user_pools`](Self::user_pools).
    #[cfg(feature = "local-user-pool")]
    pub fn user_pools_of_files(
        &self,
        paths: impl IntoIterator<Item: Into<PathBuf>>,
    ) -> Result<AppUserPools, ApiDefinitionError> {
        let paths: Vec<PathBuf> = paths.into_iter().map(Into::into).collect();
        self.app_user_pools(&AppFiles::of_files(&paths)?)
    }

    #[cfg(feature = "local-user-pool")]
    fn app_at(&self, path: &Path) -> Result<AppFiles, ApiDefinitionError> {
        if path.is_dir() { assembly_at(path) } else { AppFiles::of_file(path) }
    }

    #[cfg(feature = "local-user-pool")]
    fn app_user_pools(&self, files: &AppFiles) -> Result<AppUserPools, ApiDefinitionError> {
        let deployed = Deployed::read(&self.app, &files.stacks)?;
        let assumptions = Assumptions::allowed();
        let context = AppContext {
            variables: &self.variables,
            deployed: &deployed,
            assumptions: &assumptions,
            environment: &self.app.environment,
        };
        let app = App::new(&files.stacks, context);
        app.prepare();
        read_user_pools(&app)
    }

    /// Reads the app in a directory.
    pub(crate) fn read_assembly(&self, directory: &Path) -> Result<ApiDefinition, ApiDefinitionError> {
        self.read_app(&assembly_at(directory)?)
    }

    fn read_app(&self, files: &AppFiles) -> Result<ApiDefinition, ApiDefinitionError> {
        let assumptions = Assumptions::default();
        read_app(files, &self.app, &self.settings(&assumptions), self.api.as_deref())
    }

    /// Reads a text from a file in this folder.
    fn read_beside(&self, text: &str, folder: Option<&Path>) -> Result<ApiDefinition, ApiDefinitionError> {
        let document = document::parse(text).map_err(|malformed| ApiDefinitionError::of(vec![malformed.into()]))?;
        self.read_document(document, folder)
    }

    /// Reads a document from a file in this folder.
    pub(crate) fn read_document(
        &self,
        document: Node,
        folder: Option<&Path>,
    ) -> Result<ApiDefinition, ApiDefinitionError> {
        if is_template(&Cursor::root(&document)) {
            return self.read_app(&AppFiles::of_template(document, folder)?);
        }
        let root = Cursor::root(&document);
        let assumptions = Assumptions::default();
        let settings = self.settings(&assumptions);
        let mut parts = Parts::new(&settings);
        if self.api.is_some() {
            parts.findings.problem(
                &root,
                "`api` selects an API of a template, but this document is not a template: remove `api`",
            );
        }
        parts.read(&root, &settings, &Defaults::default());
        parts.finish(&root, &settings)
    }

    fn settings<'r>(&'r self, assumptions: &'r Assumptions) -> ImportSettings<'r> {
        ImportSettings {
            variables: &self.variables,
            user_pools: &self.user_pools,
            assumptions,
            base_path: self.base_path,
            ignores_root_security: self.ignores_root_security,
            rejects_unsupported_routes: self.rejects_unsupported_routes,
            is_rest_api: false,
        }
    }
}

/// Reads the cloud assembly in a directory.
fn assembly_at(directory: &Path) -> Result<AppFiles, ApiDefinitionError> {
    if is_assembly(directory) {
        return AppFiles::of_assembly(directory);
    }
    let shown = directory.display().to_string();
    Err(problem(&shown, "the directory has no `manifest.json`: give the one that `cdk synth` wrote, or a file"))
}
