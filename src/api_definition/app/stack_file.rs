//! The stacks of an app before their templates are read.

use std::path::PathBuf;

use crate::document::Node;

/// The region and the account of a stack, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    pub(crate) region: Option<String>,
    pub(crate) account: Option<String>,
}

/// A stack and its template.
#[derive(Debug)]
pub(crate) struct StackFile {
    /// The name for users and for derived ids, such as `Prod/Api`; empty for a single template.
    pub(crate) id: String,
    /// The stage of the app that the stack is in, such as `Prod`; empty outside of stages.
    pub(crate) stage: String,
    /// The name of the stack in CloudFormation, if it is known.
    pub(crate) name: Option<String>,
    pub(crate) environment: Environment,
    /// The values that the deployment gives to parameters.
    pub(crate) parameters: Vec<(String, String)>,
    /// The file for problems; `None` for a single template.
    pub(crate) file: Option<String>,
    /// The folder of the files that the template refers to.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) parent: Option<ParentStack>,
    pub(crate) document: Node,
}

/// The stack that contains a nested stack.
#[derive(Clone, Debug)]
pub(crate) struct ParentStack {
    /// The number of the stack.
    pub(crate) stack: usize,
    /// The logical id of the nested stack.
    pub(crate) logical_id: String,
}

/// The settings of reading an app.
#[derive(Clone, Debug, Default)]
pub(crate) struct AppSettings {
    pub(crate) stack: Option<String>,
    /// The environment of stacks that have none of their own.
    pub(crate) environment: Environment,
    /// The files that `cdk deploy --outputs-file` wrote.
    pub(crate) outputs: Vec<PathBuf>,
    /// The files with the resources of stacks, as the AWS CLI prints them.
    pub(crate) resources: Vec<PathBuf>,
}

#[cfg(feature = "configuration")]
impl AppSettings {
    /// Adds the settings that are not set.
    pub(crate) fn add_defaults(&mut self, defaults: &Self) {
        let Environment { region, account } = &defaults.environment;
        self.stack = self.stack.take().or_else(|| defaults.stack.clone());
        self.environment.region = self.environment.region.take().or_else(|| region.clone());
        self.environment.account = self.environment.account.take().or_else(|| account.clone());
        if self.outputs.is_empty() && self.resources.is_empty() {
            self.outputs.clone_from(&defaults.outputs);
            self.resources.clone_from(&defaults.resources);
        }
    }
}
