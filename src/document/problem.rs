//! What cannot be imported, and where it stands.

use std::{fmt, rc::Rc};

use super::{Malformed, Node, Value};

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
pub(crate) struct Findings {
    pub(crate) problems: Vec<Problem>,
    pub(crate) notes: Vec<Problem>,
}

/// Of each; who has a thousand has more to do than to read on.
const MOST: usize = 1_000;

impl Findings {
    pub(crate) fn problem(&mut self, at: &Cursor<'_>, message: impl Into<String>) {
        self.add(at.problem(message));
    }

    pub(crate) fn add(&mut self, problem: Problem) {
        if self.problems.len() < MOST {
            self.problems.push(problem);
        }
    }

    pub(crate) fn note(&mut self, at: &Cursor<'_>, message: impl Into<String>) {
        if self.notes.len() < MOST {
            self.notes.push(at.problem(message));
        }
    }

    /// Adds a problem for each member that is spelt like one of these, but with other capitals: who reads only the
    /// exact name would leave it out of account.
    pub(crate) fn check_spelling(&mut self, at: &Cursor<'_>, names: &[&str]) {
        for (name, member) in at.entries() {
            if let Some(exact) = names.iter().find(|own| **own != name && own.eq_ignore_ascii_case(name)) {
                self.problem(&member, format!("`{name}` is not `{exact}`: write it so, or take it out"));
            }
        }
    }
}

/// A node, and how it was reached.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'d> {
    pub(crate) node: &'d Node,
    reached: Option<Rc<Step<'d>>>,
}

/// The last step to a node. The way is written out only if there is something to say.
#[derive(Debug)]
struct Step<'d> {
    before: Option<Rc<Step<'d>>>,
    to: Name<'d>,
}

#[derive(Debug)]
enum Name<'d> {
    Member(&'d str),
    Item(usize),
}

impl<'d> Cursor<'d> {
    pub(crate) fn root(node: &'d Node) -> Self {
        Self { node, reached: None }
    }

    pub(crate) fn problem(&self, message: impl Into<String>) -> Problem {
        let message = shortened(&message.into(), 1_000);
        Problem { line: self.node.line, pointer: self.pointer(), message }
    }

    /// A member, also one that is null.
    pub(crate) fn get(&self, name: &str) -> Option<Self> {
        self.entries().find(|(own, _)| *own == name).map(|(_, member)| member)
    }

    /// The members of a map; none if it is something else.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'d str, Self)> {
        let entries = match &self.node.value {
            Value::Map(entries) => &**entries,
            _ => &[],
        };
        entries.iter().map(|(name, node)| (&**name, self.below(Name::Member(name), node)))
    }

    /// The items of a list; none if it is something else.
    pub(crate) fn items(&self) -> impl Iterator<Item = Self> {
        let items = match &self.node.value {
            Value::List(items) => &**items,
            _ => &[],
        };
        items.iter().enumerate().map(|(number, node)| self.below(Name::Item(number), node))
    }

    /// Itself, if it is a map.
    pub(crate) fn map(self) -> Result<Self, Problem> {
        if matches!(self.node.value, Value::Map(_)) { Ok(self) } else { Err(self.problem("expected a map")) }
    }

    /// Itself, if it is a list.
    pub(crate) fn list(self) -> Result<Self, Problem> {
        if matches!(self.node.value, Value::List(_)) { Ok(self) } else { Err(self.problem("expected a list")) }
    }

    /// Refuses members with other names.
    pub(crate) fn check_members(&self, names: &[&str]) -> Result<(), Problem> {
        match self.entries().find(|(name, _)| !names.contains(name)) {
            Some((name, member)) => Err(member.problem(format!("`{}` is not known here", shortened(name, 200)))),
            None => Ok(()),
        }
    }

    fn below(&self, to: Name<'d>, node: &'d Node) -> Self {
        Self { node, reached: Some(Rc::new(Step { before: self.reached.clone(), to })) }
    }

    fn pointer(&self) -> String {
        let mut steps = Vec::new();
        let mut step = self.reached.as_ref();
        while let Some(own) = step {
            steps.push(match &own.to {
                Name::Member(name) => format!("/{}", shortened(name, 200).replace('~', "~0").replace('/', "~1")),
                Name::Item(number) => format!("/{number}"),
            });
            step = own.before.as_ref();
        }
        steps.iter().rev().map(String::as_str).collect()
    }
}

/// As much of a text as somebody would read.
fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
