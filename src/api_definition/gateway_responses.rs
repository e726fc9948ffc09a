//! Gateway responses, of `x-amazon-apigateway-gateway-responses` and of templates
//! ([behaviour §6.1.12](crate::docs::behaviour)).
//!
//! In: a type, a status, headers and templates. Out: [`GatewayResponses`]. Refused: a type that there is not, the same
//! one twice, and what cannot be answered with.

use std::collections::HashMap;

use crate::{
    authorizer_type::ResponseType,
    document::{Cursor, Findings, NodeValue, Problem, Variables},
    gateway_response::{GatewayResponse, GatewayResponses},
};

/// The gateway responses so far.
#[derive(Debug, Default)]
pub(super) struct Responses(HashMap<ResponseType, GatewayResponse>);

impl Responses {
    /// Those of the extension at the root of a definition.
    pub(super) fn read(&mut self, root: &Cursor<'_>, variables: &Variables, findings: &mut Findings) {
        let all = match root.get("x-amazon-apigateway-gateway-responses").map(Cursor::map) {
            Some(Ok(all)) => all,
            Some(Err(problem)) => return findings.add(problem),
            None => return,
        };
        for (name, at) in all.entries() {
            if let Err(problem) = extension(&at, variables).and_then(|response| self.add(name, &at, response)) {
                findings.add(problem);
            }
        }
    }

    /// Adds one of a type.
    pub(super) fn add(&mut self, name: &str, at: &Cursor<'_>, response: GatewayResponse) -> Result<(), Problem> {
        let response_type: ResponseType = name.parse().map_err(|error| at.problem(format!("{error}")))?;
        // By itself, so that what is wrong is found where it stands.
        let alone = GatewayResponses::builder().response(response_type, response.clone()).build();
        alone.map_err(|error| at.problem(error.to_string()))?;
        match self.0.insert(response_type, response) {
            Some(_) => Err(at.problem(format!("there are two gateway responses `{name}`: keep one"))),
            None => Ok(()),
        }
    }

    /// All of them, if there are any.
    pub(super) fn build(
        self,
        root: &Cursor<'_>,
        variables: &Variables,
        findings: &mut Findings,
    ) -> Option<GatewayResponses> {
        if self.0.is_empty() {
            return None;
        }
        let mut builder = GatewayResponses::builder();
        for (name, value) in variables.iter() {
            builder = builder.stage_variable(name, value);
        }
        for (response_type, response) in self.0 {
            builder = builder.response(response_type, response);
        }
        builder.build().map_err(|error| findings.problem(root, error.to_string())).ok()
    }
}

fn extension(at: &Cursor<'_>, variables: &Variables) -> Result<GatewayResponse, Problem> {
    let at = at.clone().map()?;
    at.check_members(&["statusCode", "responseParameters", "responseTemplates"])?;
    let (status, templates) = (at.get("statusCode"), at.get("responseTemplates"));
    let headers = at.get("responseParameters").map(headers).transpose()?;
    response(status, headers.unwrap_or_default(), templates, variables)
}

/// `gatewayresponse.header.<name>`, each with its value.
pub(super) fn headers(parameters: Cursor<'_>) -> Result<Vec<(&str, Cursor<'_>)>, Problem> {
    let parameters = parameters.map()?;
    let named = parameters.entries().map(|(name, at)| match name.strip_prefix("gatewayresponse.header.") {
        Some(header) => Ok((header, at)),
        None => Err(at.problem("expected gatewayresponse.header.<name>")),
    });
    named.collect()
}

/// One with this status, these headers and these templates.
pub(super) fn response(
    status: Option<Cursor<'_>>,
    headers: Vec<(&str, Cursor<'_>)>,
    templates: Option<Cursor<'_>>,
    variables: &Variables,
) -> Result<GatewayResponse, Problem> {
    let mut response = GatewayResponse::new();
    if let Some(status) = status {
        let text = variables.text(&status)?;
        let code = text.parse().map_err(|_| status.problem("expected a status from 200 to 599"))?;
        response = response.status(code);
    }
    for (header, at) in headers {
        response = response.header(header, &literal(&at)?);
    }
    if let Some(templates) = templates.map(Cursor::map).transpose()? {
        for (content_type, template) in templates.entries() {
            response = response.template(content_type, &literal(&template)?);
        }
    }
    Ok(response)
}

/// A text as it is: what it holds is for each request to fill in.
fn literal(at: &Cursor<'_>) -> Result<String, Problem> {
    match &at.node.value {
        NodeValue::Text(text) => Ok(text.clone()),
        _ => Err(at.expected("a text")),
    }
}
