//! The problems of a configuration, as compilers print them.

use std::path::{Path, PathBuf};

use cognito_authorizer::{api_definition::Problem, configuration::ConfigurationError};

/// Returns the lines of an error, one for each problem.
pub(crate) fn lines(error: &ConfigurationError, paths: &[PathBuf]) -> String {
    let lines = error.problems().iter().map(|problem| line(problem, paths));
    if error.problems().is_empty() { error.to_string() } else { lines.collect::<Vec<_>>().join("\n") }
}

/// Returns a problem as `file:line: /pointer: message`.
pub(crate) fn line(problem: &Problem, paths: &[PathBuf]) -> String {
    let file = file(problem, paths).display().to_string();
    let place = format!("{file}:{}", problem.line());
    match problem.pointer() {
        "" => format!("{place}: {}", problem.message()),
        pointer => format!("{place}: {pointer}: {}", problem.message()),
    }
}

/// Returns the file of a problem, as the user can open it.
fn file(problem: &Problem, paths: &[PathBuf]) -> PathBuf {
    match (problem.file(), paths) {
        (None, [path, ..]) => path.clone(),
        (Some(file), [path]) if path.is_dir() && !Path::new(file).starts_with(path) => path.join(file),
        (Some(file), [path]) if !path.is_dir() => path.parent().unwrap_or(Path::new("")).join(file),
        (file, _) => file.unwrap_or_default().into(),
    }
}
