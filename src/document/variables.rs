//! Expands variables in text: stage variables, and CloudFormation's `Fn::Sub` and `Ref`.

use std::collections::BTreeMap;

use super::{
    NodeValue,
    placeholders::{Piece, pieces},
    problem::{Cursor, Problem},
};

/// The prefix of the name of a stage variable.
const STAGE: &str = "stageVariables.";

/// The values of `${stageVariables.name}`, `${name}` and `{"Ref": "name"}`, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables(BTreeMap<String, String>);

impl Variables {
    pub(crate) fn insert(&mut self, name: String, value: String) {
        self.0.insert(name, value);
    }

    /// Returns the names with their values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Returns the value of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns the text of a member, if the member exists.
    pub(crate) fn member(&self, at: &Cursor<'_>, name: &str) -> Result<Option<String>, Problem> {
        at.get(name).map(|at| self.text(&at)).transpose()
    }

    /// Returns the text of a node, with variables expanded. A number is a text too.
    pub(crate) fn text(&self, at: &Cursor<'_>) -> Result<String, Problem> {
        match &at.node.value {
            NodeValue::Text(text) => self.filled(at, text, STAGE),
            NodeValue::Number(text) => Ok(text.clone()),
            NodeValue::Map(entries) if entries.len() == 1 => self.function(at),
            _ => Err(at.expected("a string")),
        }
    }

    /// Evaluates `{"Fn::Sub": …}` or `{"Ref": …}`.
    fn function(&self, at: &Cursor<'_>) -> Result<String, Problem> {
        if let Some(argument) = at.get("Ref") {
            return match &argument.node.value {
                NodeValue::Text(name) => self.value(&argument, name).map(str::to_owned),
                _ => Err(argument.problem("expected the name of a parameter")),
            };
        }
        let Some(argument) = at.get("Fn::Sub") else {
            return Err(at.problem("only Fn::Sub and Ref can be resolved here: write the value directly"));
        };
        match &argument.node.value {
            // The result may name stage variables: a template writes them `${!stageVariables.name}`.
            NodeValue::Text(text) => self.filled(&argument, &self.filled(&argument, text, "")?, STAGE),
            _ => Err(argument.problem("Fn::Sub is supported only with a string: set its variables with `variable`")),
        }
    }

    /// Replaces `${prefix…}` in a text. With an empty prefix, `${!x}` becomes `${x}`.
    fn filled(&self, at: &Cursor<'_>, text: &str, prefix: &str) -> Result<String, Problem> {
        let no_stage_variable =
            |name: &str| at.problem(format!("`${{{name}}}` is not a stage variable: expected `${{stageVariables.…}}`"));
        let mut filled = String::with_capacity(text.len());
        for piece in pieces(text) {
            match piece.map_err(|unclosed| at.problem(unclosed))? {
                Piece::Plain(text) => filled.push_str(text),
                Piece::Literal(name) if prefix.is_empty() => filled.push_str(&format!("${{{name}}}")),
                Piece::Name(name) if name.starts_with(prefix) => filled.push_str(self.value(at, name)?),
                Piece::Name(name) => return Err(no_stage_variable(name)),
                Piece::Literal(name) => return Err(no_stage_variable(&format!("!{name}"))),
            }
        }
        Ok(filled)
    }

    fn value(&self, at: &Cursor<'_>, name: &str) -> Result<&str, Problem> {
        let name = name.strip_prefix(STAGE).unwrap_or(name);
        let value = self.get(name);
        value.ok_or_else(|| at.problem(format!("`{name}` has no value: set it with `variable`")))
    }
}
