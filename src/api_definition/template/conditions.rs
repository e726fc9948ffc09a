//! The conditions of a template, each evaluated once, and when it is asked for.
//!
//! Source: CloudFormation, "Condition functions".

use std::{cell::RefCell, collections::HashMap};

use super::functions::{Functions, text_of, unknown};
use crate::document::{Cursor, Node, Unknown, Value};

/// The section `Conditions`, and what is known of it.
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

    /// Whether the condition of this name holds.
    pub(super) fn holds(&self, functions: &Functions<'_>, name: &str, depth: usize) -> Result<bool, Unknown> {
        if let Some(known) = self.known.borrow().get(name) {
            return known.clone();
        }
        let condition = self.all.get(name).ok_or_else(|| unknown(format!("there is no condition `{name}`")))?;
        // Until it is known, whoever asks for it asks from within it.
        let circle = Err(unknown(format!("the condition `{name}` refers to itself")));
        self.known.borrow_mut().insert(name.to_owned(), circle);
        let holds = self.evaluated(functions, condition, depth + 1);
        let holds = holds.map_err(|own| {
            // The innermost condition is the one that is named.
            if own.why.contains("condition `") {
                own
            } else {
                unknown(format!("{}, in the condition `{name}`", own.why))
            }
        });
        self.known.borrow_mut().insert(name.to_owned(), holds.clone());
        holds
    }

    fn evaluated(&self, functions: &Functions<'_>, node: &Node, depth: usize) -> Result<bool, Unknown> {
        functions.step(1, depth)?;
        let Value::Map(members) = &node.value else {
            return Err(unknown("expected a condition function"));
        };
        let [(name, argument)] = &**members else {
            return Err(unknown("expected one condition function"));
        };
        match (&**name, &argument.value) {
            ("Condition", Value::Text(name)) => self.holds(functions, name, depth + 1),
            ("Fn::Equals", _) => {
                let [one, other] = &functions.arguments::<2>(name, argument, depth)?;
                Ok(text_of(one)? == text_of(other)?)
            }
            ("Fn::Not", Value::List(items)) => match &**items {
                [item] => Ok(!self.evaluated(functions, item, depth + 1)?),
                _ => Err(unknown("Fn::Not takes one condition")),
            },
            ("Fn::And" | "Fn::Or", Value::List(items)) if !items.is_empty() => {
                let decides = name == "Fn::Or";
                for item in items {
                    if self.evaluated(functions, item, depth + 1)? == decides {
                        return Ok(decides);
                    }
                }
                Ok(!decides)
            }
            _ => Err(unknown(format!("`{name}` is no condition function, or takes something else"))),
        }
    }
}
