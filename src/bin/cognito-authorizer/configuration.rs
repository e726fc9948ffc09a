//! The arguments that the commands about a configuration share: the file and the output format.

use std::path::PathBuf;

use clap::ValueEnum;
use cognito_authorizer::{
    UserPool,
    api_definition::{ApiDefinition, ApiDefinitionReader},
    configuration::{Configuration, ConfigurationError, ConfigurationReader},
};

use crate::problems;

/// The arguments that name a configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct File {
    /// A configuration (TOML, JSON or YAML), an OpenAPI definition, a CloudFormation or SAM template, or the directory that
    /// `cdk synth` wrote. Several templates are the stacks of one app.
    #[arg(long, value_name = "PATH", required = true)]
    config: Vec<PathBuf>,
    /// The value of a stage variable, or of a parameter or resource of a template.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    variable: Vec<(String, String)>,
    /// The API of a template, by its logical id.
    #[arg(long, value_name = "ID")]
    api: Option<String>,
    /// The stage of the API, such as `prod`, with which every path begins.
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,
    /// Import routes that cannot be checked, such as those with `AWS_IAM`, as routes that reject every request.
    #[arg(long)]
    reject_unsupported_routes: bool,
    #[command(flatten)]
    app: App,
}

/// The options of an app of several stacks.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options for apps")]
pub(crate) struct App {
    /// The stack of the API, such as `Prod/Api`, or its stage, such as `Prod`.
    #[arg(long, value_name = "STACK")]
    stack: Option<String>,
    /// The region of stacks that name none; by default the variable `AWS_REGION` of the environment.
    #[arg(long)]
    region: Option<String>,
    /// The AWS account of stacks that name none.
    #[arg(long)]
    account: Option<String>,
    /// The outputs of the deployed app, as `cdk deploy --outputs-file` writes them.
    #[arg(long, value_name = "FILE")]
    outputs: Vec<PathBuf>,
    /// The resources of a deployed stack, as `aws cloudformation describe-stack-resources` prints them; one file for each
    /// stack.
    #[arg(long, value_name = "FILE")]
    resources: Vec<PathBuf>,
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

impl App {
    /// Returns the region of the option or of the environment.
    fn region(&self) -> Option<String> {
        self.region.clone().or_else(|| std::env::var("AWS_REGION").ok().filter(|region| !region.is_empty()))
    }

    /// Returns the option `--stack`.
    pub(crate) fn stack(&self) -> Option<&str> {
        self.stack.as_deref()
    }

    /// Returns the reader of an app with these options.
    pub(crate) fn reader(&self, variables: &[(String, String)]) -> ApiDefinitionReader {
        let reader = ApiDefinition::reader();
        let reader = variables.iter().fold(reader, |reader, (name, value)| reader.variable(name, value));
        let reader = self.stack.iter().fold(reader, |reader, stack| reader.stack(stack));
        let reader = self.region().into_iter().fold(reader, |reader, region| reader.region(region));
        let reader = self.account.iter().fold(reader, |reader, account| reader.account(account));
        let reader = self.outputs.iter().fold(reader, |reader, path| reader.outputs_file(path));
        self.resources.iter().fold(reader, |reader, path| reader.resources_file(path))
    }
}

impl File {
    /// Reads the configuration. An error has a line for each problem.
    pub(crate) fn configuration(&self) -> Result<Configuration, String> {
        self.configuration_with(&[])
    }

    /// The same, with these user pools in place of those of AWS.
    pub(crate) fn configuration_with(&self, user_pools: &[UserPool]) -> Result<Configuration, String> {
        self.read_with(user_pools).map_err(|error| problems::lines(&error, &self.config))
    }

    /// Returns the paths of the configuration, for the places of problems.
    pub(crate) fn paths(&self) -> &[PathBuf] {
        &self.config
    }

    pub(crate) fn read(&self) -> Result<Configuration, ConfigurationError> {
        self.read_with(&[])
    }

    /// Reads the configuration, with these user pools in place of those of AWS.
    pub(crate) fn read_with(&self, user_pools: &[UserPool]) -> Result<Configuration, ConfigurationError> {
        let reader = user_pools.iter().cloned().fold(self.reader(), ConfigurationReader::user_pool);
        match &*self.config {
            [path] => reader.read_file(path),
            several => reader.read_files(several),
        }
    }

    /// Returns the reader with the options.
    pub(crate) fn reader(&self) -> ConfigurationReader {
        let reader =
            self.variable.iter().fold(Configuration::reader(), |reader, (name, value)| reader.variable(name, value));
        let reader = self.api.iter().fold(reader, |reader, api| reader.api(api));
        let reader = self.stage.iter().fold(reader, |reader, stage| reader.stage(stage));
        let reader = self.app.stack.iter().fold(reader, |reader, stack| reader.stack(stack));
        let reader = self.app.region().into_iter().fold(reader, |reader, region| reader.region(region));
        let reader = self.app.account.iter().fold(reader, |reader, account| reader.account(account));
        let reader = self.app.outputs.iter().fold(reader, |reader, path| reader.outputs_file(path));
        let reader = self.app.resources.iter().fold(reader, |reader, path| reader.resources_file(path));
        reader.reject_unsupported_routes(self.reject_unsupported_routes)
    }
}

pub(crate) fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
