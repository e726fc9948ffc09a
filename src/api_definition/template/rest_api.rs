//! Reads `AWS::ApiGateway::RestApi` with its resources, methods, authorizers and gateway responses.
//!
//! Rejects a method that would be open because its authorizer cannot be imported, and a path with an unknown parent.
//! Source: CloudFormation, "AWS::ApiGateway"; [behaviour §6.3](crate::docs::behaviour).

use std::{collections::HashMap, path::Path};

use super::{
    definition::Definition,
    functions::Functions,
    names::named,
    properties::{asked, flag, note_private_endpoint, of_base_path, reject_policy},
    resources::{Properties, Resource, Template},
};
use crate::{
    api_definition::{
        gateway_responses::{headers, response},
        mock,
        notes::TIME_TO_LIVE,
        parts::{ImportSettings, Parts},
        routes::{Defaults, METHODS},
        scheme::{AuthorizerDefinition, Scheme, header_source},
    },
    document::{Cursor, Findings, Problem},
    limits::{MAX_PATH_BYTES, MAX_PATH_SEGMENTS},
};

/// Reads a REST API.
pub(super) fn read<'d>(
    api: &Resource<'d>,
    template: &Template<'d>,
    settings: &ImportSettings<'_>,
    folder: Option<&Path>,
    parts: &mut Parts,
) -> Result<(), Problem> {
    let properties = template.properties(api, &REST_API)?;
    let at = properties.cursor();
    reject_policy(at.get("Policy"))?;
    if let Some(at) = at.get("CloneFrom") {
        return Err(at.problem("`CloneFrom` is not supported: the source API is not in this template"));
    }
    if let Some(at) = at.get("EndpointConfiguration") {
        note_private_endpoint(&at, &mut parts.findings);
    }
    let parameters = at.get("Parameters").map(Cursor::map).transpose()?;
    let base_path = parameters.and_then(|parameters| parameters.get("basepath"));
    let settings = &of_base_path(settings, base_path)?;
    let written = properties.written().get("Body");
    let definition = Definition::of(at.get("Body"), at.get("BodyS3Location"), written, template)?;
    definition.read(&Defaults::default(), template, folder, settings, parts)?;
    read_attached(api, template, settings, parts);
    Ok(())
}

/// Reads the authorizers, gateway responses, resources and methods that refer to the API.
pub(super) fn read_attached<'d>(
    api: &Resource<'d>,
    template: &Template<'d>,
    settings: &ImportSettings<'_>,
    parts: &mut Parts,
) {
    for (name, properties) in template.of_api(api, "AWS::ApiGateway::Authorizer", &AUTHORIZER, &mut parts.findings) {
        let at = properties.cursor();
        let name = &parts.attached_name(name);
        let read = authorizer(name, &at, settings, &mut parts.findings);
        parts.add_scheme(name, &at, read.map_or_else(Scheme::Other, Scheme::Authorizer));
    }
    let responses = ["ResponseParameters", "ResponseTemplates", "ResponseType", "RestApiId", "StatusCode"];
    for (_, properties) in template.of_api(api, "AWS::ApiGateway::GatewayResponse", &responses, &mut parts.findings) {
        gateway_response(&properties.cursor(), settings, parts).unwrap_or_else(|problem| parts.findings.add(problem));
    }
    let resources = ["ParentId", "PathPart", "RestApiId"];
    let resources = template.of_api(api, "AWS::ApiGateway::Resource", &resources, &mut parts.findings);
    let all = resources.iter().map(|(name, own)| (*name, own)).collect();
    let paths = Paths { api: api.name, resources: all, functions: template.functions, settings };
    for (_, properties) in template.of_api(api, "AWS::ApiGateway::Method", &METHOD, &mut parts.findings) {
        method(&properties.cursor(), &paths, parts).unwrap_or_else(|problem| parts.findings.add(problem));
    }
}

fn authorizer(
    name: &str,
    at: &Cursor<'_>,
    settings: &ImportSettings<'_>,
    findings: &mut Findings,
) -> Result<AuthorizerDefinition, Problem> {
    let text = |name: &str| settings.variables.member(at, name);
    let reader = settings.scheme_reader();
    match text("Type")?.as_deref() {
        Some("COGNITO_USER_POOLS") => {}
        Some(kind) => return Err(at.problem(format!("a `{kind}` authorizer cannot be imported"))),
        None => return Err(at.problem("`Type` is missing: expected COGNITO_USER_POOLS")),
    }
    if let Some(ttl) = at.get("AuthorizerResultTtlInSeconds") {
        findings.note(&ttl, TIME_TO_LIVE);
    }
    let source = at.get("IdentitySource");
    let source =
        source.ok_or_else(|| at.problem("`IdentitySource` is missing: expected method.request.header.<name>"))?;
    let text = settings.variables.text(&source)?;
    let header = text.strip_prefix("method.request.header.");
    let header = header.ok_or_else(|| source.problem("expected method.request.header.<name>"))?;
    let identity_source = header_source(&source, header)?;
    let arns = at
        .get("ProviderARNs")
        .ok_or_else(|| at.problem("`ProviderARNs` is missing: expected the ARNs of the user pools"))?;
    let expression = at.get("IdentityValidationExpression");
    reader.of_user_pools(name, identity_source, reader.user_pools(arns)?, expression)
}

fn gateway_response(at: &Cursor<'_>, settings: &ImportSettings<'_>, parts: &mut Parts) -> Result<(), Problem> {
    let kind = settings.variables.member(at, "ResponseType")?;
    let kind = kind.ok_or_else(|| at.problem("`ResponseType` is missing"))?;
    let headers = at.get("ResponseParameters").map(headers).transpose()?;
    let (status, templates) = (at.get("StatusCode"), at.get("ResponseTemplates"));
    let response = response(status, headers.unwrap_or_default(), templates, settings.variables)?;
    parts.responses.add(&kind, at, response)
}

fn method(at: &Cursor<'_>, paths: &Paths<'_, '_>, parts: &mut Parts) -> Result<(), Problem> {
    let variables = paths.settings.variables;
    let method = variables.member(at, "HttpMethod")?.ok_or_else(|| at.problem("`HttpMethod` is missing"))?;
    if !METHODS.iter().any(|(_, own)| *own == method) {
        return Err(at.problem(format!("`{method}` is not a method of API Gateway")));
    }
    let resource = at.get("ResourceId").ok_or_else(|| at.problem("`ResourceId` is missing"))?;
    let path = paths.path(&resource)?;
    let mut asked = asked(at, "COGNITO_USER_POOLS", parts, paths.settings)?;
    if at.get("AuthorizationType").is_none() {
        parts.findings.note(at, "without `AuthorizationType` this route is open");
    }
    if let Some(at) = at.get("ApiKeyRequired")
        && flag(&at)?
    {
        parts.findings.note(&at, "the API key is not checked here");
        asked.api_key = Some(true);
    }
    parts.routes.add(at, format!("{method} {path}"), asked, &Defaults::default())?;
    mock::answer_last(&mut parts.routes, at, variables, &mut parts.findings)
}

/// Resolves the paths of the resources of an API.
struct Paths<'r, 'd> {
    api: &'r str,
    resources: HashMap<&'d str, &'r Properties<'d>>,
    functions: &'r Functions<'d>,
    settings: &'r ImportSettings<'r>,
}

impl Paths<'_, '_> {
    /// Returns the path of the resource named here: the path parts of its ancestors, then its path part.
    fn path(&self, at: &Cursor<'_>) -> Result<String, Problem> {
        let mut segments = Vec::new();
        let mut length = 0;
        let mut next = self.above(at)?;
        while let Some(name) = next {
            let resource = self.resources.get(&*name);
            let resource =
                resource.ok_or_else(|| at.problem(format!("`{name}` is not a resource of this API")))?.cursor();
            let part = self.settings.variables.member(&resource, "PathPart")?;
            let part = part.ok_or_else(|| resource.problem("`PathPart` is missing"))?;
            if part.is_empty() || part.contains('/') {
                return Err(resource.problem("expected one segment of a path"));
            }
            length += part.len();
            segments.push(part);
            if segments.len() > MAX_PATH_SEGMENTS || length > MAX_PATH_BYTES {
                return Err(at.problem("the path is too long or circular"));
            }
            let parent = resource.get("ParentId").ok_or_else(|| resource.problem("`ParentId` is missing"))?;
            next = self.above(&parent)?;
        }
        // Many resources may share a long parent path, and adding a route costs more than building its path.
        self.functions.steps.take(1 + length / 4, 1).map_err(|unknown| at.problem(unknown.why))?;
        segments.reverse();
        Ok(format!("/{}", segments.join("/")))
    }

    /// Returns the resource named here; `None` for the root of the API.
    fn above(&self, at: &Cursor<'_>) -> Result<Option<String>, Problem> {
        match named(at, &["RootResourceId"]) {
            Ok(name) if name == self.api => Ok(None),
            _ => named(at, &["", "ResourceId"]).map(|name| Some(name.to_owned())),
        }
    }
}

const REST_API: [&str; 17] = [
    "ApiKeySourceType",
    "BinaryMediaTypes",
    "Body",
    "BodyS3Location",
    "CloneFrom",
    "Description",
    "DisableExecuteApiEndpoint",
    "EndpointAccessMode",
    "EndpointConfiguration",
    "FailOnWarnings",
    "MinimumCompressionSize",
    "Mode",
    "Name",
    "Parameters",
    "Policy",
    "SecurityPolicy",
    "Tags",
];

const AUTHORIZER: [&str; 10] = [
    "AuthType",
    "AuthorizerCredentials",
    "AuthorizerResultTtlInSeconds",
    "AuthorizerUri",
    "IdentitySource",
    "IdentityValidationExpression",
    "Name",
    "ProviderARNs",
    "RestApiId",
    "Type",
];

const METHOD: [&str; 13] = [
    "ApiKeyRequired",
    "AuthorizationScopes",
    "AuthorizationType",
    "AuthorizerId",
    "HttpMethod",
    "Integration",
    "MethodResponses",
    "OperationName",
    "RequestModels",
    "RequestParameters",
    "RequestValidatorId",
    "ResourceId",
    "RestApiId",
];
