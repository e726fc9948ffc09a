//! `x-amazon-apigateway-gateway-responses` ([behaviour §6.1.12](crate::docs::behaviour)).

use crate::{
    authorizer_type::ResponseType,
    document::{Cursor, Findings, Problem, Value, Variables},
    gateway_response::{GatewayResponse, GatewayResponses},
};

/// The gateway responses of a definition, if it has any.
pub(super) fn read(root: &Cursor<'_>, variables: &Variables, findings: &mut Findings) -> Option<GatewayResponses> {
    let all = match root.get("x-amazon-apigateway-gateway-responses")?.map() {
        Ok(all) => all,
        Err(problem) => {
            findings.add(problem);
            return None;
        }
    };
    let mut builder = GatewayResponses::builder();
    for (name, value) in variables.iter() {
        builder = builder.stage_variable(name, value);
    }
    for (name, at) in all.entries() {
        match response(name, at, variables) {
            Ok((response_type, response)) => builder = builder.response(response_type, response),
            Err(problem) => findings.add(problem),
        }
    }
    match builder.build() {
        Ok(responses) => Some(responses),
        Err(error) => {
            findings.problem(&all, error.to_string());
            None
        }
    }
}

fn response(name: &str, at: Cursor<'_>, variables: &Variables) -> Result<(ResponseType, GatewayResponse), Problem> {
    let response_type: ResponseType = name.parse().map_err(|error| at.problem(format!("{error}")))?;
    let at = at.map()?;
    at.check_members(&["statusCode", "responseParameters", "responseTemplates"])?;
    let mut response = GatewayResponse::new();
    if let Some(status) = at.get("statusCode") {
        let text = variables.text(&status)?;
        let code = text.parse().map_err(|_| status.problem("expected a status from 200 to 599"))?;
        response = response.status(code);
    }
    if let Some(parameters) = at.get("responseParameters").map(Cursor::map).transpose()? {
        for (name, parameter) in parameters.entries() {
            let Some(header) = name.strip_prefix("gatewayresponse.header.") else {
                return Err(parameter.problem("expected gatewayresponse.header.<name>"));
            };
            response = response.header(header, &literal(&parameter)?);
        }
    }
    if let Some(templates) = at.get("responseTemplates").map(Cursor::map).transpose()? {
        for (content_type, template) in templates.entries() {
            response = response.template(content_type, &literal(&template)?);
        }
    }
    // By itself, so that what is wrong is found where it stands.
    let alone = GatewayResponses::builder().response(response_type, response.clone()).build();
    alone.map_err(|error| at.problem(error.to_string()))?;
    Ok((response_type, response))
}

/// A text as it is: what it holds is for each request to fill in.
fn literal(at: &Cursor<'_>) -> Result<String, Problem> {
    match &at.node.value {
        Value::Text(text) => Ok(text.clone()),
        _ => Err(at.problem("expected a text")),
    }
}
