//! Reads properties that several types of resources share.
//!
//! Rejects values that would leave a route open, or guarded only by something that is not enforced here. Source:
//! CloudFormation, "AWS::ApiGateway" and "AWS::ApiGatewayV2"; [behaviour §6.3](crate::docs::behaviour).

use super::names::named;
use crate::{
    api_definition::{
        base_path::BasePath,
        notes::RESOURCE_POLICY,
        parts::{ImportSettings, Parts},
        routes::{Guard, RouteRequirement, SchemeUse, scheme_use, scopes},
    },
    document::{Cursor, Findings, NodeValue, Problem},
    route::RouteAuthorization,
};

/// Returns the requirement of a method or a route.
pub(super) fn asked(
    at: &Cursor<'_>,
    authorizer_type: &str,
    parts: &mut Parts,
    settings: &ImportSettings<'_>,
) -> Result<RouteRequirement, Problem> {
    let kind = settings.variables.member(at, "AuthorizationType")?;
    let (authorizer, own_scopes) = (at.get("AuthorizerId"), at.get("AuthorizationScopes"));
    let own_scopes = own_scopes.filter(|at| !is_empty(at));
    match kind.as_deref().unwrap_or("NONE") {
        "NONE" => match authorizer.or(own_scopes) {
            Some(at) if kind.is_some() => Err(at.problem(format!(
                "`AuthorizationType` is `NONE`, so the route is open although it has this: write \
                 `AuthorizationType: {authorizer_type}`, or remove this"
            ))),
            Some(at) => {
                Err(at.problem(format!("without `AuthorizationType: {authorizer_type}` this route would be open")))
            }
            None => Ok(RouteRequirement { guard: Some(Guard::OPEN), api_key: None }),
        },
        kind if kind == authorizer_type => {
            let authorizer = authorizer.ok_or_else(|| at.problem("`AuthorizerId` is missing"))?;
            let logical_id = named(&authorizer, &["", "AuthorizerId"])?;
            let name = &parts.attached.get(logical_id).map_or(logical_id, |name| &**name).to_owned();
            match scheme_use(&parts.schemes, name, &authorizer)? {
                SchemeUse::Authorizer => {}
                SchemeUse::ApiKey => return Err(authorizer.problem(format!("`{name}` is not an authorizer"))),
                SchemeUse::Unsupported(problem) => {
                    let guard = parts.routes.unsupported(problem)?;
                    return Ok(RouteRequirement { guard: Some(guard), api_key: None });
                }
            }
            let authorization = match own_scopes {
                Some(at) => scopes(at, settings.variables)?,
                None => RouteAuthorization::guarded(),
            };
            Ok(RouteRequirement {
                guard: Some(Guard { authorization, authorizer: Some(name.to_owned()) }),
                api_key: None,
            })
        }
        kind => {
            let problem = at.problem(format!("`{kind}` cannot be checked here: this route would be open"));
            Ok(RouteRequirement { guard: Some(parts.routes.unsupported(problem)?), api_key: None })
        }
    }
}

/// Reads a boolean, or the text `true` or `false`.
pub(super) fn flag(at: &Cursor<'_>) -> Result<bool, Problem> {
    match &at.node.value {
        NodeValue::Bool(value) => Ok(*value),
        NodeValue::Text(text) if text == "true" => Ok(true),
        NodeValue::Text(text) if text == "false" => Ok(false),
        _ => Err(at.expected("true or false")),
    }
}

/// Whether the value is an empty list. An empty list of scopes counts as missing.
pub(super) fn is_empty(at: &Cursor<'_>) -> bool {
    matches!(at.node.value, NodeValue::List(_)) && at.items().next().is_none()
}

/// Rejects a resource policy, which allows or denies callers regardless of their token. The Serverless Framework writes an
/// empty text into every REST API without a policy.
pub(super) fn reject_policy(policy: Option<Cursor<'_>>) -> Result<(), Problem> {
    let is_policy = |at: &Cursor<'_>| !matches!(&at.node.value, NodeValue::Text(text) if text.is_empty());
    policy.filter(is_policy).map_or(Ok(()), |at| Err(at.problem(RESOURCE_POLICY)))
}

/// Notes a private endpoint, which is reachable only from a VPC.
pub(super) fn note_private_endpoint(at: &Cursor<'_>, findings: &mut Findings) {
    let is_private = |at: &Cursor<'_>| matches!(&at.node.value, NodeValue::Text(kind) if kind == "PRIVATE");
    let kinds = at.get("Types").into_iter().flat_map(|types| types.items().collect::<Vec<_>>());
    if is_private(at) || at.get("Type").into_iter().chain(kinds).any(|at| is_private(&at)) {
        findings.note(at, "a private endpoint is not enforced here: requests are not restricted to a VPC");
    }
}

/// Notes the restrictions of a custom domain, which apply regardless of the token.
pub(super) fn note_custom_domain(at: &Cursor<'_>, findings: &mut Findings) {
    for name in ["MutualTlsAuthentication", "Policy"] {
        if let Some(at) = at.get(name) {
            findings.note(&at, format!("`{name}` of a custom domain is not enforced here: enforce it elsewhere"));
        }
    }
}

/// Returns the settings with the template's choice of base path handling.
pub(super) fn of_base_path<'s>(
    settings: &ImportSettings<'s>,
    at: Option<Cursor<'_>>,
) -> Result<ImportSettings<'s>, Problem> {
    let Some(at) = at else { return Ok(*settings) };
    let base_path = match &*settings.variables.text(&at)?.to_ascii_lowercase() {
        "ignore" => BasePath::Ignore,
        "prepend" => BasePath::Prepend,
        "split" => BasePath::Split,
        _ => return Err(at.problem("expected ignore, prepend or split")),
    };
    Ok(ImportSettings { base_path, ..*settings })
}
