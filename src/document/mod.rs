//! Parses JSON, YAML or TOML into a tree with line numbers, and reports problems with their place (feature `openapi`).
//!
//! The text is limited to [`MAX_DEFINITION_BYTES`], or `MAX_TOML_BYTES` for TOML. The result is a tree, or the first
//! syntax error with its line. The depth and the number of values are limited; an alias counts as a copy of its
//! anchor's value.

mod json;

mod placeholders;

mod problem;

#[cfg(feature = "configuration")]
mod toml;

mod variables;

mod yaml;

mod yaml_indentation;

use std::{
    collections::HashMap,
    io::{self, Read},
    path::{Component, Path, PathBuf},
};

pub use self::problem::Problem;
#[cfg(feature = "configuration")]
pub(crate) use self::toml::parse as parse_toml;
pub(crate) use self::{
    placeholders::{Piece, pieces},
    problem::{Cursor, Findings},
    variables::Variables,
};
use crate::{
    limits::{MAX_DEFINITION_BYTES, MAX_DEFINITION_DEPTH, MAX_DEFINITION_NODES},
    regular_file,
};

/// A node of a document.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) value: NodeValue,
    /// The line, from 1. For a member in YAML or TOML, it is the line of the name.
    pub(crate) line: usize,
    /// The weight in the budget: one for each value, and one for every sixteen bytes of text.
    pub(crate) weight: usize,
    /// The number of levels, including this node.
    pub(crate) height: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum NodeValue {
    Null,
    Bool(bool),
    /// The number as written in the document.
    Number(String),
    Text(String),
    List(Vec<Node>),
    /// The members in the order of the document.
    Map(Vec<(String, Node)>),
    /// In a template: `AWS::NoValue`, which removes the value.
    Absent,
    /// In a template: the branch, 1 or 2, that a condition selects.
    Branch(usize, Box<Node>),
    /// In a template: the value of a parameter, with the name of the parameter.
    Parameter(String, Box<Node>),
    /// In a template: a value that cannot be resolved.
    Unknown(Box<Unknown>),
}

/// The reason why a value cannot be resolved.
#[derive(Clone, Debug)]
pub(crate) struct Unknown {
    pub(crate) why: String,
    /// The resource and attribute that the value refers to; an empty attribute for the resource itself.
    pub(crate) names: Option<(String, String)>,
    /// The variable that would give the value, if one is missing.
    pub(crate) missing: Option<String>,
    /// Whether the name of this value is repeated in its object.
    pub(crate) is_repeated: bool,
}

/// A syntax error of a document, with its line.
#[derive(Debug)]
pub(crate) struct Malformed {
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl Malformed {
    pub(crate) fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

impl Node {
    pub(crate) fn leaf(value: NodeValue, line: usize) -> Self {
        let length = match &value {
            NodeValue::Text(text) | NodeValue::Number(text) => text.len(),
            _ => 0,
        };
        Self { value, line, weight: 1 + length / 16, height: 1 }
    }

    /// Whether the node has a value, and is not [`NodeValue::Absent`].
    fn is_there(&self) -> bool {
        match &self.value {
            NodeValue::Absent => false,
            NodeValue::Branch(_, node) | NodeValue::Parameter(_, node) => node.is_there(),
            _ => true,
        }
    }

    pub(crate) fn list(items: Vec<Self>, line: usize) -> Self {
        let weight = items.iter().fold(1_usize, |weight, item| weight.saturating_add(item.weight));
        let height = items.iter().map(|item| item.height).max().unwrap_or(0) + 1;
        Self { value: NodeValue::List(items), line, weight, height }
    }

    /// Builds a map. A repeated name has an unknown value, in the place of the last value.
    pub(crate) fn map(mut entries: Vec<(String, Self)>, line: usize) -> Self {
        let mut names: Vec<&str> = entries.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
            entries = without_repeated(entries);
        }
        Self::of_members(entries, line)
    }

    /// Builds a map whose names are known to be distinct.
    pub(crate) fn of_members(entries: Vec<(String, Self)>, line: usize) -> Self {
        let of = |(name, node): &(String, Self)| node.weight.saturating_add(name.len() / 16);
        let weight = entries.iter().fold(1_usize, |weight, entry| weight.saturating_add(of(entry)));
        let height = entries.iter().map(|(_, node)| node.height).max().unwrap_or(0) + 1;
        Self { value: NodeValue::Map(entries), line, weight, height }
    }
}

/// Replaces the values of repeated names by one unknown value.
fn without_repeated(entries: Vec<(String, Node)>) -> Vec<(String, Node)> {
    let mut last: HashMap<String, (usize, usize)> = HashMap::new();
    for (place, (name, _)) in entries.iter().enumerate() {
        let (count, at) = last.entry(name.clone()).or_default();
        (*count, *at) = (*count + 1, place);
    }
    let mut kept = Vec::new();
    for (place, (name, node)) in entries.into_iter().enumerate() {
        match last.get(&name) {
            Some((1, _)) => kept.push((name, node)),
            Some((_, at)) if *at == place => {
                let why = format!("`{name}` occurs twice in one object: keep one");
                let unknown = Unknown { why, names: None, missing: None, is_repeated: true };
                kept.push((name, Node::leaf(NodeValue::Unknown(Box::new(unknown)), node.line)));
            }
            _ => {}
        }
    }
    kept
}

/// Parses a document: as JSON if it begins with `{`, or else as YAML. Rejects a repeated name, except in a template, where a
/// repeated name matters only where it is read.
pub(crate) fn parse(text: &str) -> Result<Node, Malformed> {
    if text.len() > MAX_DEFINITION_BYTES {
        return Err(Malformed::new(1, format!("the document is larger than {MAX_DEFINITION_BYTES} bytes")));
    }
    // A byte order mark is not part of the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = if text.trim_start().starts_with('{') {
        match serde_json::from_str(text) {
            Ok(raw) => self::json::parse(raw, text)?,
            // YAML in flow style also begins with `{`.
            Err(error) => self::yaml::parse(text).map_err(|_| self::json::malformed(&error, 1))?,
        }
    } else {
        self::yaml::parse(text)?
    };
    let is_template = Cursor::root(&document).get("Resources").is_some();
    match repeated(&document).filter(|_| !is_template) {
        Some((line, why)) => Err(Malformed::new(line, why)),
        None => Ok(document),
    }
}

/// Returns the first repeated name of a document, with its line.
pub(crate) fn repeated(node: &Node) -> Option<(usize, &str)> {
    match &node.value {
        NodeValue::Unknown(unknown) if unknown.is_repeated => Some((node.line, &unknown.why)),
        NodeValue::List(items) => items.iter().find_map(repeated),
        NodeValue::Map(members) => members.iter().find_map(|(_, node)| repeated(node)),
        _ => None,
    }
}

/// Returns the path of a file in a folder. Rejects a path out of the folder, and a link to a place outside.
///
/// The templates that `sam build` writes refer to files of the project, which is two folders above: those count as inside.
pub(crate) fn inside(folder: &Path, relative: &Path) -> io::Result<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let folder = folder.canonicalize()?;
    let project = folder.parent().and_then(Path::parent).filter(|_| folder.ends_with(".aws-sam/build"));
    let is_below = |part: Component<'_>| {
        matches!(part, Component::Normal(_) | Component::CurDir) || project.is_some() && part == Component::ParentDir
    };
    let wrong = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    if !relative.components().all(is_below) {
        return wrong("the path must be relative to the template and below it");
    }
    let path = folder.join(relative).canonicalize()?;
    if path.starts_with(project.unwrap_or(&folder)) {
        Ok(path)
    } else {
        wrong("it is outside the folder of the template")
    }
}

/// Reads a regular file of at most [`MAX_DEFINITION_BYTES`]; a pipe or a device is an error.
pub(crate) fn read_file(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    regular_file::open(path, MAX_DEFINITION_BYTES)?.read_to_string(&mut text)?;
    Ok(text)
}

/// The remaining weight of nodes that a document may have.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Budget {
    pub(crate) fn new() -> Self {
        Self(MAX_DEFINITION_NODES)
    }

    pub(crate) fn take(&mut self, weight: usize, line: usize) -> Result<(), Malformed> {
        self.0 = self.0.checked_sub(weight).ok_or_else(|| {
            let message = format!("the document has more than {MAX_DEFINITION_NODES} values, with aliases expanded");
            Malformed::new(line, message)
        })?;
        Ok(())
    }
}

pub(crate) fn check_depth(depth: usize, line: usize) -> Result<(), Malformed> {
    if depth > MAX_DEFINITION_DEPTH {
        return Err(Malformed::new(
            line,
            format!("the document is nested more than {MAX_DEFINITION_DEPTH} levels deep"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(node: &Node) -> String {
        match &node.value {
            NodeValue::Null => "null".to_owned(),
            NodeValue::Bool(value) => value.to_string(),
            NodeValue::Number(value) => value.clone(),
            NodeValue::Text(value) => format!("{value:?}"),
            NodeValue::List(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(",")),
            NodeValue::Map(entries) => {
                let entries = entries.iter().map(|(name, node)| format!("{name}:{}@{}", written(node), node.line));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
            }
            other => panic!("only a template has {other:?}"),
        }
    }

    #[test]
    fn reads_json_and_yaml_with_their_lines() {
        for (text, expected) in [
            (
                "{\"a\": [1, \"x\\u00e9\\/\\ud83d\\ude00\"],\n \"b\": {\"c\": null,\n\"d\": true}}",
                "{a:[1,\"xé/😀\"]@1,b:{c:null@2,d:true@3}@2}",
            ),
            (
                "a: [1, 'x']\nb:\n  c: ~\n  d: true\n  e: \"2.0\"\n  f: 2.0\n",
                "{a:[1,\"x\"]@1,b:{c:null@3,d:true@4,e:\"2.0\"@5,f:2.0@6}@2}",
            ),
            ("a: &x {b: c}\nd: *x\n", "{a:{b:\"c\"@1}@1,d:{b:\"c\"@1}@2}"),
            (
                "a: !Sub 'x-${Y}'\nb: !Ref Y\nc: !GetAtt P.Arn\n",
                "{a:{Fn::Sub:\"x-${Y}\"@1}@1,b:{Ref:\"Y\"@2}@2,c:{Fn::GetAtt:[\"P\",\"Arn\"]@3}@3}",
            ),
            ("{a: 1, # YAML all the same\n b: no}", "{a:1@1,b:\"no\"@2}"),
            ("on: yes\n", "{on:\"yes\"@1}"),
            ("\u{feff}{\"a\": -1.5e3}", "{a:-1.5e3@1}"),
        ] {
            let node = parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!(written(&node), expected, "{text}");
        }
    }

    #[test]
    fn rejects_what_is_malformed_and_names_the_line() {
        for (text, line, part) in [
            ("{\"a\": 1,\n\"a\": 2}", 2, "`a` occurs twice"),
            ("a: 1\nb: 2\na: 3\n", 3, "`a` occurs twice"),
            ("a: b\n  c: d\n", 2, ""),
            ("a: [1\n", 2, ""),
            ("a: *x\n", 1, ""),
            ("a: 1\n---\nb: 2\n", 2, "only one document"),
            ("? [a]\n: 1\n", 1, "a string as the name"),
            ("a: !Unknown x\n", 1, "`!Unknown`"),
            ("<<: {a: 1}\n", 1, "merge"),
            ("", 1, "empty"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.line == line && error.message.contains(part), "{text}: {error:?}");
        }
    }

    /// Each is rejected at once, and needs a few times the memory of its text.
    #[test]
    fn rejects_what_was_made_to_exhaust_it() {
        let deep = |open: &str, count: usize| open.repeat(count);
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let alias = format!("*a{}", level - 1);
            bomb += &format!("a{level}: &a{level} [{}]\n", [&*alias; 10].join(", "));
        }
        let anchors = {
            let open: String = (0..60).map(|number| format!("&a{number} [")).collect();
            format!("{open}{}{}", "1,".repeat(400_000), "]".repeat(60))
        };
        let mut tower = "a0: &a0 x\n".to_owned();
        for level in 1..200 {
            tower += &format!("a{level}: &a{level} {}*a{}{}\n", "[".repeat(40), level - 1, "]".repeat(40));
        }
        for text in [
            &deep("[", 100_000),
            &deep("{\"a\":", 100_000),
            &format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100)),
            &format!("{{\"a\":{}1{}}}", "[".repeat(100), "]".repeat(100)),
            &deep("- ", 100_000),
            &bomb,
            &anchors,
            &tower,
        ] {
            assert!(parse(text).is_err(), "{}", text.get(..40).unwrap());
        }
    }

    #[test]
    fn rejects_more_than_there_is_room_for() {
        let long = format!("a: {}", "x".repeat(6_500_000));
        let copies = format!("a: &a {}\nb: [{}]\n", "x".repeat(3_000_000), "*a,".repeat(400_000));
        for text in [&long, &copies, &format!("[{}]", "1,".repeat(1_100_000))] {
            assert!(parse(text).is_err(), "{}", text.get(..40).unwrap());
        }
        assert!(parse(&format!("a: {}", "x".repeat(6_000_000))).is_ok(), "six megabytes of one line are a text");
    }
}
