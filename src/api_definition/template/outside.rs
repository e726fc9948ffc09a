//! The values that a template takes from outside: from its environment, its deployment and the other stacks of its app.

use std::fmt;

use crate::document::Unknown;

/// A value from outside, or the reason why it cannot be resolved. `None` if there is no such value.
pub(crate) type OutsideValue = Option<Result<String, Unknown>>;

/// What `Fn::GetStackOutput` asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StackOutput<'a> {
    /// The name of the stack in CloudFormation.
    pub(crate) stack: &'a str,
    pub(crate) output: &'a str,
    /// The region, or else that of the stack that asks.
    pub(crate) region: Option<&'a str>,
    /// The account of `RoleArn`, or else that of the stack that asks.
    pub(crate) account: Option<&'a str>,
}

impl StackOutput<'_> {
    /// Returns the variable that gives the value: `STACK.OUTPUT`, after the account and the region that are asked for.
    pub(crate) fn variable(&self) -> String {
        let place = [self.account, self.region].into_iter().flatten().map(|part| format!("{part}:"));
        format!("{}{}.{}", place.collect::<String>(), self.stack, self.output)
    }

    /// Returns the region and the account that are asked for, for a problem.
    pub(super) fn place(&self) -> String {
        let region = self.region.map(|region| format!(" in the region `{region}`")).unwrap_or_default();
        let account = self.account.map(|account| format!(" in the account `{account}`")).unwrap_or_default();
        region + &account
    }
}

/// The app of a template. A stack is named by its number.
///
/// `depth` is the depth of the function that asks, so that circular references between stacks end.
pub(crate) trait Outside: fmt::Debug {
    /// Returns a pseudo parameter, such as `AWS::Region`.
    fn pseudo_parameter(&self, stack: usize, name: &str) -> Option<String>;

    /// Returns the value that the deployment or the parent stack gives to a parameter.
    fn parameter(&self, stack: usize, name: &str, depth: usize) -> OutsideValue;

    /// Returns the value of an export.
    fn export(&self, stack: usize, name: &str, depth: usize) -> OutsideValue;

    /// Returns an output of another stack.
    fn stack_output(&self, stack: usize, asked: &StackOutput<'_>, depth: usize) -> OutsideValue;

    /// Returns the value of a parameter in SSM Parameter Store.
    fn stored(&self, stack: usize, name: &str, depth: usize) -> OutsideValue;

    /// Returns the value of `Ref` for a resource.
    fn reference(&self, stack: usize, logical_id: &str, kind: &str, depth: usize) -> OutsideValue;

    /// Whether a nested stack is read.
    fn is_read(&self, stack: usize, logical_id: &str) -> bool;

    /// Returns the value of `Fn::GetAtt` for a resource.
    fn attribute(&self, stack: usize, logical_id: &str, kind: &str, attribute: &str, depth: usize) -> OutsideValue;
}
