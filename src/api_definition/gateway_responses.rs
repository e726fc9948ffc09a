//! `x-amazon-apigateway-gateway-responses` ([behaviour §6.1.12](crate::docs::behaviour)).

use super::{
    problem::{Cursor, Problem},
    variables::Variables,
};
use crate::{
    authorizer_type::ResponseType,
    gateway_response::{GatewayResponse, GatewayResponses},
};

/// The gateway responses of a definition, if it has any.
pub(super) fn read(root: &Cursor<'_>, variables: &Variables) -> Result<Option<GatewayResponses>, Problem> {
    let Some(all) = root.get("x-amazon-apigateway-gateway-responses") else { return Ok(None) };
    let mut builder = GatewayResponses::builder();
    for (name, at) in all.entries() {
        let response_type: ResponseType = name.parse().map_err(|error| at.problem(format!("{error}")))?;
        let mut response = GatewayResponse::new();
        if let Some(status) = at.get("statusCode") {
            let text = variables.text(&status)?;
            let code = text.parse().map_err(|_| status.problem("expected a status from 200 to 599"))?;
            response = response.status(code);
        }
        for (name, parameter) in at.get("responseParameters").iter().flat_map(Cursor::entries) {
            let Some(header) = name.strip_prefix("gatewayresponse.header.") else {
                return Err(parameter.problem("expected gatewayresponse.header.<name>"));
            };
            response = response.header(header, &literal(&parameter)?);
        }
        for (content_type, template) in at.get("responseTemplates").iter().flat_map(Cursor::entries) {
            response = response.template(content_type, &literal(&template)?);
        }
        // Each by itself, so that what is wrong is found where it stands.
        GatewayResponses::builder()
            .response(response_type, response.clone())
            .build()
            .map_err(|error| at.problem(error.to_string()))?;
        builder = builder.response(response_type, response);
    }
    builder.build().map(Some).map_err(|error| all.problem(error.to_string()))
}

/// A text as it is: what it holds is for each request to fill in.
fn literal(at: &Cursor<'_>) -> Result<String, Problem> {
    match &at.node.value {
        super::document::Value::Text(text) => Ok(text.clone()),
        _ => Err(at.problem("expected a text")),
    }
}
