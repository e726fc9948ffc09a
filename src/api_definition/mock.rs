//! Reads a mock integration, as SAM and the CDK write it for `OPTIONS` if CORS is configured ([behaviour
//! §2.4.7](crate::docs::behaviour)).
//!
//! The response must not depend on the request, except that the CDK's template names the request's origin.

use super::{cors::quoted, routes::Routes};
use crate::{
    document::{Cursor, Findings, NodeValue, Problem, Variables},
    route::MockResponse,
};

/// A response of an integration, by the names of CloudFormation or of OpenAPI.
struct Parts<'d> {
    status: Option<Cursor<'d>>,
    parameters: Option<Cursor<'d>>,
    templates: Option<Cursor<'d>>,
}

/// Lets the layer answer the route that was added last, if it is an open route with a mock integration.
///
/// `at` is a method resource, or an operation of a definition. A response that is not static is a problem, except for
/// `OPTIONS`, which the service may answer.
pub(super) fn answer_last(
    routes: &mut Routes,
    at: &Cursor<'_>,
    variables: &Variables,
    findings: &mut Findings,
) -> Result<(), Problem> {
    let kind = |member: &str, name: &str| at.get(member).and_then(|integration| integration.get(name));
    let kind = kind("Integration", "Type").or_else(|| kind("x-amazon-apigateway-integration", "type"));
    let kind = kind.and_then(|kind| variables.text(&kind).ok());
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("mock")) {
        return Ok(());
    }
    let Some((route, is_preflight)) = routes.last() else { return Ok(()) };
    if route.authorization.is_unsupported() {
        return Ok(());
    }
    if !route.authorization.is_open() {
        findings.note(at, "the service answers the requests that pass, in place of this mock integration");
        return Ok(());
    }
    route.mock_response = of_method(at, variables).or_else(|| of_operation(at, variables));
    if route.mock_response.is_none() && is_preflight {
        findings.note(
            at,
            "the response of this mock integration is not static, so the layer forwards the requests: the service must answer",
        );
    } else if route.mock_response.is_none() {
        let message =
            "the response of this mock integration is not static, so it cannot be given: the service would answer";
        let guard = routes.unsupported(at.problem(message))?;
        if let Some((route, _)) = routes.last() {
            route.authorization = guard.authorization;
        }
    }
    Ok(())
}

/// Reads the integration of a method resource.
fn of_method(method: &Cursor<'_>, variables: &Variables) -> Option<MockResponse> {
    let integration = method.get("Integration")?;
    let responses: Vec<_> = integration.get("IntegrationResponses")?.items().collect();
    let [response] = &*responses else { return None };
    if response.get("SelectionPattern").is_some() {
        return None;
    }
    let member = |name: &str| response.get(name);
    let parts = Parts {
        status: member("StatusCode"),
        parameters: member("ResponseParameters"),
        templates: member("ResponseTemplates"),
    };
    read(&parts, variables)
}

/// Reads the integration of an operation.
fn of_operation(operation: &Cursor<'_>, variables: &Variables) -> Option<MockResponse> {
    let integration = operation.get("x-amazon-apigateway-integration")?;
    let responses: Vec<_> = integration.get("responses")?.entries().collect();
    let [("default", response)] = &*responses else { return None };
    let member = |name: &str| response.get(name);
    let parts = Parts {
        status: member("statusCode"),
        parameters: member("responseParameters"),
        templates: member("responseTemplates"),
    };
    read(&parts, variables)
}

fn read(parts: &Parts<'_>, variables: &Variables) -> Option<MockResponse> {
    let status = variables.text(parts.status.as_ref()?).ok()?.parse().ok()?;
    let mut response = MockResponse::new(status).ok()?;
    for (name, at) in parts.parameters.iter().flat_map(Cursor::entries) {
        let name = name.strip_prefix("method.response.header.")?;
        let value = variables.text(&at).ok()?;
        response = response.header(name, quoted(&value)?).ok()?;
    }
    let templates: Vec<_> = parts.templates.iter().flat_map(Cursor::entries).collect();
    match &*templates {
        [] => Some(response),
        [("application/json", at)] => {
            let NodeValue::Text(template) = &at.node.value else { return None };
            with_template(response, template)
        }
        _ => None,
    }
}

/// Adds what the response template does: a text, or the CDK's choice between origins.
fn with_template(response: MockResponse, template: &str) -> Option<MockResponse> {
    if !template.contains(['$', '#']) {
        return Some(response.body(template));
    }
    let mut lines = template.trim_end().lines().map(str::trim);
    if !TEMPLATE_START.iter().all(|own| lines.next() == Some(own)) {
        return None;
    }
    let conditions = lines.next()?.strip_prefix("#if(")?.strip_suffix(')')?;
    if !TEMPLATE_END.iter().all(|own| lines.next() == Some(own)) || lines.next().is_some() {
        return None;
    }
    conditions.split(" || ").try_fold(response, |response, condition| {
        let origin = condition.strip_prefix("$origin == \"")?.strip_suffix('"')?;
        response.further_origin(origin).ok()
    })
}

const TEMPLATE_START: [&str; 4] = [
    "#set($origin = $input.params().header.get(\"Origin\"))",
    "#if($origin == \"\")",
    "#set($origin = $input.params().header.get(\"origin\"))",
    "#end",
];

const TEMPLATE_END: [&str; 2] =
    ["#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)", "#end"];
