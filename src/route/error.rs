//! The mistakes of a route table.

use std::fmt;

use super::RouteKeyError;
use crate::error_text::{debug_as_display, write_lines};
use crate::scope::ScopeError;

/// The error for a route table that cannot be built. `Display` writes one line for each mistake.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub struct RouteTableError {
    mistakes: Vec<RouteTableMistake>,
}

debug_as_display!(RouteTableError);

impl RouteTableError {
    pub(super) fn new(mistakes: Vec<RouteTableMistake>) -> Self {
        Self { mistakes }
    }

    /// The mistakes, at least one, in the order in which they were found.
    pub fn mistakes(&self) -> &[RouteTableMistake] {
        &self.mistakes
    }
}

impl fmt::Display for RouteTableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(&self.mistakes, f)
    }
}

/// One mistake in a route table.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteTableMistake {
    /// Two route keys cover the same requests; different names of path variables do not distinguish them.
    #[error("the routes `{first}` and `{second}` are the same: keep one")]
    Equal {
        /// The route that was added first.
        first: String,
        /// The route that was added later.
        second: String,
    },
    /// A text is not a route key.
    #[error(transparent)]
    RouteKey(#[from] RouteKeyError),
    /// The stage cannot be the beginning of a path.
    #[error("`{stage}` is not a stage: expected one segment or more, such as `prod` or `api/v1`")]
    Stage {
        /// The stage as given.
        stage: String,
    },
    /// The scopes of a route are invalid.
    #[error("route `{route_key}`: {reason}")]
    Scopes {
        /// The key of the route.
        route_key: String,
        /// The reason why the scopes are invalid.
        reason: ScopeError,
    },
}

debug_as_display!(RouteTableMistake);
