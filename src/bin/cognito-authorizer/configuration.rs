//! The arguments that the commands about a configuration share: the file and the output format.

use std::path::PathBuf;

use clap::ValueEnum;
use cognito_authorizer::configuration::{Configuration, ConfigurationError};

/// The configuration that is asked about.
#[derive(Debug, clap::Args)]
pub(crate) struct File {
    /// A configuration (TOML, JSON or YAML), an OpenAPI definition, or a CloudFormation or SAM template.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// What a stage variable, or a parameter or resource of a template, stands for.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    variable: Vec<(String, String)>,
    /// Which API of a template is meant, by its logical id.
    #[arg(long, value_name = "ID")]
    api: Option<String>,
}

/// The output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
}

impl File {
    pub(crate) fn read(&self) -> Result<Configuration, ConfigurationError> {
        let reader =
            self.variable.iter().fold(Configuration::reader(), |reader, (name, value)| reader.variable(name, value));
        let reader = self.api.iter().fold(reader, |reader, api| reader.api(api));
        reader.read_file(&self.config)
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
