//! Limits the work of evaluating the functions of a template.

use std::cell::Cell;

use crate::{
    document::Unknown,
    limits::{MAX_FUNCTION_DEPTH, MAX_FUNCTION_STEPS},
};

/// Counts the steps of all functions of a template.
#[derive(Debug)]
pub(super) struct StepBudget {
    left: Cell<usize>,
}

impl StepBudget {
    pub(super) fn new() -> Self {
        Self { left: Cell::new(MAX_FUNCTION_STEPS) }
    }

    /// Whether the budget is exhausted.
    pub(super) fn are_exhausted(&self) -> bool {
        self.left.get() == 0
    }

    /// Consumes steps and checks the depth.
    pub(super) fn take(&self, count: usize, depth: usize) -> Result<(), Unknown> {
        let left = self.left.get().saturating_sub(count);
        self.left.set(left);
        if left == 0 {
            return Err(unknown(format!("the functions of this template take more than {MAX_FUNCTION_STEPS} steps")));
        }
        if depth > MAX_FUNCTION_DEPTH {
            return Err(unknown(format!("this refers to itself, or is nested more than {MAX_FUNCTION_DEPTH} deep")));
        }
        Ok(())
    }
}

/// Returns the reason why a value cannot be resolved.
pub(super) fn unknown(why: impl Into<String>) -> Unknown {
    Unknown { why: why.into(), names: None }
}
