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
    pub(super) file: String,
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

/// Reads the `[definition]` section. Its paths start at `directory`.
pub(super) fn definition<'d>(section: Section<'d, '_>, directory: &Path) -> Option<DefinitionReference<'d>> {
    section.require("file", "the API definition, relative to this file");
    let file =
        section.parsed("file", |file| if file.is_empty() { Err("expected a file") } else { Ok(file.to_owned()) });
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
        file: file.unwrap_or_default(),
        api: section.text("api"),
        base_path: section.word("base_path").unwrap_or_default(),
        ignores_root_security: section.flag("ignore_root_security").unwrap_or_default(),
        rejects_unsupported_routes: section.flag("reject_unsupported_routes").unwrap_or_default(),
        options: Vec::new(),
    };
    section.end();
    Some(reference)
}
