//! `cognito-authorizer check`: what is wrong with a configuration, and what is odd about it.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use cognito_authorizer::{
    api_definition::Problem,
    configuration::{ConfigurationError, Lint},
};
use serde_json::{Value, json};

use crate::configuration::{File, Format};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    file: File,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// End with 1 for warnings too.
    #[arg(long)]
    strict: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let (errors, warnings, notes) = match arguments.file.read() {
        Ok(configuration) => (Vec::new(), configuration.lint()?, configuration.notes().to_vec()),
        Err(error @ ConfigurationError::File { .. }) => return Err(error.into()),
        Err(error) => (errors(&error), Vec::new(), Vec::new()),
    };
    let mut out = io::stdout().lock();
    match arguments.format {
        Format::Json => {
            let answer = json!({
                "errors": errors,
                "warnings": warnings.iter().map(warning).collect::<Vec<_>>(),
                "notes": notes.iter().map(place).collect::<Vec<_>>(),
            });
            writeln!(out, "{answer:#}")?;
        }
        Format::Text => {
            for error in &errors {
                let file = error["file"].as_str().map(|file| format!("`{file}`"));
                let line = error["line"].as_u64().map(|line| format!("line {line}"));
                let pointer = error["pointer"].as_str().filter(|pointer| !pointer.is_empty()).map(str::to_owned);
                let place: Vec<String> = file.into_iter().chain(line).chain(pointer).collect();
                let place = if place.is_empty() { String::new() } else { format!("{}: ", place.join(", ")) };
                writeln!(out, "error: {place}{}", error["message"].as_str().unwrap_or_default())?;
            }
            for lint in &warnings {
                writeln!(out, "warning: {lint} [{}]", lint.code())?;
            }
            for note in &notes {
                writeln!(out, "note: {note}")?;
            }
            writeln!(out, "{} errors, {} warnings, {} notes", errors.len(), warnings.len(), notes.len())?;
        }
    }
    let is_bad = !errors.is_empty() || arguments.strict && !warnings.is_empty();
    Ok(ExitCode::from(u8::from(is_bad)))
}

/// Each mistake with its place, or the only thing there is to say.
fn errors(error: &ConfigurationError) -> Vec<Value> {
    match error.problems() {
        [] => vec![json!({"file": null, "line": null, "pointer": null, "message": error.to_string()})],
        problems => problems.iter().map(place).collect(),
    }
}

fn place(problem: &Problem) -> Value {
    json!({"file": problem.file(), "line": problem.line(), "pointer": problem.pointer(), "message": problem.message()})
}

fn warning(lint: &Lint) -> Value {
    json!({"code": lint.code(), "message": lint.to_string()})
}
