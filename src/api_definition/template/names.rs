//! Resolves the names of a template: parameters, pseudo parameters, mappings, resources and their attributes.
//!
//! Turns a name into a text or a list of texts, from the configured values. For a name without a value, the error says
//! how to set one. Sources: CloudFormation, "Parameters", "Pseudo parameters", "Mappings", and the return values of
//! resources.

use std::collections::HashMap;

use super::steps::{StepBudget, unknown};
use crate::{
    document::{Cursor, Node, NodeValue, Problem, Unknown, Variables},
    user_pool::{UserPoolId, partition},
};

/// The names of a template.
#[derive(Debug)]
pub(super) struct Names<'d> {
    variables: &'d Variables,
    parameters: HashMap<&'d str, Parameter<'d>>,
    mappings: HashMap<&'d str, Cursor<'d>>,
    resources: HashMap<&'d str, Named<'d>>,
}

#[derive(Debug)]
struct Parameter<'d> {
    kind: &'d str,
    default: Option<&'d str>,
}

#[derive(Debug)]
struct Named<'d> {
    kind: &'d str,
    /// The property `Identifier`, which is the `Ref` value of a resource server.
    identifier: Option<&'d Node>,
}

/// The value of `Ref`.
pub(super) enum Reference<'d> {
    Value(Node),
    /// A node that resolves to text and may contain functions.
    Text(&'d Node),
}

impl<'d> Names<'d> {
    pub(super) fn new(variables: &'d Variables, root: &Cursor<'d>) -> Self {
        let section = |name: &str| root.get(name).into_iter().flat_map(|section| section.entries().collect::<Vec<_>>());
        let parameters = section("Parameters").map(|(name, at)| {
            let kind = literal(&at, "Type").unwrap_or_default();
            // The default of an SSM parameter is the name of the stored value, not the value.
            let is_stored = kind.starts_with("AWS::SSM::Parameter::Value");
            (name, Parameter { kind, default: literal(&at, "Default").filter(|_| !is_stored) })
        });
        let resources = section("Resources").map(|(name, at)| {
            let identifier = at.get("Properties").and_then(|properties| properties.get("Identifier"));
            (name, Named { kind: kind(&at), identifier: identifier.map(|at| at.node) })
        });
        let (parameters, resources) = (parameters.collect(), resources.collect());
        Self { variables, parameters, mappings: section("Mappings").collect(), resources }
    }

    /// Evaluates `Ref`.
    pub(super) fn reference(
        &self,
        steps: &StepBudget,
        name: &str,
        line: usize,
        depth: usize,
    ) -> Result<Reference<'d>, Unknown> {
        let text = |text: &str| Ok(Reference::Value(Node::leaf(NodeValue::Text(text.to_owned()), line)));
        if name == "AWS::NoValue" {
            return Ok(Reference::Value(Node::leaf(NodeValue::Absent, line)));
        }
        if let Some(parameter) = self.parameters.get(name) {
            return self.parameter(steps, name, parameter, line, depth).map(Reference::Value);
        }
        let given = self.variables.get(name);
        if let Some(resource) = self.resources.get(name) {
            return match (resource.kind, given) {
                // The parts of an API refer to each other by name, not by ID, so a configured ID is not used.
                (kind, _) if is_of_an_api(kind) => Err(missing(name, "")),
                ("AWS::Cognito::UserPool", Some(id)) => text(&user_pool_id(id)),
                (_, Some(given)) => text(given),
                ("AWS::Cognito::UserPoolResourceServer", None) => {
                    resource.identifier.map(Reference::Text).ok_or_else(|| missing(name, ""))
                }
                _ => Err(missing(name, "")),
            };
        }
        let of_region = self.variables.get("AWS::Region").map(partition);
        match (name, given, of_region) {
            (_, Some(given), _) if name.starts_with("AWS::") => text(given),
            ("AWS::Partition", None, Some((name, _))) => text(name),
            ("AWS::URLSuffix", None, Some((_, suffix))) => text(suffix),
            _ if PSEUDO_PARAMETERS.contains(&name) => Err(no_value(name)),
            // The name of an API that SAM creates for events.
            _ if IMPLICIT_APIS.contains(&name) => Err(missing(name, "")),
            _ => Err(unknown(format!("`{name}` names nothing in this template"))),
        }
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
        let value = self.variables.get(name).or(parameter.default).ok_or_else(|| no_value(name))?;
        steps.take(value.len() / 16, depth)?;
        if !kind.contains("CommaDelimitedList") && !kind.contains("List<") {
            return Ok(Node::leaf(NodeValue::Text(value.to_owned()), line));
        }
        steps.take(value.split(',').count(), depth)?;
        let items = value.split(',').map(|item| Node::leaf(NodeValue::Text(item.trim().to_owned()), line));
        Ok(Node::list(items.collect(), line))
    }

    /// Evaluates `Fn::GetAtt`.
    pub(super) fn attribute(&self, resource: &str, attribute: &str) -> Result<String, Unknown> {
        let Some(Named { kind, .. }) = self.resources.get(resource) else {
            return Err(unknown(format!("there is no resource `{resource}` in this template")));
        };
        if is_of_an_api(kind) {
            return Err(missing(resource, attribute));
        }
        let given = self.variables.get(&format!("{resource}.{attribute}"));
        let id = self.variables.get(resource);
        match (*kind, attribute, given, id) {
            (_, _, Some(given), _) => Ok(given.to_owned()),
            ("AWS::Cognito::UserPoolClient", "ClientId", None, Some(id)) => Ok(id.to_owned()),
            ("AWS::Cognito::UserPool", _, None, Some(given)) => {
                let id = user_pool_id(given);
                let region = id.split_once('_').map_or("", |(region, _)| region);
                let (name, suffix) = partition(region);
                match (attribute, self.variables.get("AWS::AccountId")) {
                    ("UserPoolId", _) => Ok(id),
                    ("ProviderName", _) => Ok(format!("cognito-idp.{region}.{suffix}/{id}")),
                    ("ProviderURL", _) => Ok(format!("https://cognito-idp.{region}.{suffix}/{id}")),
                    ("Arn", _) if id != given => Ok(given.to_owned()),
                    ("Arn", Some(account)) => Ok(format!("arn:{name}:cognito-idp:{region}:{account}:userpool/{id}")),
                    // Without an account ID, the user pool ID is used: it names the same user pool.
                    ("Arn", None) => Ok(id),
                    _ => Err(missing(resource, attribute)),
                }
            }
            ("AWS::Cognito::UserPool" | "AWS::Cognito::UserPoolClient", ..) => Err(missing(resource, "")),
            _ => Err(missing(resource, attribute)),
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
        let value = found.ok_or_else(|| unknown(format!("the mappings have no `{map}`, `{first}`, `{second}`")))?;
        // Mappings cannot contain functions.
        steps.take(value.node.weight, depth)?;
        Ok(value.node.clone())
    }

    /// Whether the name is that of an API.
    pub(super) fn is_api(&self, name: &str) -> bool {
        let own = self.resources.get(name).is_some_and(|resource| APIS.contains(&resource.kind));
        own || IMPLICIT_APIS.contains(&name)
    }

    /// Evaluates `Fn::ImportValue`. The value belongs to another stack, so it must be configured.
    pub(super) fn import(&self, name: &str) -> Result<String, Unknown> {
        self.variables.get(name).map(str::to_owned).ok_or_else(|| no_value(name))
    }
}

/// Returns the resource named here by `Ref` or by one of these attributes.
pub(super) fn named<'n>(at: &Cursor<'n>, attributes: &[&str]) -> Result<&'n str, Problem> {
    match &at.node.value {
        NodeValue::Unknown(unknown) => match &unknown.names {
            Some((name, attribute)) if attributes.contains(&&**attribute) => Ok(name),
            _ => Err(at.expected("")),
        },
        _ => Err(at.problem("expected a resource of this template, by `Ref` or `Fn::GetAtt`")),
    }
}

/// Returns the type of a resource.
pub(super) fn kind<'d>(resource: &Cursor<'d>) -> &'d str {
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
    unknown(format!("`{name}` has no value: give it one with variable(\"{name}\", …)"))
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
