//! Limits the work of evaluating the functions of a template.

use std::cell::Cell;

use crate::{
    document::Unknown,
    limits::{MAX_FUNCTION_DEPTH, MAX_FUNCTION_STEPS},
};

/// Counts the steps of all functions of a template.
#[derive(Debug)]
pub(crate) struct StepBudget {
    /// `None` after a function needed more steps than were left.
    left: Cell<Option<usize>>,
}

impl StepBudget {
    pub(crate) fn new() -> Self {
        Self { left: Cell::new(Some(MAX_FUNCTION_STEPS)) }
    }

    /// Whether the budget is exhausted.
    pub(super) fn is_exhausted(&self) -> bool {
        self.left.get().is_none()
    }

    /// Consumes steps and checks the depth.
    pub(in crate::api_definition) fn take(&self, count: usize, depth: usize) -> Result<(), Unknown> {
        self.left.set(self.left.get().and_then(|left| left.checked_sub(count)));
        if self.is_exhausted() {
            return Err(unknown(format!("the functions of this template take more than {MAX_FUNCTION_STEPS} steps")));
        }
        if depth > MAX_FUNCTION_DEPTH {
            return Err(unknown(format!(
                "the value is circular, or nested more than {MAX_FUNCTION_DEPTH} levels deep"
            )));
        }
        Ok(())
    }
}

/// Returns the reason why a value cannot be resolved.
pub(crate) fn unknown(why: impl Into<String>) -> Unknown {
    Unknown { why: why.into(), names: None, missing: None, is_repeated: false }
}

/// Returns the reason why a value cannot be resolved without a variable. `why` ends where the advice begins.
pub(crate) fn missing_variable(why: impl std::fmt::Display, name: &str) -> Unknown {
    Unknown { missing: Some(name.to_owned()), ..unknown(format!("{why}: set the variable `{name}`")) }
}
