//! Reads the definition of an API, in the template (`Body`, `DefinitionBody`) or in a file that the template refers to
//! (`BodyS3Location`, `DefinitionUri`).
//!
//! The definition is a map, or a path relative to the template; it is read like a standalone definition. Rejects both
//! together, a URL, an absolute path, a path that is not a regular file, and a file that is too large. Source:
//! `sam package` and `aws cloudformation package`, which upload such files for CloudFormation.

use std::{
    mem,
    path::{Component, Path},
};

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
}

impl<'n> Definition<'n> {
    /// Returns the definition in the template or the one that the template refers to. Both together are a problem.
    pub(super) fn of(inline: Option<Cursor<'n>>, location: Option<Cursor<'n>>) -> Result<Self, Problem> {
        match (inline, location) {
            (None, None) => Ok(Self::None),
            (Some(inline), None) => Ok(Self::Inline(inline)),
            (None, Some(location)) => Ok(Self::Referenced(location)),
            (Some(_), Some(location)) => Err(location.problem("there are two definitions: keep one")),
        }
    }

    /// Reads the definition, if the API has one.
    pub(super) fn read(
        &self,
        defaults: &Defaults,
        folder: Option<&Path>,
        settings: &ImportSettings<'_>,
        parts: &mut Parts,
    ) -> Result<(), Problem> {
        match self {
            Self::None => Ok(()),
            Self::Inline(at) => {
                parts.read(&at.clone().map()?, settings, defaults);
                Ok(())
            }
            Self::Referenced(at) => referenced(at, defaults, folder, settings, parts),
        }
    }
}

/// Reads the definition from the file named here.
fn referenced(
    at: &Cursor<'_>,
    defaults: &Defaults,
    folder: Option<&Path>,
    settings: &ImportSettings<'_>,
    parts: &mut Parts,
) -> Result<(), Problem> {
    let NodeValue::Text(name) = &at.node.value else {
        return Err(at.expected("a path: a definition in S3 cannot be read"));
    };
    // A template must not read files outside its folder: it may be untrusted.
    let is_below = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if name.contains("://") || !Path::new(name).components().all(is_below) {
        return Err(at.problem("the path must be relative to the template and below it"));
    }
    let folder = folder
        .ok_or_else(|| at.problem("this path is relative to the template: read the template with `read_file`"))?;
    let text = document::read_file(&folder.join(name))
        .map_err(|reason| at.problem(format!("cannot read `{name}`: {reason}")))?;
    let document = document::parse(&text).map_err(|malformed| Problem::from(malformed).in_file(name))?;
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
