//! What cannot be imported, and where it stands.

use std::fmt;

use super::document::{Malformed, Node, Value};

/// A place in a definition and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    line: usize,
    pointer: String,
    message: String,
}

impl Problem {
    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The place as a JSON Pointer (RFC 6901), such as `/paths/~1pets/get`.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// What is wrong, and what to do.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.pointer.is_empty() {
            write!(f, ", {}", self.pointer)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl From<Malformed> for Problem {
    fn from(malformed: Malformed) -> Self {
        Self { line: malformed.line, pointer: String::new(), message: malformed.message }
    }
}

/// What was found on the way: problems, which refuse the definition, and notes, which do not.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) problems: Vec<Problem>,
    pub(super) notes: Vec<Problem>,
}

impl Findings {
    pub(super) fn problem(&mut self, at: &Cursor<'_>, message: impl Into<String>) {
        self.problems.push(at.problem(message));
    }

    pub(super) fn note(&mut self, at: &Cursor<'_>, message: impl Into<String>) {
        self.notes.push(at.problem(message));
    }
}

/// A node, and how it was reached.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'d> {
    pub(super) node: &'d Node,
    pub(super) pointer: String,
}

impl<'d> Cursor<'d> {
    pub(super) fn root(node: &'d Node) -> Self {
        Self { node, pointer: String::new() }
    }

    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem { line: self.node.line, pointer: self.pointer.clone(), message: message.into() }
    }

    /// A member, if it is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let node = self.node.get(name).filter(|node| !matches!(node.value, Value::Null))?;
        Some(self.below(name, node))
    }

    /// The members of a map; none if it is something else.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'d str, Self)> {
        let entries = match &self.node.value {
            Value::Map(entries) => &**entries,
            _ => &[],
        };
        entries.iter().map(|(name, node)| (&**name, self.below(name, node)))
    }

    /// The items of a list; none if it is something else.
    pub(super) fn items(&self) -> impl Iterator<Item = Self> {
        let items = match &self.node.value {
            Value::List(items) => &**items,
            _ => &[],
        };
        items.iter().enumerate().map(|(number, node)| self.below(&number.to_string(), node))
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.node.value, Value::List(_))
    }

    fn below(&self, name: &str, node: &'d Node) -> Self {
        let name = name.replace('~', "~0").replace('/', "~1");
        Self { node, pointer: format!("{}/{name}", self.pointer) }
    }
}
