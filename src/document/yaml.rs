//! Parses YAML with line numbers. The short forms of CloudFormation's functions, such as `!Sub`, are expanded.

use std::{borrow::Cow, collections::HashMap, vec};

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use super::{
    Budget, Malformed, Node, NodeValue, check_depth,
    yaml_indentation::{self as indentation, Place},
};

/// Parses a YAML text of one document.
///
/// Like the parser of CloudFormation and SAM, it accepts a line of a flow collection or of a quoted text that is indented no
/// more than the value's parent. YAML 1.2 forbids such a line.
pub(crate) fn parse(text: &str) -> Result<Node, Malformed> {
    let mut text = Cow::Borrowed(text);
    let mut work = 0;
    loop {
        let malformed = match parse_strictly(&text) {
            Ok(node) => return Ok(node),
            Err(malformed) => malformed,
        };
        work += text.len();
        let indented = malformed.indentation.filter(|_| work < MAX_REPAIRED_BYTES);
        match indented.and_then(|place| indentation::repaired(&text, place)) {
            Some(repaired) => text = Cow::Owned(repaired),
            None => return Err(malformed.malformed),
        }
    }
}

/// Most bytes that are parsed again for lines with too little indentation. Ours: some 500 such lines in a file of 60 KB.
const MAX_REPAIRED_BYTES: usize = 32 * 1_024 * 1_024;

/// An error of the parser, and the place where it expects more indentation.
struct NotStrict {
    malformed: Malformed,
    indentation: Option<Place>,
}

impl From<Malformed> for NotStrict {
    fn from(malformed: Malformed) -> Self {
        Self { malformed, indentation: None }
    }
}

fn parse_strictly(text: &str) -> Result<Node, NotStrict> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        budget: Budget::new(),
        indentation: None,
    };
    reader.document().map_err(|malformed| NotStrict { malformed, indentation: reader.indentation })
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    budget: Budget,
    /// The place of an error about indentation.
    indentation: Option<Place>,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Node, Malformed> {
        let mut document = None;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => break,
                (Event::DocumentStart(_), line) if document.is_some() => {
                    return Err(Malformed::new(
                        line,
                        "only one document is supported: remove the one that starts here",
                    ));
                }
                (Event::DocumentStart(_), _) => {
                    let first = self.next()?;
                    document = Some(self.node(first, 1)?);
                }
                _ => {}
            }
        }
        document.ok_or_else(|| Malformed::new(1, "the document is empty"))
    }

    fn next(&mut self) -> Result<(Event<'t>, usize), Malformed> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, line(&span))),
            Some(Err(error)) => {
                self.indentation = Place::of(&error);
                let message = format!("the document is not valid YAML: {}", error.info());
                Err(Malformed::new(error.marker().line().max(1), message))
            }
            None => Ok((Event::StreamEnd, 1)),
        }
    }

    /// Reads the node that begins with this event.
    fn node(&mut self, (event, line): (Event<'t>, usize), depth: usize) -> Result<Node, Malformed> {
        check_depth(depth, line)?;
        let (anchor, tag, node) = match event {
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor);
                let node = node
                    .ok_or_else(|| Malformed::new(line, "circular alias: it is inside the value that it refers to"))?;
                check_depth(depth + node.height, line)?;
                self.budget.take(node.weight, line)?;
                return Ok(Node { line, ..node.clone() });
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.budget.take(1 + text.len() / 16, line)?;
                (anchor, tag, Node::leaf(scalar(&text, style), line))
            }
            Event::SequenceStart(anchor, tag) => (anchor, tag, Node::list(self.items(line, depth)?, line)),
            Event::MappingStart(anchor, tag) => (anchor, tag, Node::map(self.entries(line, depth)?, line)),
            _ => return Err(Malformed::new(line, "expected a value")),
        };
        let node = match tag {
            Some(tag) => tagged(&tag, node)?,
            None => node,
        };
        if anchor != 0 {
            // The anchor keeps a second copy of the node.
            self.budget.take(node.weight, line)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// Reads the items of a sequence at this depth, up to its end.
    fn items(&mut self, line: usize, depth: usize) -> Result<Vec<Node>, Malformed> {
        self.budget.take(1, line)?;
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items),
                item => items.push(self.node(item, depth + 1)?),
            }
        }
    }

    /// Reads the entries of a mapping at this depth, up to its end.
    fn entries(&mut self, line: usize, depth: usize) -> Result<Vec<(String, Node)>, Malformed> {
        self.budget.take(1, line)?;
        let mut entries = Vec::new();
        loop {
            let (name, line) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(entries),
                (Event::Scalar(name, ..), line) if name == "<<" => {
                    return Err(Malformed::new(line, "`<<` (merge) is not supported: write the members directly"));
                }
                (Event::Scalar(name, ..), line) => (name.into_owned(), line),
                (_, line) => return Err(Malformed::new(line, "expected a string as the name")),
            };
            let value = self.next()?;
            // The line of an entry is the line of its name.
            entries.push((name, Node { line, ..self.node(value, depth + 1)? }));
        }
    }
}

fn line(span: &Span) -> usize {
    span.start.line().max(1)
}

/// Resolves a scalar by the core schema of YAML 1.2: `yes` and `on` are text.
fn scalar(text: &str, style: ScalarStyle) -> NodeValue {
    let is_number = || {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        digits.starts_with(|first: char| first.is_ascii_digit()) && text.parse::<f64>().is_ok()
    };
    match text {
        _ if style != ScalarStyle::Plain => NodeValue::Text(text.to_owned()),
        "" | "~" | "null" | "Null" | "NULL" => NodeValue::Null,
        "true" | "True" | "TRUE" => NodeValue::Bool(true),
        "false" | "False" | "FALSE" => NodeValue::Bool(false),
        _ if is_number() => NodeValue::Number(text.to_owned()),
        _ => NodeValue::Text(text.to_owned()),
    }
}

/// Applies a tag to a node.
///
/// A tag of YAML must agree with the type of the value, or turn a number into text. Any other tag must be a
/// CloudFormation function.
fn tagged(tag: &Tag, node: Node) -> Result<Node, Malformed> {
    let line = node.line;
    if tag.is_yaml_core_schema() {
        return match (tag.suffix.as_str(), &node.value) {
            ("str", NodeValue::Number(text)) => Ok(Node::leaf(NodeValue::Text(text.clone()), line)),
            ("str", NodeValue::Text(_))
            | ("int" | "float", NodeValue::Number(_))
            | ("bool", NodeValue::Bool(_))
            | ("null", NodeValue::Null)
            | ("map", NodeValue::Map(_))
            | ("seq", NodeValue::List(_)) => Ok(node),
            (name, _) => {
                Err(Malformed::new(line, format!("the tag `!!{name}` does not match the value: remove the tag")))
            }
        };
    }
    let name = match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("!", name @ ("Ref" | "Condition")) => name.to_owned(),
        ("!", name) if FUNCTIONS.contains(&name) => format!("Fn::{name}"),
        (handle, name) => {
            return Err(Malformed::new(line, format!("the tag `{handle}{name}` is not known here")));
        }
    };
    let argument = match (&*name, node.value) {
        ("Fn::GetAtt", NodeValue::Text(text)) => {
            let parts = text.splitn(2, '.').map(|part| Node::leaf(NodeValue::Text(part.to_owned()), line));
            Node::list(parts.collect(), line)
        }
        (_, value) => Node { value, ..node },
    };
    Ok(Node::of_members(vec![(name, argument)], line))
}

/// Functions with a short form. Source: CloudFormation, "Intrinsic function reference".
const FUNCTIONS: [&str; 19] = [
    "And",
    "Base64",
    "Cidr",
    "Equals",
    "FindInMap",
    "ForEach",
    "GetAtt",
    "GetAZs",
    "If",
    "GetStackOutput",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "Transform",
];
