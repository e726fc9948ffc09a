//! The base path of a definition: `basePath`, or the path of the first server.

use crate::{
    document::{Cursor, Problem, Variables},
    word::words,
};

/// How the import applies the base path of a definition, as in API Gateway ([behaviour
/// §6.1.13](crate::docs::behaviour)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BasePath {
    /// Ignores the base path.
    #[default]
    Ignore,
    /// Prepends the base path to every path: with `/a/b`, `/pets` becomes `/a/b/pets`.
    Prepend,
    /// Prepends the base path without its first segment: with `/a/b`, `/pets` becomes `/b/pets`.
    Split,
}

words!(BasePath { Ignore = "ignore", Prepend = "prepend", Split = "split" });

/// Returns the prefix of every path: empty, or with a leading slash and without a trailing one.
pub(super) fn prefix(root: &Cursor<'_>, variables: &Variables, base_path: BasePath) -> Result<String, Problem> {
    if base_path == BasePath::Ignore {
        return Ok(String::new());
    }
    let own = match (root.get("basePath"), root.get("servers")) {
        (Some(at), _) => variables.text(&at)?,
        (None, Some(servers)) => match servers.list()?.items().next() {
            Some(server) => of_server(&server.map()?, variables)?,
            None => String::new(),
        },
        (None, None) => String::new(),
    };
    let own = own.trim_matches('/');
    let own = match base_path {
        BasePath::Split => own.split_once('/').map_or("", |(_, rest)| rest),
        BasePath::Prepend | BasePath::Ignore => own,
    };
    Ok(if own.is_empty() { String::new() } else { format!("/{own}") })
}

/// Returns the route key of an operation below this prefix.
pub(super) fn route_key(prefix: &str, method: &str, path: &str) -> String {
    match path {
        "/" if !prefix.is_empty() => format!("{method} {prefix}"),
        path => format!("{method} {prefix}{path}"),
    }
}

/// Returns the default of a server's variable `basePath`, or else the path of its URL.
fn of_server(server: &Cursor<'_>, variables: &Variables) -> Result<String, Problem> {
    let default = server.get("variables").and_then(|at| at.get("basePath")).and_then(|at| at.get("default"));
    if let Some(at) = default {
        return variables.text(&at);
    }
    let Some(url) = server.get("url") else { return Ok(String::new()) };
    let text = variables.text(&url)?;
    let path = text.split_once("://").map_or(&*text, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    if path.contains('{') {
        return Err(url.problem("the path of this URL has variables: give `basePath` a default, or leave it out"));
    }
    Ok(path.to_owned())
}
