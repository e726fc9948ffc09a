//! What stands before every path of a definition (`basePath`, the path of the first server).

use crate::{
    document::{Cursor, Problem, Variables},
    word::words,
};

/// What becomes of the base path of a definition, as API Gateway's import has it
/// ([behaviour §6.1.13](crate::docs::behaviour)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BasePath {
    /// It is left out.
    #[default]
    Ignore,
    /// It stands before every path: with `/a/b`, `/pets` becomes `/a/b/pets`.
    Prepend,
    /// Its first segment is left out, and the rest stands before every path: with `/a/b`, `/pets` becomes `/b/pets`.
    Split,
}

words!(BasePath { Ignore = "ignore", Prepend = "prepend", Split = "split" });

/// What stands before every path: empty, or with a slash at the start and none at the end.
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

/// The route key of an operation below this prefix.
pub(super) fn route_key(prefix: &str, method: &str, path: &str) -> String {
    match path {
        "/" if !prefix.is_empty() => format!("{method} {prefix}"),
        path => format!("{method} {prefix}{path}"),
    }
}

/// The variable `basePath` of a server, or the path of its URL.
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
