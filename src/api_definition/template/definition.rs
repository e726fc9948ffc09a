//! Reads the definition of an API, in the template (`Body`, `DefinitionBody`) or in a file that the template refers to
//! (`BodyS3Location`, `DefinitionUri`, or `AWS::Include` in place of the body).
//!
//! The definition is a map, or a path relative to the template; it is read like a standalone definition. The functions of
//! an included file are resolved. Rejects two definitions, a URL, an absolute path, a path that is not a regular file, and a
//! file that is too large. Sources: `sam package` and `aws cloudformation package`, which upload such files for
//! CloudFormation; CloudFormation, "AWS::Include".

use std::{mem, path::Path};

use super::{functions::Functions, resources::Template};
use crate::{
    api_definition::{
        parts::{ImportSettings, Parts},
        routes::Defaults,
        scheme::Scheme,
    },
    document::{self, Cursor, NodeValue, Problem},
};

/// The place of an API's definition.
#[derive(Debug)]
pub(super) enum Definition<'n> {
    /// The API has no definition.
    None,
    Inline(Cursor<'n>),
    Referenced(Cursor<'n>),
    /// A file that CloudFormation puts in place of the body, and its path.
    Included(Cursor<'n>, String),
}

impl<'n> Definition<'n> {
    /// Returns the definition in the template or the one that the template refers to. Both together are a problem.
    ///
    /// `written` is the inline definition with its functions.
    pub(super) fn of(
        inline: Option<Cursor<'n>>,
        location: Option<Cursor<'n>>,
        written: Option<Cursor<'_>>,
        template: &Template<'_>,
    ) -> Result<Self, Problem> {
        match (inline, location) {
            (None, None) => Ok(Self::None),
            (Some(inline), None) => match written.and_then(|written| included(&written, template)) {
                Some(path) => Ok(Self::Included(inline, path?)),
                None => Ok(Self::Inline(inline)),
            },
            (None, Some(location)) => Ok(Self::Referenced(location)),
            (Some(_), Some(location)) => Err(location.problem("there are two definitions: keep one")),
        }
    }

    /// Reads the definition, if the API has one.
    pub(super) fn read(
        &self,
        defaults: &Defaults,
        template: &Template<'_>,
        folder: Option<&Path>,
        settings: &ImportSettings<'_>,
        parts: &mut Parts,
    ) -> Result<(), Problem> {
        let (at, name, functions) = match self {
            Self::None => return Ok(()),
            Self::Inline(at) => {
                parts.read(&at.clone().map()?, settings, defaults);
                return Ok(());
            }
            Self::Referenced(at) => match &at.node.value {
                NodeValue::Text(name) => (at, name, None),
                _ => return Err(at.expected("a path: a definition in S3 cannot be read")),
            },
            Self::Included(at, name) => (at, name, Some(template.functions)),
        };
        let file = DefinitionFile { at, name, folder, functions };
        file.read(defaults, settings, parts)
    }
}

/// Returns the path of a file that `AWS::Include` puts in place of a body.
fn included(written: &Cursor<'_>, template: &Template<'_>) -> Option<Result<String, Problem>> {
    let transform = written.get("Fn::Transform").filter(|_| written.size() == 1)?;
    let name = transform.get("Name")?;
    if !matches!(&name.node.value, NodeValue::Text(name) if name == "AWS::Include") {
        return None;
    }
    let location = transform.get("Parameters").and_then(|parameters| parameters.get("Location"));
    let Some(location) = location else { return Some(Err(transform.problem("`Location` is missing"))) };
    Some(template.functions.text(location.node, 1).map_err(|unknown| location.unknown(&unknown)))
}

/// A file with the definition of an API.
struct DefinitionFile<'r, 'd> {
    /// The place in the template that names the file.
    at: &'r Cursor<'r>,
    name: &'r str,
    folder: Option<&'r Path>,
    /// The functions of the template, if they are resolved in the file.
    functions: Option<&'r Functions<'d>>,
}

impl DefinitionFile<'_, '_> {
    fn read(&self, defaults: &Defaults, settings: &ImportSettings<'_>, parts: &mut Parts) -> Result<(), Problem> {
        let (at, name) = (self.at, self.name);
        if name.contains("://") {
            return Err(at.problem("the path must be relative to the template and below it"));
        }
        let folder = self
            .folder
            .ok_or_else(|| at.problem("this path is relative to the template: read the template with `read_file`"))?;
        // A template must not read files outside its folder: it may be untrusted.
        let failed = |reason| at.problem(format!("cannot read `{name}`: {reason}"));
        let path = document::inside(folder, Path::new(name)).map_err(failed)?;
        let text = document::read_file(&path).map_err(failed)?;
        let document = document::parse(&text).map_err(|malformed| Problem::from(malformed).in_file(name))?;
        let document = match self.functions {
            Some(functions) => functions.resolved(&document),
            None => document,
        };
        let before = mem::take(&mut parts.findings);
        parts.read(&Cursor::root(&document), settings, defaults);
        let own = mem::replace(&mut parts.findings, before);
        for problem in own.problems {
            parts.findings.add(problem.in_file(name));
        }
        parts.findings.notes.extend(own.notes.into_iter().map(|note| note.in_file(name)));
        for scheme in parts.schemes.values_mut() {
            if let Scheme::Other(problem) = scheme {
                *problem = problem.clone().in_file(name);
            }
        }
        Ok(())
    }
}
