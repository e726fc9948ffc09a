//! The stage or base path that every path of a table begins with.

use std::str::FromStr;

use super::{RouteTableMistake, key};

/// A stage, or a base path of several segments: `prod`, `api/v1`. The default has no segments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stage {
    name: Box<str>,
    segments: Vec<Box<str>>,
}

impl Stage {
    /// The segments, joined by slashes and without slashes around them.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn segments(&self) -> &[Box<str>] {
        &self.segments
    }
}

impl FromStr for Stage {
    type Err = RouteTableMistake;

    /// Accepts one slash before and one slash after the segments.
    fn from_str(text: &str) -> Result<Self, RouteTableMistake> {
        match key::parse_stage(text) {
            Some(segments) => Ok(Self { name: segments.join("/").into(), segments }),
            None => Err(RouteTableMistake::Stage { stage: text.to_owned() }),
        }
    }
}
