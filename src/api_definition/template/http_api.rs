//! Reads `AWS::ApiGatewayV2::Api` with its routes and authorizers.
//!
//! Rejects a route that would be open because its authorizer cannot be imported. Source: CloudFormation,
//! "AWS::ApiGatewayV2"; [behaviour §6.3](crate::docs::behaviour).

use std::path::Path;

use super::{
    definition::Definition,
    properties::{asked, flag, of_base_path},
    resources::{Resource, Template},
};
use crate::{
    api_definition::{
        cors::cors,
        parts::{ImportSettings, Parts},
        routes::{Defaults, RouteRequirement},
        scheme::{AuthorizerDefinition, Scheme},
    },
    document::{Cursor, Problem},
};

/// Reads an HTTP API.
pub(super) fn read<'d>(
    api: &Resource<'d>,
    template: &Template<'d>,
    settings: &ImportSettings<'_>,
    folder: Option<&Path>,
    parts: &mut Parts,
) -> Result<(), Problem> {
    let properties = template.properties(api, &API)?;
    let at = properties.cursor();
    let settings = &of_base_path(settings, at.get("BasePath"))?;
    let written = properties.written().get("Body");
    let definition = Definition::of(at.get("Body"), at.get("BodyS3Location"), written, template)?;
    definition.read(&Defaults::default(), template, folder, settings, parts)?;
    // CloudFormation's own property overrides that of the definition.
    if let Some(at) = at.get("CorsConfiguration").map(Cursor::map).transpose()? {
        parts.cors = cors(&at, at.entries(), settings.variables)?;
    }
    if let Some(target) = at.get("Target") {
        // Quick create: one open route, `$default` unless `RouteKey` is set.
        let route_key = settings.variables.member(&at, "RouteKey")?.unwrap_or_else(|| "$default".to_owned());
        parts.routes.add(&target, route_key, RouteRequirement::default(), &Defaults::default())?;
    }
    read_attached(api, template, settings, parts);
    Ok(())
}

/// Reads the authorizers and routes that refer to the API.
pub(super) fn read_attached<'d>(
    api: &Resource<'d>,
    template: &Template<'d>,
    settings: &ImportSettings<'_>,
    parts: &mut Parts,
) {
    let overrides = ["AWS::ApiGatewayV2::ApiGatewayManagedOverrides"];
    for resource in template.present(&overrides, &mut parts.findings) {
        parts.findings.problem(
            &resource.at,
            "this resource changes routes that are not in the template: define the routes directly",
        );
    }
    for (name, properties) in template.of_api(api, "AWS::ApiGatewayV2::Authorizer", &AUTHORIZER, &mut parts.findings) {
        let at = properties.cursor();
        let name = &parts.attached_name(name);
        let read = authorizer(name, &at, settings);
        parts.add_scheme(name, &at, read.map_or_else(Scheme::Other, Scheme::Authorizer));
    }
    for (_, properties) in template.of_api(api, "AWS::ApiGatewayV2::Route", &ROUTE, &mut parts.findings) {
        route(&properties.cursor(), settings, parts).unwrap_or_else(|problem| parts.findings.add(problem));
    }
}

fn authorizer(name: &str, at: &Cursor<'_>, settings: &ImportSettings<'_>) -> Result<AuthorizerDefinition, Problem> {
    match settings.variables.member(at, "AuthorizerType")?.as_deref() {
        Some("JWT") => {}
        Some(kind) => return Err(at.problem(format!("a `{kind}` authorizer cannot be imported"))),
        None => return Err(at.problem("`AuthorizerType` is missing: expected JWT")),
    }
    if let Some(at) = at.get("IdentityValidationExpression") {
        return Err(at.problem("an authorizer of an HTTP API does not support `IdentityValidationExpression`"));
    }
    let configuration = at.get("JwtConfiguration");
    let configuration = configuration.ok_or_else(|| at.problem("`JwtConfiguration` is missing"))?.map()?;
    configuration.check_members(&["Issuer", "Audience"])?;
    let sources = at.get("IdentitySource");
    let sources = sources
        .ok_or_else(|| at.problem("`IdentitySource` is missing: expected one such as $request.header.Authorization"))?;
    let mut items = sources.clone().list()?.items().collect::<Vec<_>>();
    let source = items.pop().filter(|_| items.is_empty());
    let source = source.ok_or_else(|| sources.problem("a JWT authorizer must have exactly one identity source"))?;
    jwt(name, configuration.get("Issuer"), configuration.get("Audience"), &configuration, &source, settings)
}

/// Returns a `JWT` authorizer of a CloudFormation or SAM template.
pub(super) fn jwt(
    name: &str,
    issuer: Option<Cursor<'_>>,
    audience: Option<Cursor<'_>>,
    configuration: &Cursor<'_>,
    identity_source: &Cursor<'_>,
    settings: &ImportSettings<'_>,
) -> Result<AuthorizerDefinition, Problem> {
    let reader = settings.scheme_reader();
    let issuer = issuer.ok_or_else(|| configuration.problem("the issuer is missing"))?;
    let user_pool = reader.issuer(&issuer, &settings.variables.text(&issuer)?)?;
    let audience = audience.ok_or_else(|| configuration.problem("the audience list is missing"))?;
    reader.of_issuer(name, user_pool, audience, identity_source)
}

fn route(at: &Cursor<'_>, settings: &ImportSettings<'_>, parts: &mut Parts) -> Result<(), Problem> {
    let route_key = settings.variables.member(at, "RouteKey")?.ok_or_else(|| at.problem("`RouteKey` is missing"))?;
    let mut asked = asked(at, "JWT", parts, settings)?;
    if let Some(at) = at.get("ApiKeyRequired") {
        asked.api_key = Some(flag(&at)?);
    }
    parts.routes.add(at, route_key, asked, &Defaults::default())
}

const API: [&str; 18] = [
    "ApiKeySelectionExpression",
    "BasePath",
    "Body",
    "BodyS3Location",
    "CorsConfiguration",
    "CredentialsArn",
    "Description",
    "DisableExecuteApiEndpoint",
    "DisableSchemaValidation",
    "FailOnWarnings",
    "IpAddressType",
    "Name",
    "ProtocolType",
    "RouteKey",
    "RouteSelectionExpression",
    "Tags",
    "Target",
    "Version",
];

const AUTHORIZER: [&str; 11] = [
    "ApiId",
    "AuthorizerCredentialsArn",
    "AuthorizerPayloadFormatVersion",
    "AuthorizerResultTtlInSeconds",
    "AuthorizerType",
    "AuthorizerUri",
    "EnableSimpleResponses",
    "IdentitySource",
    "IdentityValidationExpression",
    "JwtConfiguration",
    "Name",
];

const ROUTE: [&str; 12] = [
    "ApiId",
    "ApiKeyRequired",
    "AuthorizationScopes",
    "AuthorizationType",
    "AuthorizerId",
    "ModelSelectionExpression",
    "OperationName",
    "RequestModels",
    "RequestParameters",
    "RouteKey",
    "RouteResponseSelectionExpression",
    "Target",
];
