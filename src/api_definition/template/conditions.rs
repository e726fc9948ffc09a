//! Evaluates the conditions of a template, and caches their values.
//!
//! Source: CloudFormation, "Condition functions".

use std::{cell::RefCell, collections::HashMap};

use super::steps::unknown;
use crate::document::{Cursor, Node, Unknown};

/// The section `Conditions`, and the values evaluated so far.
#[derive(Debug)]
pub(super) struct Conditions<'d> {
    all: HashMap<&'d str, &'d Node>,
    known: RefCell<HashMap<String, Result<bool, Unknown>>>,
}

impl<'d> Conditions<'d> {
    pub(super) fn new(section: Option<&Cursor<'d>>) -> Self {
        let all = section.into_iter().flat_map(Cursor::entries).map(|(name, at)| (name, at.node));
        Self { all: all.collect(), known: RefCell::default() }
    }

    /// Returns the value of the condition with this name. `evaluate` is called once per condition; a circular one is an
    /// error.
    pub(super) fn value(
        &self,
        name: &str,
        evaluate: impl FnOnce(&'d Node) -> Result<bool, Unknown>,
    ) -> Result<bool, Unknown> {
        if let Some(known) = self.known.borrow().get(name) {
            return known.clone();
        }
        let condition = self.all.get(name).ok_or_else(|| unknown(format!("unknown condition `{name}`")))?;
        let circle = Err(unknown(format!("the condition `{name}` refers to itself")));
        self.known.borrow_mut().insert(name.to_owned(), circle);
        let value = evaluate(condition).map_err(|reason| {
            // The error already names the innermost condition.
            if reason.why.contains("condition `") {
                reason
            } else {
                Unknown { why: format!("{}, in the condition `{name}`", reason.why), ..reason }
            }
        });
        self.known.borrow_mut().insert(name.to_owned(), value.clone());
        value
    }
}
