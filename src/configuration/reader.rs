//! Reads configurations: texts and files, of its own form or API definitions.

use std::{
    cell::RefCell,
    fs,
    path::{Path, PathBuf},
};

use super::{
    Configuration, ConfigurationError,
    read::{self, DefinitionReference, File},
    section::listed,
    settings::Settings,
};
use crate::{
    api_definition::{ApiDefinition, ApiDefinitionReader, BasePath},
    document::{self, Cursor, Findings, Malformed, Node, Value},
    user_pool::UserPool,
};

/// Reads configurations.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ConfigurationReader {
    definitions: ApiDefinitionReader,
    directory: PathBuf,
}

impl ConfigurationReader {
    /// What stands for a variable of an API definition, as
    /// [`ApiDefinitionReader::variable`].
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.definitions = self.definitions.variable(name, value);
        self
    }

    /// Takes this user pool wherever an API definition names its id, as
    /// [`ApiDefinitionReader::user_pool`].
    pub fn user_pool(mut self, user_pool: UserPool) -> Self {
        self.definitions = self.definitions.user_pool(user_pool);
        self
    }

    /// Which API of a template is meant, as [`ApiDefinitionReader::api`].
    pub fn api(mut self, logical_id: impl Into<String>) -> Self {
        self.definitions = self.definitions.api(logical_id);
        self
    }

    /// Where relative paths in a text begin; by default the current directory. Those in a file begin where it is.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = directory.into();
        self
    }

    /// Reads a configuration, or an API definition, from JSON or YAML.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`], with everything that is wrong and where.
    pub fn read(&self, text: &str) -> Result<Configuration, ConfigurationError> {
        self.document(document::parse(text), |definitions| definitions.read(text))
    }

    /// Reads a configuration from TOML.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_toml(&self, text: &str) -> Result<Configuration, ConfigurationError> {
        let no_definition = |_: &ApiDefinitionReader| ApiDefinition::reader().read("");
        self.document(document::parse_toml(text), no_definition)
    }

    /// Reads a configuration, or an API definition, from a file: TOML if its name ends with `.toml`, and else JSON or
    /// YAML.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError::File`], or as [`read`](Self::read).
    pub fn read_file(&self, path: impl AsRef<Path>) -> Result<Configuration, ConfigurationError> {
        let path = path.as_ref();
        let failed = |source| ConfigurationError::File { path: path.to_owned(), source };
        let text = fs::read_to_string(path).map_err(failed)?;
        let beside = path.parent().map(Path::to_owned).unwrap_or_default();
        let reader = Self { directory: beside, ..self.clone() };
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml")) {
            return reader.read_toml(&text);
        }
        // Read as a file, so that what it refers to is found.
        reader.document(document::parse(&text), |definitions| definitions.read_file(path))
    }

    fn document(
        &self,
        document: Result<Node, Malformed>,
        as_definition: impl FnOnce(&ApiDefinitionReader) -> Result<ApiDefinition, crate::api_definition::ApiDefinitionError>,
    ) -> Result<Configuration, ConfigurationError> {
        let document = document.map_err(|malformed| ConfigurationError::of(vec![malformed.into()]))?;
        let root = Cursor::root(&document);
        if ["swagger", "openapi", "Resources"].iter().any(|name| root.get(name).is_some()) {
            let mut settings = Settings::default();
            let definition = as_definition(&self.definitions)?;
            settings.import(&definition);
            let findings = RefCell::default();
            check(&root, &settings, &findings);
            return finished(settings, definition.notes().to_vec(), findings);
        }
        let findings = RefCell::default();
        let Some(File { mut settings, definition: reference }) = read::file(&root, &self.directory, &findings) else {
            return Err(ConfigurationError::of(findings.into_inner().problems));
        };
        let mut notes = Vec::new();
        if let Some(reference) = reference {
            let definition = self.definition(&root, &settings, &reference)?;
            settings.import(&definition);
            settle(&mut settings, &reference, &findings);
            notes = definition.notes().to_vec();
        }
        if findings.borrow().problems.is_empty() {
            check(&root, &settings, &findings);
        }
        finished(settings, notes, findings)
    }

    /// The definition that a configuration names.
    fn definition(
        &self,
        root: &Cursor<'_>,
        settings: &Settings,
        reference: &DefinitionReference<'_>,
    ) -> Result<ApiDefinition, ConfigurationError> {
        let mut reader = self.definitions.clone();
        for (name, value) in root.get("variables").iter().flat_map(Cursor::entries) {
            if let Value::Text(value) = &value.node.value {
                reader = reader.variable(name, value);
            }
        }
        for own in &settings.user_pools {
            reader = reader.user_pool(own.user_pool.clone());
        }
        reader = match reference.base_path {
            Some("prepend") => reader.base_path(BasePath::Prepend),
            Some("split") => reader.base_path(BasePath::Split),
            _ => reader,
        };
        if let Some(api) = &reference.api {
            reader = reader.api(api);
        }
        if reference.ignores_root_security {
            reader = reader.ignore_root_security();
        }
        if let Some(api) = &reference.api {
            reader = reader.api(api);
        }
        let path = self.directory.join(&reference.file);
        reader.read_file(&path).map_err(|source| ConfigurationError::DefinitionFile { path, source })
    }
}

/// Gives the authorizers of a definition what the configuration says of them.
fn settle(settings: &mut Settings, reference: &DefinitionReference<'_>, findings: &RefCell<Findings>) {
    for (at, name, options) in &reference.options {
        match settings.authorizers.iter_mut().find(|own| own.name == *name) {
            Some(own) => own.options = options.clone(),
            None => {
                let names: Vec<&str> = settings.authorizers.iter().map(|own| &*own.name).collect();
                let message = format!("no route of the definition asks for it: expected {}", listed(&names, name));
                findings.borrow_mut().problem(at, message);
            }
        }
    }
}

/// Builds everything once, to find what is wrong with it where it stands.
fn check(root: &Cursor<'_>, settings: &Settings, findings: &RefCell<Findings>) {
    let sections = root.get("authorizers");
    let key_source = settings.key_source().unwrap_or_default();
    for own in &settings.authorizers {
        if let Err(error) = settings.check(own, key_source.clone()) {
            let at = sections.as_ref().and_then(|sections| sections.get(&own.name));
            let message = format!("the authorizer `{}`: {error}", own.name);
            findings.borrow_mut().problem(at.as_ref().unwrap_or(root), message);
        }
    }
    let types = settings.authorizers.iter().map(|own| own.authorizer_type);
    if types.clone().zip(types.skip(1)).any(|(one, other)| one != other) {
        let at = sections.as_ref().unwrap_or(root);
        findings.borrow_mut().problem(at, "the authorizers of one API are of one type: COGNITO_USER_POOLS or JWT");
    }
    if settings.authorizers.is_empty() {
        findings.borrow_mut().problem(root, "there is no authorizer that a route asks for: name one");
    }
    if let Err(error) = settings.route_table() {
        findings.borrow_mut().problem(root, error.to_string());
    }
}

fn finished(
    settings: Settings,
    notes: Vec<document::Problem>,
    findings: RefCell<Findings>,
) -> Result<Configuration, ConfigurationError> {
    let Findings { problems, notes: own } = findings.into_inner();
    if !problems.is_empty() {
        return Err(ConfigurationError::of(problems));
    }
    Ok(Configuration { settings, notes: notes.into_iter().chain(own).collect() })
}
