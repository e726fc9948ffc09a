//! A definition in a file that a template refers to (`DefinitionUri`, `BodyS3Location`).
//!
//! In: a path, relative to the template. Out: what the definition says, read as one by itself. Refused: an address, an
//! absolute path, what is no file, and one that is too large.
//! Source: `sam package` and `aws cloudformation package`, which put such files where CloudFormation finds them.

use std::{
    mem,
    path::{Component, Path},
};

use crate::{
    api_definition::{
        parts::{Parts, Settings},
        routes::Defaults,
        scheme::Scheme,
    },
    document::{self, Cursor, Problem, Value},
};

/// Reads the definition of an API that is a resource: the one inside it, and the one that it refers to.
pub(super) fn read_body(
    api: &Cursor<'_>,
    folder: Option<&Path>,
    settings: &Settings<'_>,
    parts: &mut Parts,
) -> Result<(), Problem> {
    if let Some(body) = api.get("Body") {
        parts.read(&body.map()?, settings, &Defaults::default());
    }
    match api.get("BodyS3Location") {
        Some(location) => read(&location, folder, settings, parts),
        None => Ok(()),
    }
}

/// Reads the definition that is named here.
pub(super) fn read(
    at: &Cursor<'_>,
    folder: Option<&Path>,
    settings: &Settings<'_>,
    parts: &mut Parts,
) -> Result<(), Problem> {
    let Value::Text(name) = &at.node.value else {
        return Err(at.expected("a path: a definition in S3 cannot be read"));
    };
    // Nothing above the template, whoever wrote it.
    let is_below = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if name.contains("://") || !Path::new(name).components().all(is_below) {
        return Err(at.problem("only a path relative to the template, and below it, can be read"));
    }
    let folder = folder.ok_or_else(|| at.problem("read the template with `read_file`: this is relative to it"))?;
    let text = document::read_file(&folder.join(name))
        .map_err(|reason| at.problem(format!("cannot read `{name}`: {reason}")))?;
    let document = document::parse(&text).map_err(|malformed| Problem::from(malformed).in_file(name))?;
    let before = mem::take(&mut parts.findings);
    parts.read(&Cursor::root(&document), settings, &Defaults::default());
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
