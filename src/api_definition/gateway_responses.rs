//! Reads gateway responses from `x-amazon-apigateway-gateway-responses` and from templates ([behaviour
//! §6.1.12](crate::docs::behaviour)).
//!
//! Turns types, statuses, headers and templates into [`GatewayResponses`]. Rejects an unknown type, a repeated type,
//! and an invalid response.

use std::collections::HashMap;

use crate::{
    authorizer_type::ResponseType,
    document::{Cursor, Findings, NodeValue, Problem, Variables},
    gateway_response::{GatewayResponse, GatewayResponses},
};

/// The gateway responses that were read so far.
#[derive(Debug, Default)]
pub(super) struct Responses(HashMap<ResponseType, GatewayResponse>);

impl Responses {
    /// Reads the extension at the root of a definition.
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

    /// Adds the gateway response of a type.
    pub(super) fn add(&mut self, name: &str, at: &Cursor<'_>, response: GatewayResponse) -> Result<(), Problem> {
        let response_type: ResponseType = name.parse().map_err(|error| at.problem(format!("{error}")))?;
        // Builds each response alone, so that an error is reported at its place.
        let alone = GatewayResponses::builder().response(response_type, response.clone()).build();
        alone.map_err(|error| at.problem(error.to_string()))?;
        match self.0.insert(response_type, response) {
            Some(_) => Err(at.problem(format!("there are two gateway responses `{name}`: keep one"))),
            None => Ok(()),
        }
    }

    /// Builds the gateway responses; `None` if there are none.
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

/// Reads headers and their values from members named `gatewayresponse.header.<name>`.
pub(super) fn headers(parameters: Cursor<'_>) -> Result<Vec<(&str, Cursor<'_>)>, Problem> {
    let parameters = parameters.map()?;
    let named = parameters.entries().map(|(name, at)| match name.strip_prefix("gatewayresponse.header.") {
        Some(header) => Ok((header, at)),
        None => Err(at.problem("expected gatewayresponse.header.<name>")),
    });
    named.collect()
}

/// Builds a gateway response from a status, headers and templates.
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

/// Returns a text without expanding variables: a gateway response expands them for each request.
fn literal(at: &Cursor<'_>) -> Result<String, Problem> {
    match &at.node.value {
        NodeValue::Text(text) => Ok(text.clone()),
        _ => Err(at.expected("a string")),
    }
}
