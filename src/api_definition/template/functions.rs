//! Evaluates CloudFormation's functions in a part of a template.
//!
//! The input is a node of the template, with the parameter values, mappings and conditions. The output is the node
//! without functions; a value that cannot be resolved is [`NodeValue::Unknown`], with the reason. Rejects circular
//! references, and more work than [`StepBudget`] allows. Source: CloudFormation, "Intrinsic function reference".

use std::rc::Rc;

use super::{
    conditions::Conditions,
    names::Names,
    outside::Outside,
    stack_output::StackOutput,
    steps::{StepBudget, unknown},
};
use crate::document::{Cursor, Node, NodeValue, Piece, Unknown, Variables, pieces};

/// Resolves the functions of a template.
#[derive(Debug)]
pub(crate) struct Functions<'d> {
    pub(super) names: Names<'d>,
    /// The stacks of an app share one budget.
    pub(super) steps: Rc<StepBudget>,
    conditions: Conditions<'d>,
}

impl<'d> Functions<'d> {
    /// Returns the functions of a template, which belongs to the stack with this number of the app.
    pub(crate) fn of_template(
        root: &Cursor<'d>,
        variables: &'d Variables,
        outside: (&'d (dyn Outside + 'd), usize),
        steps: Rc<StepBudget>,
    ) -> Self {
        let conditions = Conditions::new(root.get("Conditions").as_ref());
        Self { names: Names::new(variables, root, outside), conditions, steps }
    }

    /// Returns a part of the template with its functions resolved.
    pub(crate) fn resolved(&self, node: &Node) -> Node {
        self.node(node, 1)
    }

    /// Returns the value of the condition with this name.
    pub(crate) fn condition(&self, name: &str, depth: usize) -> Result<bool, Unknown> {
        self.conditions.value(name, |condition| self.holds(condition, depth + 1))
    }

    fn holds(&self, node: &Node, depth: usize) -> Result<bool, Unknown> {
        self.steps.take(1, depth)?;
        let NodeValue::Map(members) = &node.value else {
            return Err(unknown("expected a condition function"));
        };
        let [(name, argument)] = &**members else {
            return Err(unknown("expected one condition function"));
        };
        match (&**name, &argument.value) {
            ("Condition", NodeValue::Text(name)) => self.condition(name, depth + 1),
            ("Fn::Equals", _) => {
                let [one, other] = &self.arguments::<2>(name, argument, depth)?;
                Ok(text_of(one)? == text_of(other)?)
            }
            ("Fn::Not", NodeValue::List(items)) => match &**items {
                [item] => Ok(!self.holds(item, depth + 1)?),
                _ => Err(unknown("Fn::Not takes one condition")),
            },
            ("Fn::And" | "Fn::Or", NodeValue::List(items)) if !items.is_empty() => {
                let decides = name == "Fn::Or";
                for item in items {
                    if self.holds(item, depth + 1)? == decides {
                        return Ok(decides);
                    }
                }
                Ok(!decides)
            }
            _ => Err(unknown(format!("`{name}` is not a condition function, or its argument is invalid"))),
        }
    }

    fn node(&self, node: &Node, depth: usize) -> Node {
        let line = node.line;
        self.resolve(node, depth).unwrap_or_else(|unknown| Node::leaf(NodeValue::Unknown(Box::new(unknown)), line))
    }

    fn resolve(&self, node: &Node, depth: usize) -> Result<Node, Unknown> {
        let line = node.line;
        let length = if let NodeValue::Text(text) | NodeValue::Number(text) = &node.value { text.len() } else { 0 };
        self.steps.take(1 + length / 16, depth)?;
        let items = match &node.value {
            NodeValue::Text(text) => {
                return match self.dynamic_references(text, depth)? {
                    Some(text) => Ok(Node::leaf(NodeValue::Text(text), line)),
                    None => Ok(node.clone()),
                };
            }
            NodeValue::List(items) => {
                return Ok(Node::list(items.iter().map(|item| self.node(item, depth + 1)).collect(), line));
            }
            NodeValue::Map(items) => items,
            _ => return Ok(node.clone()),
        };
        if let [(name, argument)] = &**items
            && (name == "Ref" || name.starts_with("Fn::"))
        {
            return self.function(name, argument, line, depth + 1);
        }
        if let Some((name, _)) = items.iter().find(|(name, _)| name.starts_with("Fn::")) {
            return Err(unknown(format!(
                "`{name}` has other members next to it, so it cannot be resolved: write the value directly"
            )));
        }
        let items = items.iter().map(|(name, item)| (name.clone(), self.node(item, depth + 1)));
        Ok(Node::of_members(items.collect(), line))
    }

    /// Returns the value of a function.
    ///
    /// An unknown value keeps the name of a resource only if the function refers to that resource. It drops the name if
    /// the function builds text from the reference.
    fn function(&self, name: &str, argument: &Node, line: usize, depth: usize) -> Result<Node, Unknown> {
        let is_name = |text: &str| {
            let mut pieces = pieces(text);
            matches!((pieces.next(), pieces.next()), (Some(Ok(Piece::Name(_))), None))
        };
        let stands_for_it = match (name, &argument.value) {
            ("Ref" | "Fn::GetAtt" | "Fn::If", _) => true,
            ("Fn::Sub", NodeValue::Text(text)) => is_name(text),
            ("Fn::Sub", NodeValue::List(items)) => {
                items.first().is_some_and(|first| matches!(&first.value, NodeValue::Text(text) if is_name(text)))
            }
            _ => false,
        };
        let called = self.called(name, argument, line, depth);
        called.map_err(|unknown| if stands_for_it { unknown } else { Unknown { names: None, ..unknown } })
    }

    fn called(&self, name: &str, argument: &Node, line: usize, depth: usize) -> Result<Node, Unknown> {
        let text = |text| Ok(Node::leaf(NodeValue::Text(text), line));
        match name {
            "Ref" => self.reference(&self.text(argument, depth)?, line, depth),
            "Fn::GetAtt" => text(self.attribute(argument, depth)?),
            "Fn::Sub" => text(self.substituted(argument, depth)?),
            "Fn::Join" => {
                let arguments = self.arguments::<2>(name, argument, depth)?;
                let [delimiter, items] = &arguments;
                let delimiter = text_of(delimiter)?;
                let parts = items_of(items)?.iter().map(text_of).collect::<Result<Vec<_>, _>>()?;
                let length = parts.iter().map(|part| part.len() + delimiter.len()).sum::<usize>();
                self.steps.take(length / 16, depth)?;
                text(parts.join(&delimiter))
            }
            "Fn::Select" => {
                let [index, items] = &self.arguments::<2>(name, argument, depth)?;
                let index: usize =
                    text_of(index)?.parse().map_err(|_| unknown("Fn::Select takes a number and a list"))?;
                let item = items_of(items)?.get(index);
                item.cloned().ok_or_else(|| unknown(format!("the list of Fn::Select has no item {index}")))
            }
            "Fn::Split" => {
                let [delimiter, whole] = &self.arguments::<2>(name, argument, depth)?;
                let (delimiter, whole) = (text_of(delimiter)?, text_of(whole)?);
                if delimiter.is_empty() {
                    return Err(unknown("Fn::Split takes a delimiter that is not empty"));
                }
                self.steps.take(whole.split(&*delimiter).count(), depth)?;
                let items = whole.split(&*delimiter).map(|item| Node::leaf(NodeValue::Text(item.to_owned()), line));
                Ok(Node::list(items.collect(), line))
            }
            "Fn::If" => self.branch(argument, line, depth),
            "Fn::FindInMap" => {
                let [map, first, second] = &self.arguments::<3>(name, argument, depth)?;
                let names = [text_of(map)?, text_of(first)?, text_of(second)?];
                self.names.mapped(&self.steps, &names, depth)
            }
            "Fn::ImportValue" => text(self.names.import(&self.text(argument, depth)?, depth)?),
            "Fn::GetStackOutput" => {
                let asked = StackOutput::read(argument, |node| self.text(node, depth))?;
                text(self.names.stack_output(&asked, depth)?)
            }
            "Fn::Transform" | "Fn::ForEach" => Err(unknown(format!(
                "the macro `{name}` is not evaluated here: run SAM or CloudFormation first and import the processed \
                 template"
            ))),
            _ => Err(unknown(format!("`{name}` cannot be resolved here: write the value, or use a parameter"))),
        }
    }

    /// Evaluates `Fn::GetAtt`, with a text that has a dot or with a list of two texts.
    fn attribute(&self, argument: &Node, depth: usize) -> Result<String, Unknown> {
        let names = match &argument.value {
            NodeValue::Text(text) => {
                text.split_once('.').map(|(resource, attribute)| (resource.to_owned(), attribute.to_owned()))
            }
            _ => match self.list(argument, depth)?.as_slice() {
                [resource, attribute] => Some((text_of(resource)?, text_of(attribute)?)),
                _ => None,
            },
        };
        let (resource, attribute) = names.ok_or_else(|| unknown("Fn::GetAtt takes a resource and an attribute"))?;
        self.names.attribute(&resource, &attribute, depth)
    }

    /// Evaluates `Fn::If`. Only the selected value is resolved.
    fn branch(&self, argument: &Node, line: usize, depth: usize) -> Result<Node, Unknown> {
        let NodeValue::List(arguments) = &argument.value else {
            return Err(unknown("Fn::If takes a condition and two values"));
        };
        let [condition, first, second] = &**arguments else {
            return Err(unknown("Fn::If takes a condition and two values"));
        };
        let holds = self.condition(&self.text(condition, depth)?, depth)?;
        let (number, taken) = if holds { (1, first) } else { (2, second) };
        Ok(Node { value: NodeValue::Branch(number, Box::new(self.node(taken, depth))), line, weight: 1, height: 1 })
    }

    /// Evaluates `Fn::Sub`, with a text alone or with a text and a map of values.
    fn substituted(&self, argument: &Node, depth: usize) -> Result<String, Unknown> {
        let (text, own) = match &argument.value {
            NodeValue::Text(text) => (text, &[][..]),
            NodeValue::List(items) => match &**items {
                [Node { value: NodeValue::Text(text), .. }, Node { value: NodeValue::Map(own), .. }] => (text, &**own),
                _ => return Err(unknown("Fn::Sub takes a string, or a string and a map")),
            },
            _ => return Err(unknown("Fn::Sub takes a string, or a string and a map")),
        };
        let mut filled = String::new();
        for piece in pieces(text) {
            let value = match piece.map_err(unknown)? {
                Piece::Plain(text) => {
                    self.steps.take(text.len() / 16, depth)?;
                    filled.push_str(text);
                    continue;
                }
                Piece::Literal(name) => {
                    self.steps.take(1, depth)?;
                    format!("${{{name}}}")
                }
                Piece::Name(name) => {
                    self.steps.take(1 + own.len(), depth)?;
                    self.substitute(name, own, argument.line, depth)?
                }
            };
            self.steps.take(value.len() / 16, depth)?;
            filled.push_str(&value);
        }
        Ok(self.dynamic_references(&filled, depth)?.unwrap_or(filled))
    }

    /// Returns the value of a name in `Fn::Sub`: from its map, an attribute of a resource, or a reference.
    fn substitute(&self, name: &str, own: &[(String, Node)], line: usize, depth: usize) -> Result<String, Unknown> {
        if let Some((_, value)) = own.iter().find(|(own, _)| own == name) {
            return self.text(value, depth);
        }
        match name.split_once('.') {
            Some((resource, attribute)) => self.names.attribute(resource, attribute, depth),
            None => text_of(&self.reference(name, line, depth)?),
        }
    }

    fn reference(&self, name: &str, line: usize, depth: usize) -> Result<Node, Unknown> {
        self.names.reference(&self.steps, name, line, depth)
    }

    /// Resolves a node and returns its text.
    pub(crate) fn text(&self, node: &Node, depth: usize) -> Result<String, Unknown> {
        text_of(&self.node(node, depth + 1))
    }

    /// Resolves the dynamic references to SSM parameters in a text; `None` if there are none. Only CloudFormation can
    /// resolve references to secrets.
    fn dynamic_references(&self, text: &str, depth: usize) -> Result<Option<String>, Unknown> {
        if !text.contains(DYNAMIC_REFERENCE) {
            return Ok(None);
        }
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(DYNAMIC_REFERENCE) {
            let reference = after.strip_prefix("ssm:").and_then(|after| after.split_once("}}"));
            let (name, after) = reference.ok_or_else(|| {
                unknown(
                    "only `{{resolve:ssm:…}}` can be resolved here: use a parameter and set the variable of its name",
                )
            })?;
            // A version may follow the name.
            let name = name.split(':').next().unwrap_or_default();
            let value = self.names.stored(name, depth)?;
            self.steps.take(1 + (before.len() + value.len()) / 16, depth)?;
            filled.push_str(before);
            filled.push_str(&value);
            rest = after;
        }
        filled.push_str(rest);
        Ok(Some(filled))
    }

    fn list(&self, node: &Node, depth: usize) -> Result<Vec<Node>, Unknown> {
        items_of(&self.node(node, depth + 1)).map(<[Node]>::to_vec)
    }

    fn arguments<const COUNT: usize>(
        &self,
        name: &str,
        argument: &Node,
        depth: usize,
    ) -> Result<[Node; COUNT], Unknown> {
        // The argument must be a literal list; its items may be functions.
        let NodeValue::List(items) = &argument.value else {
            return Err(unknown(format!("`{name}` takes a list of {COUNT}")));
        };
        let items: Vec<Node> = items.iter().map(|item| self.node(item, depth + 1)).collect();
        items.try_into().map_err(|_| unknown(format!("`{name}` takes a list of {COUNT}")))
    }
}

/// The start of a dynamic reference. Source: CloudFormation, "Dynamic references".
const DYNAMIC_REFERENCE: &str = "{{resolve:";

/// Returns the text of a node. Numbers and booleans are text too.
pub(crate) fn text_of(node: &Node) -> Result<String, Unknown> {
    match &node.value {
        NodeValue::Text(text) | NodeValue::Number(text) => Ok(text.clone()),
        NodeValue::Bool(value) => Ok(value.to_string()),
        NodeValue::Branch(_, node) | NodeValue::Parameter(_, node) => text_of(node),
        NodeValue::Unknown(unknown) => Err((**unknown).clone()),
        _ => Err(unknown("expected a string")),
    }
}

fn items_of(node: &Node) -> Result<&[Node], Unknown> {
    match &node.value {
        NodeValue::List(items) => Ok(items),
        NodeValue::Branch(_, node) | NodeValue::Parameter(_, node) => items_of(node),
        NodeValue::Unknown(unknown) => Err((**unknown).clone()),
        _ => Err(unknown("expected a list")),
    }
}
