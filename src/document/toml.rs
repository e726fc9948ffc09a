//! Parses TOML with line numbers (feature `configuration`).

use toml::de::{DeTable, DeValue, Error};

use super::{Budget, Malformed, Node, NodeValue, check_depth};
use crate::limits::MAX_TOML_BYTES;

/// Parses a TOML text.
pub(crate) fn parse(text: &str) -> Result<Node, Malformed> {
    if text.len() > MAX_TOML_BYTES {
        return Err(Malformed::new(1, format!("the document is larger than {MAX_TOML_BYTES} bytes")));
    }
    let reader = Reader { line_ends: memchr::memchr_iter(b'\n', text.as_bytes()).collect() };
    let malformed = |error: Error| {
        let at = error.span().map_or(0, |span| span.start);
        Malformed::new(reader.line(at), format!("the document is not valid TOML: {}", error.message()))
    };
    let table = DeTable::parse(text).map_err(malformed)?;
    reader.table(table.get_ref(), 1, 1, &mut Budget::new())
}

struct Reader {
    /// The byte offset of each line's end.
    line_ends: Vec<usize>,
}

impl Reader {
    fn line(&self, offset: usize) -> usize {
        self.line_ends.partition_point(|end| *end < offset) + 1
    }

    /// Reads a table in the order of the document, which decides which authorizer is the first one.
    fn table(&self, table: &DeTable<'_>, line: usize, depth: usize, budget: &mut Budget) -> Result<Node, Malformed> {
        check_depth(depth, line)?;
        let mut members: Vec<_> = table.iter().collect();
        members.sort_by_key(|(name, _)| name.span().start);
        let entries = members.into_iter().map(|(name, value)| {
            // The line of a member is the line of its name.
            let line = self.line(name.span().start);
            Ok((name.get_ref().to_string(), self.value(value.get_ref(), line, depth + 1, budget)?))
        });
        let entries = entries.collect::<Result<_, Malformed>>()?;
        budget.take(1, line)?;
        Ok(Node::map(entries, line))
    }

    fn value(&self, value: &DeValue<'_>, line: usize, depth: usize, budget: &mut Budget) -> Result<Node, Malformed> {
        check_depth(depth, line)?;
        let leaf = match value {
            DeValue::Table(table) => return self.table(table, line, depth, budget),
            DeValue::Array(items) => {
                let items = items.iter().map(|item| {
                    let line = self.line(item.span().start);
                    self.value(item.get_ref(), line, depth + 1, budget)
                });
                let items = items.collect::<Result<_, _>>()?;
                budget.take(1, line)?;
                return Ok(Node::list(items, line));
            }
            DeValue::String(text) => NodeValue::Text(text.to_string()),
            DeValue::Boolean(value) => NodeValue::Bool(*value),
            DeValue::Integer(number) if number.radix() == 10 => NodeValue::Number(number.as_str().to_owned()),
            DeValue::Integer(_) => return Err(Malformed::new(line, "write the number with decimal digits")),
            DeValue::Float(number) => NodeValue::Number(number.as_str().to_owned()),
            DeValue::Datetime(_) => {
                return Err(Malformed::new(line, "a date is not supported: write it as a string, in quotes"));
            }
        };
        let leaf = Node::leaf(leaf, line);
        budget.take(leaf.weight, line)?;
        Ok(leaf)
    }
}
