//! Reads configurations and API definitions from texts and files.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};

use super::{
    Configuration, ConfigurationError,
    finish::{finished, settle},
    read::{self, File},
    read_definition::DefinitionReference,
    settings::Settings,
};
use crate::{
    api_definition::{ApiDefinition, ApiDefinitionError, ApiDefinitionReader, AssumedValue},
    document::{self, Cursor, Findings, Malformed, Node, NodeValue},
    limits::MAX_AUTHORIZERS,
    user_pool::UserPool,
};

/// Reads configurations.
///
/// ```no_run
/// use cognito_authorizer::configuration::Configuration;
///
/// let configuration =
///     Configuration::reader().variable("stage", "prod").read_file("authorizer.toml")?;
/// # Ok::<(), cognito_authorizer::configuration::ConfigurationError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ConfigurationReader {
    pub(super) definitions: ApiDefinitionReader,
    pub(super) variables: Vec<(String, String)>,
    user_pools: Vec<UserPool>,
    stage: Option<String>,
    pub(super) directory: PathBuf,
}

impl ConfigurationReader {
    /// Sets a stage variable of gateway responses, which is also a variable of an API definition, as
    /// [`ApiDefinitionReader::variable`]. This value overrides the value in the file.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.definitions = self.definitions.variable(&name, &value);
        self.variables.push((name, value));
        self
    }

    /// Uses this user pool, with its issuer and the URL of its keys, wherever the configuration or an API definition names
    /// its id. This is for a local user pool.
    pub fn user_pool(mut self, user_pool: UserPool) -> Self {
        self.definitions = self.definitions.user_pool(user_pool.clone());
        self.user_pools.push(user_pool);
        self
    }

    /// Sets the stage with which every path begins, such as `prod`. It overrides the one in the file.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = Some(stage.into());
        self
    }

    /// Selects an API of a template, as [`ApiDefinitionReader::api`].
    pub fn api(mut self, logical_id: impl Into<String>) -> Self {
        self.definitions = self.definitions.api(logical_id);
        self
    }

    /// Selects the stack of an app, as [`ApiDefinitionReader::stack`].
    pub fn stack(mut self, stack: impl Into<String>) -> Self {
        self.definitions = self.definitions.stack(stack);
        self
    }

    /// Sets the region of an app, as [`ApiDefinitionReader::region`].
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.definitions = self.definitions.region(region);
        self
    }

    /// Sets the AWS account of an app, as [`ApiDefinitionReader::account`].
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.definitions = self.definitions.account(account);
        self
    }

    /// Takes the ids of deployed resources from outputs, as [`ApiDefinitionReader::outputs_file`].
    pub fn outputs_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.definitions = self.definitions.outputs_file(path);
        self
    }

    /// Takes the ids of deployed resources from a file, as [`ApiDefinitionReader::resources_file`].
    pub fn resources_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.definitions = self.definitions.resources_file(path);
        self
    }

    /// Sets whether to import routes that cannot be checked, as [`ApiDefinitionReader::reject_unsupported_routes`].
    pub fn reject_unsupported_routes(mut self, rejects: bool) -> Self {
        self.definitions = self.definitions.reject_unsupported_routes(rejects);
        self
    }

    /// Sets the directory where relative paths in a text start; by default the current directory.
    ///
    /// Relative paths in a file start at the directory of the file.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = directory.into();
        self
    }

    /// Reads a configuration or an API definition from JSON or YAML.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`], with all errors and their places.
    pub fn read(&self, text: &str) -> Result<Configuration, ConfigurationError> {
        self.document(document::parse(text), Form::Any)
    }

    /// Reads a configuration from TOML.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_toml(&self, text: &str) -> Result<Configuration, ConfigurationError> {
        self.document(document::parse_toml(text), Form::Own)
    }

    /// Reads a configuration or an API definition from a file, or an app from the directory that `cdk synth` wrote.
    ///
    /// A file whose name ends with `.toml` is a configuration in TOML; any other file is JSON or YAML.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError::File`], or as [`read`](Self::read).
    pub fn read_file(&self, path: impl AsRef<Path>) -> Result<Configuration, ConfigurationError> {
        let path = path.as_ref();
        if path.is_dir() {
            return self.imported(&self.definitions.read_assembly(path)?);
        }
        let (reader, document, form) = self.opened(path)?;
        reader.document(document, form)
    }

    /// Opens a file. The reader that is returned begins relative paths at its directory.
    pub(super) fn opened(&self, path: &Path) -> Result<(Self, Result<Node, Malformed>, Form), ConfigurationError> {
        let failed = |reason| ConfigurationError::File { path: path.to_owned(), reason };
        let text = document::read_file(path).map_err(failed)?;
        let reader = Self { directory: path.parent().map(Path::to_owned).unwrap_or_default(), ..self.clone() };
        let is_toml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
        Ok(if is_toml {
            (reader, document::parse_toml(&text), Form::Own)
        } else {
            (reader, document::parse(&text), Form::Any)
        })
    }

    /// Reads several templates as one app, as [`ApiDefinitionReader::read_files`].
    ///
    /// # Errors
    ///
    /// As [`read_file`](Self::read_file).
    pub fn read_files(
        &self,
        paths: impl IntoIterator<Item: Into<PathBuf>>,
    ) -> Result<Configuration, ConfigurationError> {
        self.imported(&self.definitions.read_files(paths)?)
    }

    fn document(&self, document: Result<Node, Malformed>, form: Form) -> Result<Configuration, ConfigurationError> {
        let document = document.map_err(|malformed| ConfigurationError::of(vec![malformed.into()]))?;
        let root = Cursor::root(&document);
        let is_definition = ["swagger", "openapi", "Resources"].iter().any(|name| root.get(name).is_some());
        if form == Form::Any && is_definition {
            if let Some((name, at)) = root.entries().find(|(name, _)| read::MEMBERS.contains(name)) {
                let message = format!(
                    "`{name}` belongs in a configuration file, but this is an API definition: name the API \
                     definition with `definition` in a configuration file"
                );
                return Err(ConfigurationError::of(vec![at.problem(message)]));
            }
            return self.imported(&self.definitions.read_document(document, Some(&self.directory))?);
        }
        if let Some(other) = looks_like(&root) {
            return Err(ConfigurationError::of(vec![root.problem(format!("{other}, and not a configuration"))]));
        }
        let findings = RefCell::default();
        let Some(File { mut settings, definition: reference }) =
            read::file(&root, &self.directory, &self.variables, &findings)
        else {
            return Err(ConfigurationError::of(findings.into_inner().problems));
        };
        self.apply(&mut settings, &root, &findings);
        let mut notes = Vec::new();
        let mut assumed = Vec::new();
        // Without a file, the section's problem says so.
        if let Some(reference) = reference.filter(|own| !own.files.is_empty()) {
            match self.definition(&root, &settings, &reference) {
                Ok(definition) => {
                    assumed = undeployed(&definition);
                    import(&mut settings, &definition, &reference.at, &findings);
                    settle(&mut settings, &reference, &findings);
                    let notes_of = definition.notes().iter().cloned();
                    notes.extend(notes_of.map(|note| note.in_file_unless_named(reference.name())));
                }
                Err(error @ ApiDefinitionError::File { .. }) => {
                    findings.borrow_mut().problem(&reference.at, error.to_string());
                }
                Err(error) if error.problems().is_empty() => {
                    findings.borrow_mut().problem(&reference.at, format!("`{}`: {error}", reference.name()));
                }
                Err(error) => {
                    for problem in error.problems() {
                        findings.borrow_mut().add(problem.clone().in_file_unless_named(reference.name()));
                    }
                }
            }
        }
        finished(&root, settings, notes, assumed, findings)
    }

    /// Returns the configuration of a definition alone.
    fn imported(&self, definition: &ApiDefinition) -> Result<Configuration, ConfigurationError> {
        // A problem with the settings as a whole has no place of its own.
        let start = Node::leaf(NodeValue::Null, 1);
        let root = Cursor::root(&start);
        if definition.authorizers().is_empty() {
            let has_unsupported = definition.routes().iter().any(|route| route.authorization().is_unsupported());
            let message = match definition.routes() {
                [] => "the API has no route",
                _ if has_unsupported => "no route of the API uses an authorizer that can be checked",
                _ => "every route of the API is open: no route uses an authorizer, so there is nothing to authorize",
            };
            return Err(ConfigurationError::of(vec![root.problem(message)]));
        }
        let mut settings = Settings::default();
        let findings = RefCell::default();
        import(&mut settings, definition, &root, &findings);
        self.apply(&mut settings, &root, &findings);
        finished(&root, settings, definition.notes().to_vec(), undeployed(definition), findings)
    }

    /// Sets the user pools and the stage that the reader was given.
    fn apply(&self, settings: &mut Settings, root: &Cursor<'_>, findings: &RefCell<Findings>) {
        for own in &mut settings.user_pools {
            if let Some(given) = self.user_pools.iter().find(|given| given.id() == own.user_pool.id()) {
                (own.user_pool, own.jwks_file) = (given.clone(), None);
            }
        }
        match self.stage.as_deref().map(str::parse) {
            None => {}
            Some(Ok(stage)) => settings.route_table.stage = stage,
            Some(Err(error)) => findings.borrow_mut().problem(root, error.to_string()),
        }
    }

    /// Reads the definition that a configuration names.
    fn definition(
        &self,
        root: &Cursor<'_>,
        settings: &Settings,
        reference: &DefinitionReference<'_>,
    ) -> Result<ApiDefinition, ApiDefinitionError> {
        let reader = self.definition_reader(root, settings, reference);
        match &*reference.files {
            [file] => reader.read_file(self.directory.join(file)),
            files => reader.read_files(files.iter().map(|file| self.directory.join(file))),
        }
    }

    /// Returns the reader of the definition that a configuration names.
    pub(super) fn definition_reader(
        &self,
        root: &Cursor<'_>,
        settings: &Settings,
        reference: &DefinitionReference<'_>,
    ) -> ApiDefinitionReader {
        let mut reader = self.definitions.clone();
        for (name, value) in root.get("variables").iter().flat_map(Cursor::entries) {
            if let NodeValue::Text(value) = &value.node.value {
                reader = reader.default_variable(name, value);
            }
        }
        let user_pools = settings.user_pools.iter().map(|own| own.user_pool.clone());
        reader = user_pools.fold(reader, ApiDefinitionReader::user_pool);
        reader = reference.api.iter().fold(reader, |reader, api| reader.default_api(api));
        if reference.ignores_root_security {
            reader = reader.ignore_root_security(true);
        }
        if reference.rejects_unsupported_routes {
            reader = reader.reject_unsupported_routes(true);
        }
        reader = reader.default_app(&reference.app);
        reader.base_path(reference.base_path)
    }
}

/// Returns what a document is that is often given as a configuration.
fn looks_like(root: &Cursor<'_>) -> Option<&'static str> {
    let has = |name: &str| root.get(name).is_some();
    let is_list = |name: &str| root.get(name).is_some_and(|at| matches!(at.node.value, NodeValue::List(_)));
    Some(match root.node.value {
        NodeValue::Map(_) if is_list("keys") => "this is a JWK Set: name it with `jwks_file` of a user pool",
        NodeValue::Map(_) if has("UserPoolId") && has("AppClients") || has("UserPool") => {
            "this is the configuration of a local user pool: give it to `local-user-pool`"
        }
        NodeValue::Map(_) if has("artifacts") && has("version") => {
            "this is the manifest of a cloud assembly: give its directory"
        }
        NodeValue::Map(_) if has("StackResources") || has("StackResourceSummaries") => {
            "these are the resources of a stack: give them as resources (`--resources`)"
        }
        NodeValue::Map(_) => return None,
        _ => "this is a text: expected a configuration, an API definition, or a template",
    })
}

/// Returns the values that were assumed, unless local user pools serve all derived ids.
fn undeployed(definition: &ApiDefinition) -> Vec<AssumedValue> {
    if definition.check_deployment().is_ok() { Vec::new() } else { definition.assumed().to_vec() }
}

/// Adds a definition to the settings, unless it has too many authorizers.
fn import(settings: &mut Settings, definition: &ApiDefinition, at: &Cursor<'_>, findings: &RefCell<Findings>) {
    if definition.authorizers().len() > MAX_AUTHORIZERS {
        findings.borrow_mut().problem(at, format!("more than {MAX_AUTHORIZERS} authorizers"));
    } else {
        settings.import(definition);
    }
}

/// The kinds of document that a text may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A configuration or an API definition.
    Any,
    /// Only a configuration, because API definitions are not written in TOML.
    Own,
}
