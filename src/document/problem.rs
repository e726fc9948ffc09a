//! Problems of a definition and their place in it.

use std::{fmt, rc::Rc};

use super::{Malformed, Node, NodeValue, Unknown};
use crate::limits::MAX_FINDINGS;

/// A problem or a note, with its place in a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    file: Option<String>,
    line: usize,
    pointer: String,
    message: String,
    /// The variable that would give the missing value.
    missing: Option<String>,
}

impl Problem {
    /// Returns the file if the problem is in a file that the definition refers to; `None` for the definition itself.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Returns the line, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the place as a JSON Pointer (RFC 6901), such as `/paths/~1pets/get`.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Returns the message, which says what is wrong and what to do.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the variable that would give the missing value; `None` for any other problem.
    pub(crate) fn missing_variable(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// Returns the problem of several places, of which this is the first.
    pub(crate) fn with_more_places(mut self, more: usize) -> Self {
        match more {
            0 => {}
            1 => self.message += " (and in 1 more place)",
            _ => self.message += &format!(" (and in {more} more places)"),
        }
        self
    }

    /// Returns the problem with its place in this file.
    pub(crate) fn in_file(self, file: &str) -> Self {
        Self { file: Some(file.to_owned()), ..self }
    }

    /// Returns the problem with its place in this file, unless it is in a file that the definition refers to.
    pub(crate) fn in_file_unless_named(self, file: &str) -> Self {
        if self.file.is_some() { self } else { self.in_file(file) }
    }

    /// Sorts problems by file, line and place, and removes adjacent duplicates.
    pub(crate) fn sorted(mut problems: Vec<Self>) -> Vec<Self> {
        problems.sort_by(|a, b| (a.file(), a.line(), a.pointer()).cmp(&(b.file(), b.line(), b.pointer())));
        problems.dedup();
        problems
    }

    /// Formats the problems, one per line.
    pub(crate) fn listed(problems: &[Self]) -> String {
        problems.iter().map(Self::to_string).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "`{file}`, ")?;
        }
        write!(f, "line {}", self.line)?;
        if !self.pointer.is_empty() {
            write!(f, ", {}", self.pointer)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl From<Malformed> for Problem {
    fn from(malformed: Malformed) -> Self {
        Self { file: None, line: malformed.line, pointer: String::new(), message: malformed.message, missing: None }
    }
}

/// The findings of reading a definition: problems, which reject it, and notes, which do not.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) problems: Vec<Problem>,
    pub(crate) notes: Vec<Problem>,
}

impl Findings {
    pub(crate) fn problem(&mut self, at: &Cursor<'_>, message: impl Into<String>) {
        self.add(at.problem(message));
    }

    pub(crate) fn add(&mut self, problem: Problem) {
        if self.problems.len() < MAX_FINDINGS {
            self.problems.push(problem);
        }
    }

    /// Whether further problems are dropped.
    #[cfg(feature = "configuration")]
    pub(crate) fn is_full(&self) -> bool {
        self.problems.len() >= MAX_FINDINGS
    }

    pub(crate) fn note(&mut self, at: &Cursor<'_>, message: impl Into<String>) {
        if self.notes.len() < MAX_FINDINGS {
            self.notes.push(at.problem(message));
        }
    }

    /// Notes the repeated names of a template.
    pub(crate) fn note_repeated(&mut self, at: &Cursor<'_>) {
        if matches!(&at.node.value, NodeValue::Unknown(unknown) if unknown.is_repeated) {
            self.notes.extend(Some(at.expected("")).filter(|_| self.notes.len() < MAX_FINDINGS));
        }
        let below = at.entries().map(|(_, at)| at).chain(at.items());
        for at in below {
            self.note_repeated(&at);
        }
    }

    /// Adds a problem for each member whose name differs from one of these only in case. A reader that matches exact
    /// names would ignore such a member.
    pub(crate) fn check_spelling(&mut self, at: &Cursor<'_>, names: &[&str]) {
        for (name, member) in at.entries() {
            if let Some(exact) = names.iter().find(|own| **own != name && own.eq_ignore_ascii_case(name)) {
                self.problem(&member, format!("`{name}` has the wrong case: write `{exact}`, or remove it"));
            }
        }
    }
}

/// A node, with the path to it.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'d> {
    pub(crate) node: &'d Node,
    reached: Option<Rc<Step<'d>>>,
    /// The parameter of a template that has this value.
    parameter: Option<&'d str>,
}

/// The last step to a node. The JSON Pointer is built only when a problem is reported.
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
        Self::at(node, None)
    }

    pub(crate) fn problem(&self, message: impl Into<String>) -> Problem {
        let message = shortened(&message.into(), 1_000);
        Problem { file: None, line: self.node.line, pointer: self.pointer(), message, missing: None }
    }

    /// Returns a problem with the value, which may be that of a parameter.
    pub(crate) fn problem_with_value(&self, message: impl fmt::Display) -> Problem {
        match self.parameter {
            Some(name) => self
                .problem(format!("{message}; this is the value of the parameter `{name}`: set the variable `{name}`")),
            None => self.problem(message.to_string()),
        }
    }

    /// Returns a problem for a node of the wrong type, or the reason why the node is unknown.
    pub(crate) fn expected(&self, what: &str) -> Problem {
        match &self.node.value {
            NodeValue::Unknown(unknown) => self.unknown(unknown),
            _ => self.problem(format!("expected {what}")),
        }
    }

    /// Returns the problem of a value that cannot be resolved.
    pub(crate) fn unknown(&self, unknown: &Unknown) -> Problem {
        Problem { missing: unknown.missing.clone(), ..self.problem(&*unknown.why) }
    }

    /// Returns a cursor to another node at the same place.
    pub(crate) fn with<'n>(&self, node: &'n Node) -> Cursor<'n>
    where
        'd: 'n,
    {
        Cursor::at(node, self.reached.clone())
    }

    /// Returns a member, even if its value is null.
    pub(crate) fn get(&self, name: &str) -> Option<Self> {
        let NodeValue::Map(entries) = &self.node.value else { return None };
        // Builds a cursor only for the match: a map may be long, and searched often.
        let found = entries.iter().find(|(own, node)| **own == *name && node.is_there())?;
        Some(self.below(Name::Member(&found.0), &found.1))
    }

    /// Returns the number of members or items, including absent ones.
    pub(crate) fn size(&self) -> usize {
        match &self.node.value {
            NodeValue::Map(entries) => entries.len(),
            NodeValue::List(items) => items.len(),
            _ => 0,
        }
    }

    /// Returns the members of a map; none if the node is not a map.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'d str, Self)> {
        let entries = match &self.node.value {
            NodeValue::Map(entries) => &**entries,
            _ => &[],
        };
        let entries = entries.iter().filter(|(_, node)| node.is_there());
        entries.map(|(name, node)| (&**name, self.below(Name::Member(name), node)))
    }

    /// Returns the items of a list; none if the node is not a list.
    pub(crate) fn items(&self) -> impl Iterator<Item = Self> {
        let items = match &self.node.value {
            NodeValue::List(items) => &**items,
            _ => &[],
        };
        let items = items.iter().enumerate().filter(|(_, node)| node.is_there());
        items.map(|(number, node)| self.below(Name::Item(number), node))
    }

    /// Whether an item of the list depends on a condition.
    pub(crate) fn has_branches(&self) -> bool {
        matches!(&self.node.value, NodeValue::List(items) if items.iter().any(|item| matches!(item.value, NodeValue::Branch(..))))
    }

    /// Returns the cursor if its node is a map.
    pub(crate) fn map(self) -> Result<Self, Problem> {
        if matches!(self.node.value, NodeValue::Map(_)) { Ok(self) } else { Err(self.expected("a map")) }
    }

    /// Returns the cursor if its node is a list.
    pub(crate) fn list(self) -> Result<Self, Problem> {
        if matches!(self.node.value, NodeValue::List(_)) { Ok(self) } else { Err(self.expected("a list")) }
    }

    /// Rejects members with other names.
    pub(crate) fn check_members(&self, names: &[&str]) -> Result<(), Problem> {
        match self.entries().find(|(name, _)| !names.contains(name)) {
            Some((name, member)) => Err(member.problem(format!("`{}` is not known here", shortened(name, 200)))),
            None => Ok(()),
        }
    }

    #[cfg(feature = "configuration")]
    pub(crate) fn is_below_root(&self) -> bool {
        self.reached.is_some()
    }

    fn below(&self, to: Name<'d>, node: &'d Node) -> Self {
        Self::at(node, Some(Rc::new(Step { before: self.reached.clone(), to })))
    }

    /// Returns a cursor to a node. For a condition, the cursor points to the selected branch.
    fn at(mut node: &'d Node, mut reached: Option<Rc<Step<'d>>>) -> Self {
        let mut parameter = None;
        loop {
            match &node.value {
                NodeValue::Branch(number, taken) => {
                    reached = Some(Rc::new(Step { before: reached, to: Name::Member("Fn::If") }));
                    reached = Some(Rc::new(Step { before: reached, to: Name::Item(*number) }));
                    node = taken;
                }
                NodeValue::Parameter(name, value) => {
                    parameter = Some(&**name);
                    node = value;
                }
                _ => return Self { node, reached, parameter },
            }
        }
    }

    /// Returns the path to the node as a JSON Pointer.
    pub(crate) fn pointer(&self) -> String {
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

/// Truncates a text to this number of characters.
fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
