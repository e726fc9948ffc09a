//! The values that a template takes from outside: from its environment, its deployment and the other stacks of its app.

use std::fmt;

use super::stack_output::StackOutput;
use crate::document::Unknown;

/// A value from outside, or the reason why it cannot be resolved. `None` if there is no such value.
pub(crate) type OutsideValue = Option<Result<String, Unknown>>;

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
    fn stack_output(&self, stack: usize, asked: &StackOutput, depth: usize) -> OutsideValue;

    /// Returns the value of a parameter in SSM Parameter Store.
    fn stored(&self, stack: usize, name: &str, depth: usize) -> OutsideValue;

    /// Returns the value of `Ref` for a resource.
    fn reference(&self, stack: usize, logical_id: &str, kind: &str, depth: usize) -> OutsideValue;

    /// Whether a nested stack is read.
    fn is_read(&self, stack: usize, logical_id: &str) -> bool;

    /// Returns the value of `Fn::GetAtt` for a resource.
    fn attribute(&self, stack: usize, logical_id: &str, kind: &str, attribute: &str, depth: usize) -> OutsideValue;
}
