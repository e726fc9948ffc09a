//! Views a definition as SAM sees it, and finds where SAM adds an operation.
//!
//! SAM runs before CloudFormation resolves functions. For SAM, an operation exists even if its condition is false, and
//! a function is a value like any other. Compares the definition as written with the definition after CloudFormation
//! resolves it. Rejects a result that CloudFormation does not accept. Source: SAM's translator
//! (`get_conditional_contents`, `has_integration`, `add_lambda_integration`, `add_cors`).

use std::collections::{HashMap, HashSet};

use super::resources::Resource;
use crate::document::{Cursor, Node, NodeValue, Problem};

/// The paths of an API's definition, as written.
#[derive(Debug)]
pub(super) struct WrittenPaths<'d> {
    /// The paths; `None` where SAM cannot see them.
    paths: Option<Vec<(&'d str, Cursor<'d>)>>,
    places: HashMap<&'d str, usize>,
}

impl<'d> WrittenPaths<'d> {
    /// Returns the paths of `DefinitionBody`, a property that `Globals` cannot have.
    pub(super) fn of(api: &Resource<'d>) -> Self {
        let body = api.attribute("Properties").and_then(|properties| properties.get("DefinitionBody"));
        let paths = body.and_then(|body| body.get("paths")).filter(|paths| !is_function(paths.node));
        let paths: Option<Vec<_>> = paths.map(|paths| paths.entries().collect());
        let places = paths.iter().flatten().enumerate().map(|(place, (path, _))| (*path, place)).collect();
        Self { paths, places }
    }

    /// Whether a path is written, even under a condition.
    pub(super) fn has(&self, path: &str) -> bool {
        self.places.contains_key(path)
    }

    /// Whether an event adds its operation to the definition, if the path is present.
    pub(super) fn takes_event(
        &self,
        at: &Cursor<'_>,
        path: &str,
        member: &str,
        function_is_present: bool,
    ) -> Result<bool, Problem> {
        let unclear = || {
            at.problem("SAM would add this event to a path below a function or a reference: write the path directly")
        };
        let paths = self.paths.as_ref().ok_or_else(unclear)?;
        let Some((_, item)) = self.places.get(path).and_then(|place| paths.get(*place)) else { return Ok(true) };
        let (mut is_added, mut has_operation) = (false, false);
        for branch in branches(item).ok_or_else(unclear)? {
            let Some(operation) = branch.get(member) else {
                is_added = true;
                continue;
            };
            has_operation = true;
            if branches(&operation).unwrap_or_default().iter().any(has_integration) {
                continue;
            }
            if is_function(operation.node) {
                return Err(unclear());
            }
            is_added = true;
        }
        if is_added && has_operation && !function_is_present {
            return Err(at.problem(
                "the function of this event is absent, so SAM removes the operation from the definition: remove the \
                 operation, or give it an integration in each branch of the path",
            ));
        }
        Ok(is_added)
    }

    /// Returns the paths to which `Cors` adds `OPTIONS`; `resolved` has the paths as CloudFormation reads them.
    pub(super) fn without_preflight(
        &self,
        cors: &Cursor<'_>,
        resolved: &HashMap<&str, Cursor<'_>>,
    ) -> Result<Vec<&'d str>, Problem> {
        let unclear = || {
            cors.problem("SAM would add `options` to a path below a function or a reference: write the path directly")
        };
        let mut added = Vec::new();
        let mut spellings = HashSet::new();
        for (path, item) in self.paths.as_ref().ok_or_else(unclear)? {
            if !spellings.insert(one_spelling(path)) || !path.starts_with('/') {
                continue;
            }
            let branches = branches(item).ok_or_else(unclear)?;
            let with_options = branches.iter().filter(|branch| branch.get("options").is_some()).count();
            match resolved.get(path) {
                None => {}
                Some(item) if item.get("options").is_some() || with_options == branches.len() => {}
                Some(_) if with_options == 0 => added.push(*path),
                Some(_) => return Err(unclear()),
            }
        }
        Ok(added)
    }
}

/// Returns a path without a trailing slash: SAM adds `OPTIONS` only to the first spelling of a path.
pub(super) fn one_spelling(path: &str) -> &str {
    if path == "/" { path } else { path.trim_end_matches('/') }
}

/// Whether SAM sees a function at this place. SAM treats it as a true value that is not text.
pub(super) fn is_function(node: &Node) -> bool {
    let NodeValue::Map(members) = &node.value else { return false };
    matches!(&**members, [(name, _)] if name == "Ref" || name.starts_with("Fn::"))
}

/// Returns the values that an item may have, depending on a condition; `None` where SAM does not look further.
fn branches<'d>(item: &Cursor<'d>) -> Option<Vec<Cursor<'d>>> {
    let branches = match item.get("Fn::If") {
        Some(arguments) => arguments.items().skip(1).filter(|branch| !is_not_a_value(branch)).collect(),
        None => vec![item.clone()],
    };
    let is_plain = |branch: &Cursor<'_>| !is_function(branch.node) && branch.get("$ref").is_none();
    branches.iter().all(is_plain).then_some(branches)
}

fn is_not_a_value(at: &Cursor<'_>) -> bool {
    let name = at.get("Ref");
    name.is_some_and(|name| matches!(&name.node.value, NodeValue::Text(name) if name == "AWS::NoValue"))
}

fn has_integration(operation: &Cursor<'_>) -> bool {
    operation.get("x-amazon-apigateway-integration").is_some_and(|at| is_true(at.node))
}

/// Whether Python treats the value as true.
pub(super) fn is_true(node: &Node) -> bool {
    match &node.value {
        NodeValue::Bool(value) => *value,
        NodeValue::Null => false,
        NodeValue::Text(text) => !text.is_empty(),
        NodeValue::Number(text) => text.parse() != Ok(0.0),
        NodeValue::List(items) => !items.is_empty(),
        NodeValue::Map(members) => !members.is_empty(),
        NodeValue::Absent | NodeValue::Branch(..) | NodeValue::Parameter(..) | NodeValue::Unknown(_) => true,
    }
}
