//! Reads the resources of a template: their types, whether they are present, and their properties without functions.
//!
//! Rejects unknown sections, attributes and properties, and macros.

use super::{
    functions::{Functions, text_of},
    names::{APIS, kind, named},
    properties::note_custom_domain,
};
use crate::document::{Cursor, Findings, Node, NodeValue, Problem};

/// A resource of a template.
#[derive(Clone, Debug)]
pub(super) struct Resource<'d> {
    pub(super) name: &'d str,
    pub(super) kind: &'d str,
    pub(super) at: Cursor<'d>,
    /// Whether SAM creates the resource, which is not written in the template.
    pub(super) is_implicit: bool,
}

impl<'d> Resource<'d> {
    /// Returns an attribute, such as `Properties`.
    pub(super) fn attribute(&self, name: &str) -> Option<Cursor<'d>> {
        self.at.get(name).filter(|_| !self.is_implicit)
    }
}

/// A template.
#[derive(Debug)]
pub(super) struct Template<'d> {
    pub(super) root: Cursor<'d>,
    /// The section `Resources`.
    pub(super) section: Cursor<'d>,
    pub(super) functions: &'d Functions<'d>,
    pub(super) resources: Vec<Resource<'d>>,
    /// Whether the template uses SAM's macro.
    pub(super) is_serverless: bool,
}

impl<'d> Template<'d> {
    pub(super) fn read(root: &Cursor<'d>, functions: &'d Functions<'d>, findings: &mut Findings) -> Option<Self> {
        for (name, section) in root.entries() {
            if !SECTIONS.contains(&name) {
                findings.problem(&section, format!("a template has no section `{name}`"));
            }
            if MAPS.contains(&name) {
                section.map().map_err(|problem| findings.add(problem)).ok();
            }
        }
        let section = root.get("Resources")?;
        let mut resources = Vec::new();
        for (name, at) in section.entries() {
            if name.starts_with("Fn::") {
                findings.problem(
                    &at,
                    format!(
                        "the macro `{name}` is not evaluated here: run SAM or CloudFormation first \
                         and import the processed template"
                    ),
                );
                continue;
            }
            match kind(&at) {
                "" => findings.problem(&at, "expected a resource with a `Type`"),
                kind => resources.push(Resource { name, kind, at, is_implicit: false }),
            }
        }
        if let Some(globals) = root.get("Globals") {
            globals.check_members(&GLOBALS).unwrap_or_else(|problem| findings.add(problem));
        }
        let is_serverless = transform(root, findings);
        Some(Self { root: root.clone(), section, functions, resources, is_serverless })
    }

    /// Returns the present resources of these types.
    pub(super) fn present(&self, kinds: &[&str], findings: &mut Findings) -> Vec<Resource<'d>> {
        let mut present = Vec::new();
        for resource in self.resources.iter().filter(|resource| kinds.contains(&resource.kind)) {
            match self.is_present(resource) {
                Ok(true) => present.push(resource.clone()),
                Ok(false) => {}
                Err(problem) => findings.add(problem),
            }
        }
        present
    }

    pub(super) fn is_present(&self, resource: &Resource<'_>) -> Result<bool, Problem> {
        // SAM drops the attributes that it does not know.
        if !resource.kind.starts_with("AWS::Serverless::") {
            resource.at.check_members(&ATTRIBUTES)?;
        }
        if resource.kind.starts_with("AWS::Serverless::") && !self.is_serverless {
            return Err(resource.at.problem("a SAM resource requires `Transform: AWS::Serverless-2016-10-31`"));
        }
        let Some(condition) = resource.attribute("Condition") else { return Ok(true) };
        let NodeValue::Text(name) = &condition.node.value else {
            return Err(condition.problem("expected the name of a condition"));
        };
        let holds = self.functions.condition(name, 1);
        holds.map_err(|unknown| condition.unknown(&unknown))
    }

    /// Returns the present APIs, without WebSocket APIs.
    pub(super) fn apis(&self, findings: &mut Findings) -> Vec<Resource<'d>> {
        let mut apis = self.present(&APIS, findings);
        apis.retain(|api| {
            let protocol = api.attribute("Properties").and_then(|properties| properties.get("ProtocolType"));
            let Some(protocol) = protocol.filter(|_| api.kind == "AWS::ApiGatewayV2::Api") else { return true };
            let is_web_socket = text_of(&self.functions.resolved(protocol.node)).is_ok_and(|text| text == "WEBSOCKET");
            if is_web_socket {
                findings.note(&protocol, "a WebSocket API is not imported");
            }
            !is_web_socket
        });
        apis
    }

    /// Returns the properties of a resource. A property with another name is a problem.
    pub(super) fn properties(&self, resource: &Resource<'d>, names: &[&str]) -> Result<Properties<'d>, Problem> {
        let Some(at) = resource.attribute("Properties") else {
            let node = Node::of_members(Vec::new(), resource.at.node.line);
            return Ok(Properties { at: resource.at.clone(), node });
        };
        let properties = self.resolved(at);
        properties.cursor().map()?.check_members(names)?;
        Ok(properties)
    }

    /// Returns the value at this place with its functions resolved.
    pub(super) fn resolved(&self, at: Cursor<'d>) -> Properties<'d> {
        let node = self.functions.resolved(at.node);
        Properties { at, node }
    }

    /// Returns the resources of a type that refer to an API in their `RestApiId` or `ApiId`.
    pub(super) fn of_api(
        &self,
        api: &Resource<'_>,
        kind: &str,
        names: &[&str],
        findings: &mut Findings,
    ) -> Vec<(&'d str, Properties<'d>)> {
        let property = if kind.starts_with("AWS::ApiGatewayV2::") { "ApiId" } else { "RestApiId" };
        let mut own = Vec::new();
        for resource in self.present(&[kind], findings) {
            let properties = match self.properties(&resource, names) {
                Ok(properties) => properties,
                Err(problem) => {
                    findings.add(problem);
                    continue;
                }
            };
            match self.belongs(&properties.cursor(), property, api.name) {
                Ok(Some(true)) => {}
                Ok(Some(false)) => continue,
                Ok(None) => {
                    findings.note(&properties.cursor(), "this resource belongs to an API of another template");
                    continue;
                }
                Err(problem) => {
                    findings.add(problem);
                    continue;
                }
            }
            own.push((resource.name, properties));
        }
        own
    }

    /// Whether a resource refers to this API in a property; `None` if it refers to an API outside the template.
    fn belongs(&self, properties: &Cursor<'_>, property: &str, api: &str) -> Result<Option<bool>, Problem> {
        let Some(at) = properties.get(property) else {
            return Err(properties.problem(format!("`{property}` is missing")));
        };
        match &at.node.value {
            NodeValue::Text(_) => Ok(None),
            _ => match named(&at, &["", property])? {
                name if name == api => Ok(Some(true)),
                name if self.functions.names.is_api(name) => Ok(Some(false)),
                name => Err(at.problem(format!("`{name}` is not an API"))),
            },
        }
    }

    /// Notes resources that could affect access and have a type that is not read, and attributes that SAM drops.
    pub(super) fn note_what_is_not_read(&self, findings: &mut Findings) {
        for resource in &self.resources {
            let unknown = resource.at.entries().filter(|(name, _)| !ATTRIBUTES.contains(name));
            for (name, at) in unknown.filter(|_| resource.kind.starts_with("AWS::Serverless::")) {
                findings.note(&at, format!("SAM drops the attribute `{name}`: did you mean a member of `Properties`?"));
            }
            let of_api_gateway = resource.kind.strip_prefix("AWS::ApiGateway").is_some_and(|rest| {
                rest.split_once("::").is_some_and(|(_, kind)| !MEANS_NOTHING.contains(&kind) && !READ.contains(&kind))
            });
            let is_read = self.functions.names.is_read(resource.name);
            if of_api_gateway || NOT_ENFORCED.contains(&resource.kind) && !is_read {
                findings.note(&resource.at, format!("`{}` is not read or enforced here", resource.kind));
            }
            let properties = resource.at.get("Properties").filter(|_| CUSTOM_DOMAINS.contains(&resource.kind));
            if let Some(properties) = properties {
                note_custom_domain(&properties, findings);
            }
        }
    }
}

/// A part of the template, and the node with functions resolved.
#[derive(Debug)]
pub(super) struct Properties<'d> {
    at: Cursor<'d>,
    node: Node,
}

impl<'d> Properties<'d> {
    pub(super) fn cursor(&self) -> Cursor<'_> {
        self.at.with(&self.node)
    }

    /// Returns the part as written, with functions.
    pub(super) fn written(&self) -> &Cursor<'d> {
        &self.at
    }
}

/// Returns whether the template uses SAM's macro. Any other macro is a problem.
fn transform(root: &Cursor<'_>, findings: &mut Findings) -> bool {
    let Some(transform) = root.get("Transform") else { return false };
    let all =
        if matches!(transform.node.value, NodeValue::List(_)) { transform.items().collect() } else { vec![transform] };
    let mut is_serverless = false;
    for at in all {
        match &at.node.value {
            NodeValue::Text(name) if name == "AWS::Serverless-2016-10-31" => is_serverless = true,
            // Its functions are unknown values, which are a problem where they are used.
            NodeValue::Text(name) if name == "AWS::LanguageExtensions" => {}
            NodeValue::Text(name) => {
                findings.problem(
                    &at,
                    format!(
                        "the macro `{name}` is not evaluated here: run SAM or CloudFormation first \
                         and import the processed template"
                    ),
                );
            }
            _ => findings.problem(
                &at,
                "a macro is not evaluated here: run SAM or CloudFormation first and import the processed template",
            ),
        }
    }
    is_serverless
}

const SECTIONS: [&str; 12] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// The sections of `Globals`. Source: SAM, "Globals".
const GLOBALS: [&str; 8] =
    ["Api", "CapacityProvider", "Function", "HttpApi", "LayerVersion", "SimpleTable", "StateMachine", "WebSocketApi"];

const MAPS: [&str; 5] = ["Conditions", "Globals", "Mappings", "Parameters", "Resources"];

/// The attributes of resources. Source: CloudFormation, "Resource attribute reference"; SAM adds `Connectors` and
/// `IgnoreGlobals`.
const ATTRIBUTES: [&str; 11] = [
    "Condition",
    "Connectors",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "IgnoreGlobals",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
];

/// Resource types of API Gateway that are read.
const READ: [&str; 7] = ["Api", "Authorizer", "GatewayResponse", "Method", "Resource", "RestApi", "Route"];

/// Resource types of API Gateway that do not affect access, except for the noted settings of custom domains.
const MEANS_NOTHING: [&str; 19] = [
    "Account",
    "ApiMapping",
    "BasePathMapping",
    "BasePathMappingV2",
    "Deployment",
    "DocumentationPart",
    "DocumentationVersion",
    "DomainName",
    "DomainNameV2",
    "Integration",
    "IntegrationResponse",
    "Model",
    "Portal",
    "PortalProduct",
    "ProductPage",
    "ProductRestEndpointPage",
    "RoutingRule",
    "Stage",
    "VpcLink",
];

const CUSTOM_DOMAINS: [&str; 3] =
    ["AWS::ApiGateway::DomainName", "AWS::ApiGateway::DomainNameV2", "AWS::ApiGatewayV2::DomainName"];

const NOT_ENFORCED: [&str; 4] = [
    "AWS::CloudFormation::Stack",
    "AWS::Serverless::Application",
    "AWS::WAFRegional::WebACLAssociation",
    "AWS::WAFv2::WebACLAssociation",
];
