//! Reads `[definition]`: the API definition or the app that has the authorizers and the routes.

use std::path::Path;

use super::section::{Section, below};
use crate::{
    api_definition::{AppSettings, BasePath, Environment},
    authorizer::AuthorizerSettings,
    document::Cursor,
};

/// The `[definition]` section.
#[derive(Debug)]
pub(super) struct DefinitionReference<'d> {
    /// The place of the section.
    pub(super) at: Cursor<'d>,
    /// The definition, or the templates of an app; at least one.
    pub(super) files: Vec<String>,
    /// The API of a template, by its logical ID.
    pub(super) api: Option<String>,
    pub(super) base_path: BasePath,
    pub(super) ignores_root_security: bool,
    pub(super) rejects_unsupported_routes: bool,
    /// The settings of an app of several stacks.
    pub(super) app: AppSettings,
    /// The settings that the file adds to authorizers of the definition.
    pub(super) options: Vec<(Cursor<'d>, &'d str, AuthorizerSettings)>,
}

impl DefinitionReference<'_> {
    /// Returns the name of the first file.
    pub(super) fn name(&self) -> &str {
        self.files.first().map_or("", String::as_str)
    }
}

/// Reads the `[definition]` section. Its paths start at `directory`.
pub(super) fn definition<'d>(section: Section<'d, '_>, directory: &Path) -> Option<DefinitionReference<'d>> {
    let given =
        section.parsed("file", |file| if file.is_empty() { Err("expected a file") } else { Ok(file.to_owned()) });
    let several = section.texts("files").map(|files| files.iter().map(|(_, file)| (*file).to_owned()).collect());
    let definitions: Vec<String> = match (given, several) {
        (Some(_), Some(_)) => {
            section.problem_at("files", "`file` and `files` are both set: remove one");
            Vec::new()
        }
        (Some(file), None) => vec![file],
        (None, Some(files)) => files,
        (None, None) => Vec::new(),
    };
    if definitions.is_empty() && section.at.get("files").is_none() {
        section.require("file", "the API definition, relative to this file");
    } else if definitions.is_empty() && section.at.get("file").is_none() {
        section.problem_at("files", "expected the templates of an app, relative to this file");
    }
    let files = |name: &'static str| {
        let files = section.texts(name).unwrap_or_default();
        files.iter().map(|(_, file)| below(directory, file)).collect()
    };
    let environment = Environment { region: section.text("region"), account: section.text("account") };
    let app = AppSettings {
        stack: section.text("stack"),
        environment,
        outputs: files("outputs"),
        resources: files("resources"),
    };
    let reference = DefinitionReference {
        app,
        at: section.at.clone(),
        files: definitions,
        api: section.text("api"),
        base_path: section.word("base_path").unwrap_or_default(),
        ignores_root_security: section.flag("ignore_root_security").unwrap_or_default(),
        rejects_unsupported_routes: section.flag("reject_unsupported_routes").unwrap_or_default(),
        options: Vec::new(),
    };
    section.end();
    Some(reference)
}
