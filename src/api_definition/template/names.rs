//! Resolves the names of a template: parameters, pseudo parameters, mappings, resources and their attributes.
//!
//! Turns a name into a text or a list of texts: the configured value, or else the value from outside the template. For a
//! name without a value, the error says how to set one. Sources: CloudFormation, "Parameters", "Pseudo parameters", "Mappings", and the return values of
//! resources.

use std::collections::HashMap;

use super::{
    outside::{Outside, OutsideValue},
    stack_output::StackOutput,
    steps::{StepBudget, missing_variable, unknown},
};
use crate::{
    document::{Cursor, Node, NodeValue, Problem, Unknown, Variables},
    user_pool::{UserPoolId, partition},
};

/// The names of a template.
#[derive(Debug)]
pub(super) struct Names<'d> {
    variables: &'d Variables,
    /// The app, and the number of this template's stack.
    outside: (&'d (dyn Outside + 'd), usize),
    parameters: HashMap<&'d str, Parameter<'d>>,
    mappings: HashMap<&'d str, Cursor<'d>>,
    resources: HashMap<&'d str, Named<'d>>,
}

#[derive(Debug)]
struct Parameter<'d> {
    kind: &'d str,
    default: Option<&'d str>,
    /// Whether the text is the name of a value in SSM Parameter Store.
    is_stored: bool,
}

#[derive(Debug)]
struct Named<'d> {
    kind: &'d str,
}

impl<'d> Names<'d> {
    pub(super) fn new(variables: &'d Variables, root: &Cursor<'d>, outside: (&'d (dyn Outside + 'd), usize)) -> Self {
        let section = |name: &str| root.get(name).into_iter().flat_map(|section| section.entries().collect::<Vec<_>>());
        let parameters = section("Parameters").map(|(name, at)| {
            let kind = literal(&at, "Type").unwrap_or_default();
            let is_stored = kind.starts_with("AWS::SSM::Parameter::Value");
            (name, Parameter { kind, default: literal(&at, "Default"), is_stored })
        });
        let resources = section("Resources").map(|(name, at)| (name, Named { kind: kind(&at) }));
        let (parameters, resources) = (parameters.collect(), resources.collect());
        Self { variables, outside, parameters, mappings: section("Mappings").collect(), resources }
    }

    /// Evaluates `Ref`.
    pub(super) fn reference(&self, steps: &StepBudget, name: &str, line: usize, depth: usize) -> Result<Node, Unknown> {
        let text = |text: &str| Ok(Node::leaf(NodeValue::Text(text.to_owned()), line));
        if name == "AWS::NoValue" {
            return Ok(Node::leaf(NodeValue::Absent, line));
        }
        if let Some(parameter) = self.parameters.get(name) {
            let value = self.parameter(steps, name, parameter, line, depth)?;
            let (weight, height) = (value.weight, value.height);
            return Ok(Node { value: NodeValue::Parameter(name.to_owned(), Box::new(value)), line, weight, height });
        }
        let given = self.variables.get(name);
        if let Some(resource) = self.resources.get(name) {
            return match (resource.kind, given) {
                // The parts of an API refer to each other by name, not by ID, so a configured ID is not used.
                (kind, _) if is_of_an_api(kind) => Err(missing(name, "")),
                ("AWS::Cognito::UserPool", Some(id)) => text(&user_pool_id(id)),
                (_, Some(given)) => text(given),
                (kind, None) => match self.outside_reference(name, kind, depth) {
                    Some(value) => text(&value?),
                    None => Err(missing(name, "")),
                },
            };
        }
        if name.starts_with("AWS::") {
            return match self.pseudo_parameter(name) {
                Some(value) => text(&value),
                None if PSEUDO_PARAMETERS.contains(&name) => Err(no_value(name)),
                None => Err(unknown(format!("`{name}` is not a pseudo parameter of CloudFormation"))),
            };
        }
        // The name of an API that SAM creates for events.
        if IMPLICIT_APIS.contains(&name) {
            return Err(missing(name, ""));
        }
        Err(unknown(format!("`{name}` is not defined in this template")))
    }

    fn pseudo_parameter(&self, name: &str) -> Option<String> {
        let of_region = self.variables.get("AWS::Region").map(partition);
        match (name, self.variables.get(name), of_region) {
            (_, Some(given), _) => Some(given.to_owned()),
            ("AWS::Partition", None, Some((name, _))) => Some(name.to_owned()),
            ("AWS::URLSuffix", None, Some((_, suffix))) => Some(suffix.to_owned()),
            _ => self.outside.0.pseudo_parameter(self.outside.1, name),
        }
    }

    /// Whether a resource is a nested stack that is read.
    pub(super) fn is_read(&self, logical_id: &str) -> bool {
        self.outside.0.is_read(self.outside.1, logical_id)
    }

    fn outside_reference(&self, name: &str, kind: &str, depth: usize) -> OutsideValue {
        self.outside.0.reference(self.outside.1, name, kind, depth)
    }

    fn parameter(
        &self,
        steps: &StepBudget,
        name: &str,
        parameter: &Parameter<'_>,
        line: usize,
        depth: usize,
    ) -> Result<Node, Unknown> {
        let kind = parameter.kind;
        let value = match self.variables.get(name) {
            // For a parameter of this type, CloudFormation takes the name of the stored value; the value itself is taken too.
            Some(given) if parameter.is_stored => match self.known_stored(given, depth) {
                Some(value) => value?,
                None => given.to_owned(),
            },
            Some(given) => given.to_owned(),
            None => {
                let from_outside = self.outside.0.parameter(self.outside.1, name, depth).transpose()?;
                let text = from_outside.or_else(|| parameter.default.map(str::to_owned));
                let text = text.ok_or_else(|| no_value(name))?;
                if !parameter.is_stored {
                    text
                } else if let Some(value) = self.known_stored(&text, depth) {
                    value?
                } else {
                    let why = format!(
                        "the parameter `{name}` has the value of the SSM parameter `{text}`, which no stack of the app stores"
                    );
                    return Err(missing_variable(why, name));
                }
            }
        };
        steps.take(value.len() / 16, depth)?;
        if !kind.contains("CommaDelimitedList") && !kind.contains("List<") {
            return Ok(Node::leaf(NodeValue::Text(value), line));
        }
        steps.take(value.split(',').count(), depth)?;
        let items = value.split(',').map(|item| Node::leaf(NodeValue::Text(item.trim().to_owned()), line));
        Ok(Node::list(items.collect(), line))
    }

    /// Evaluates `Fn::GetAtt`.
    pub(super) fn attribute(&self, resource: &str, attribute: &str, depth: usize) -> Result<String, Unknown> {
        let Some(Named { kind, .. }) = self.resources.get(resource) else {
            if IMPLICIT_APIS.contains(&resource) {
                return Err(missing(resource, attribute));
            }
            return Err(unknown(format!("this template has no resource `{resource}`")));
        };
        if is_of_an_api(kind) {
            return Err(missing(resource, attribute));
        }
        let given = self.variables.get(&format!("{resource}.{attribute}"));
        if let Some(given) = given {
            return Ok(given.to_owned());
        }
        let id = self.variables.get(resource);
        let is_user_pool = *kind == "AWS::Cognito::UserPool";
        let from_outside = match (*kind, attribute) {
            ("AWS::Cognito::UserPool", "Arn" | "ProviderName" | "ProviderURL" | "UserPoolId")
            | ("AWS::Cognito::UserPoolClient", "ClientId") => match id {
                Some(id) => Some(Ok(id.to_owned())),
                None => self.outside_reference(resource, kind, depth),
            },
            _ => self.outside.0.attribute(self.outside.1, resource, kind, attribute, depth),
        };
        let value = from_outside.ok_or_else(|| missing(resource, attribute))??;
        if is_user_pool { Ok(self.user_pool_attribute(&value, attribute)) } else { Ok(value) }
    }

    /// Returns an attribute of the user pool with this ID or ARN.
    fn user_pool_attribute(&self, id_or_arn: &str, attribute: &str) -> String {
        let id = user_pool_id(id_or_arn);
        let region = id.split_once('_').map_or("", |(region, _)| region);
        let (name, suffix) = partition(region);
        match (attribute, self.pseudo_parameter("AWS::AccountId")) {
            ("ProviderName", _) => format!("cognito-idp.{region}.{suffix}/{id}"),
            ("ProviderURL", _) => format!("https://cognito-idp.{region}.{suffix}/{id}"),
            ("Arn", _) if id != id_or_arn => id_or_arn.to_owned(),
            ("Arn", Some(account)) => format!("arn:{name}:cognito-idp:{region}:{account}:userpool/{id}"),
            // Without an account ID, the user pool ID is used: it names the same user pool.
            _ => id,
        }
    }

    /// Evaluates `Fn::FindInMap`.
    pub(super) fn mapped(
        &self,
        steps: &StepBudget,
        [map, first, second]: &[String; 3],
        depth: usize,
    ) -> Result<Node, Unknown> {
        let mut found = self.mappings.get(&**map).cloned();
        for name in [first, second] {
            found = match found {
                Some(at) => {
                    // The lookup is linear.
                    steps.take(1 + at.entries().count(), depth)?;
                    at.get(name)
                }
                None => None,
            };
        }
        let value =
            found.ok_or_else(|| unknown(format!("`Mappings` has no value for `{map}`, `{first}`, `{second}`")))?;
        // Mappings cannot contain functions.
        steps.take(value.node.weight, depth)?;
        Ok(value.node.clone())
    }

    /// Whether the name is that of an API.
    pub(super) fn is_api(&self, name: &str) -> bool {
        let own = self.resources.get(name).is_some_and(|resource| APIS.contains(&resource.kind));
        own || IMPLICIT_APIS.contains(&name)
    }

    /// Evaluates `Fn::ImportValue`, from a variable or from an export of the app.
    pub(super) fn import(&self, name: &str, depth: usize) -> Result<String, Unknown> {
        if let Some(given) = self.variables.get(name) {
            return Ok(given.to_owned());
        }
        self.outside
            .0
            .export(self.outside.1, name, depth)
            .unwrap_or_else(|| Err(missing_variable(format_args!("no stack of the app exports `{name}`"), name)))
    }

    /// Evaluates `Fn::GetStackOutput`, from a variable or from a stack of the app.
    pub(super) fn stack_output(&self, asked: &StackOutput, depth: usize) -> Result<String, Unknown> {
        let StackOutput { stack, output, .. } = asked;
        let variable = asked.variable();
        if let Some(given) = self.variables.get(&variable) {
            return Ok(given.to_owned());
        }
        let known = self.outside.0.stack_output(self.outside.1, asked, depth);
        known.unwrap_or_else(|| {
            let why =
                format_args!("no stack of the app has the name `{stack}` and the output `{output}`{}", asked.place());
            Err(missing_variable(why, &variable))
        })
    }

    fn known_stored(&self, name: &str, depth: usize) -> OutsideValue {
        let given = self.variables.get(name).map(|given| Ok(given.to_owned()));
        given.or_else(|| self.outside.0.stored(self.outside.1, name, depth))
    }

    /// Returns the value of a parameter in SSM Parameter Store.
    pub(super) fn stored(&self, name: &str, depth: usize) -> Result<String, Unknown> {
        self.known_stored(name, depth).unwrap_or_else(|| {
            Err(missing_variable(format_args!("no stack of the app stores the SSM parameter `{name}`"), name))
        })
    }
}

/// Returns the resource named here by `Ref` or by one of these attributes.
pub(super) fn named<'n>(at: &Cursor<'n>, attributes: &[&str]) -> Result<&'n str, Problem> {
    match &at.node.value {
        NodeValue::Unknown(unknown) => match &unknown.names {
            Some((name, attribute)) if attributes.contains(&&**attribute) => Ok(name),
            _ => Err(at.expected("")),
        },
        _ => Err(at.problem("expected a resource of this template, referenced by `Ref` or `Fn::GetAtt`")),
    }
}

/// Returns the type of a resource.
pub(crate) fn kind<'d>(resource: &Cursor<'d>) -> &'d str {
    literal(resource, "Type").unwrap_or_default()
}

fn literal<'d>(at: &Cursor<'d>, name: &str) -> Option<&'d str> {
    match &at.get(name)?.node.value {
        NodeValue::Text(text) | NodeValue::Number(text) => Some(text),
        NodeValue::Bool(true) => Some("true"),
        NodeValue::Bool(false) => Some("false"),
        _ => None,
    }
}

/// Returns the ID of a user pool from its ID or ARN.
fn user_pool_id(id_or_arn: &str) -> String {
    id_or_arn.parse::<UserPoolId>().map_or_else(|_| id_or_arn.to_owned(), |id| id.to_string())
}

fn is_of_an_api(kind: &str) -> bool {
    ["AWS::ApiGateway::", "AWS::ApiGatewayV2::", "AWS::Serverless::Api", "AWS::Serverless::HttpApi"]
        .iter()
        .any(|start| kind.starts_with(start))
}

/// Returns the reason for a resource or an attribute without a value.
fn missing(resource: &str, attribute: &str) -> Unknown {
    let name = if attribute.is_empty() { resource.to_owned() } else { format!("{resource}.{attribute}") };
    Unknown { names: Some((resource.to_owned(), attribute.to_owned())), ..no_value(&name) }
}

fn no_value(name: &str) -> Unknown {
    missing_variable(format_args!("`{name}` has no value"), name)
}

/// The resource types of APIs.
pub(super) const APIS: [&str; 4] =
    ["AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api", "AWS::Serverless::Api", "AWS::Serverless::HttpApi"];

/// The logical IDs of the APIs that SAM creates for events that name no API.
pub(super) const IMPLICIT_APIS: [&str; 2] = ["ServerlessRestApi", "ServerlessHttpApi"];

const PSEUDO_PARAMETERS: [&str; 7] = [
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];
