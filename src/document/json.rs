//! Parses JSON with line numbers. `serde_json`'s raw values borrow from the text, so their offset gives the line.

use std::fmt;

use serde::{
    Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{Budget, Malformed, Node, NodeValue, check_depth};

/// Builds the node of a JSON value in this text.
pub(crate) fn parse(raw: &RawValue, text: &str) -> Result<Node, Malformed> {
    node(raw, &Lines::of(text), 1, &mut Budget::new())
}

fn node(raw: &RawValue, lines: &Lines<'_>, depth: usize, budget: &mut Budget) -> Result<Node, Malformed> {
    let text = raw.get();
    let line = lines.line_of(text);
    check_depth(depth, line)?;
    // Objects and arrays weigh 1: their members and items are counted one by one.
    let length = if text.starts_with(['{', '[']) { 0 } else { text.len() };
    budget.take(1 + length / 16, line)?;
    let failed = |error| malformed(&error, line);
    match text.as_bytes().first() {
        Some(b'{') => {
            let entries = serde_json::Deserializer::from_str(text).deserialize_map(Entries).map_err(failed)?;
            let entries = entries.into_iter().map(|(name, raw)| Ok((name, node(raw, lines, depth + 1, budget)?)));
            Ok(Node::map(entries.collect::<Result<_, _>>()?, line))
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(failed)?;
            let items = items.into_iter().map(|raw| node(raw, lines, depth + 1, budget));
            Ok(Node::list(items.collect::<Result<_, _>>()?, line))
        }
        Some(b'"') => Ok(Node::leaf(NodeValue::Text(serde_json::from_str(text).map_err(failed)?), line)),
        Some(b't') => Ok(Node::leaf(NodeValue::Bool(true), line)),
        Some(b'f') => Ok(Node::leaf(NodeValue::Bool(false), line)),
        Some(b'n') => Ok(Node::leaf(NodeValue::Null, line)),
        _ => Ok(Node::leaf(NodeValue::Number(text.to_owned()), line)),
    }
}

/// Collects the members of an object in order, with duplicates.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}

/// The line breaks of a text.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        Self { text, starts: memchr::memchr_iter(b'\n', text.as_bytes()).collect() }
    }

    /// Returns the line of a part of the text.
    fn line_of(&self, part: &str) -> usize {
        let offset = part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        self.starts.partition_point(|start| *start < offset) + 1
    }
}

pub(crate) fn malformed(error: &serde_json::Error, first_line: usize) -> Malformed {
    let line = first_line + error.line().saturating_sub(1);
    Malformed::new(line, format!("the document is not valid JSON: {error}"))
}
