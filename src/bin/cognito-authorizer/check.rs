//! `cognito-authorizer check`: reports the errors, warnings and notes of a configuration.

use std::{
    error::Error,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use cognito_authorizer::{
    api_definition::Problem,
    configuration::{ConfigurationError, Lint},
};
use serde_json::{Value, json};

use crate::{
    configuration::{File, Format},
    printable::{json_text, printable},
    problems,
    style::{BAD, DOUBTFUL, PLAIN},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    file: File,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Exit with 1 for warnings too.
    #[arg(long)]
    strict: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let mut answer = Answer::default();
    match arguments.file.read() {
        Ok(configuration) => {
            answer.warnings = configuration.lint();
            answer.notes = configuration.notes().to_vec();
        }
        Err(error @ ConfigurationError::File { .. }) => return Err(error.into()),
        Err(error) if error.problems().is_empty() => answer.other_error = Some(error.to_string()),
        Err(error) => answer.errors = error.problems().to_vec(),
    }
    let mut out = anstream::stdout().lock();
    match arguments.format {
        Format::Json => writeln!(out, "{}", json_text(&format!("{:#}", answer.as_json())))?,
        Format::Text => answer.write(&mut out, arguments.file.paths())?,
    }
    let is_bad = answer.error_count() > 0 || arguments.strict && !answer.warnings.is_empty();
    Ok(ExitCode::from(u8::from(is_bad)))
}

/// The output of the command.
#[derive(Debug, Default)]
struct Answer {
    errors: Vec<Problem>,
    /// An error without a place.
    other_error: Option<String>,
    warnings: Vec<Lint>,
    notes: Vec<Problem>,
}

impl Answer {
    fn error_count(&self) -> usize {
        self.errors.len() + usize::from(self.other_error.is_some())
    }

    fn write(&self, out: &mut impl Write, paths: &[PathBuf]) -> io::Result<()> {
        for error in &self.errors {
            writeln!(out, "{BAD}error{BAD:#}: {}", printable(&problems::line(error, paths)))?;
        }
        if let Some(error) = &self.other_error {
            writeln!(out, "{BAD}error{BAD:#}: {}", printable(&error.to_string()))?;
        }
        for lint in &self.warnings {
            writeln!(out, "{DOUBTFUL}warning{DOUBTFUL:#}: {} [{}]", printable(&lint.to_string()), lint.as_str())?;
        }
        for note in &self.notes {
            writeln!(out, "{PLAIN}note{PLAIN:#}: {}", printable(&problems::line(note, paths)))?;
        }
        writeln!(out, "errors: {}, warnings: {}, notes: {}", self.error_count(), self.warnings.len(), self.notes.len())
    }

    fn as_json(&self) -> Value {
        let other = self.other_error.iter();
        let other = other.map(|error| json!({"file": null, "line": null, "pointer": null, "message": error}));
        json!({
            "errors": self.errors.iter().map(place).chain(other).collect::<Vec<_>>(),
            "warnings": self.warnings.iter().map(warning).collect::<Vec<_>>(),
            "notes": self.notes.iter().map(place).collect::<Vec<_>>(),
        })
    }
}

fn place(problem: &Problem) -> Value {
    json!({"file": problem.file(), "line": problem.line(), "pointer": problem.pointer(), "message": problem.message()})
}

fn warning(lint: &Lint) -> Value {
    json!({"code": lint.as_str(), "message": lint.to_string()})
}
