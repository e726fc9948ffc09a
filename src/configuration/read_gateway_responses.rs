//! Reads the gateway responses and the CORS configuration of a configuration file.

use std::time::Duration;

use super::section::{Section, listed};
use crate::{
    authorizer_type::ResponseType,
    gateway_response::{Cors, CorsError, GatewayResponse, GatewayResponses},
};

/// Reads the gateway responses, and the stage variables of their templates.
pub(super) fn gateway_responses(root: &Section<'_, '_>, variables: &[(String, String)]) -> GatewayResponses {
    let mut builder = GatewayResponses::builder();
    for (_, name, value) in root.named_texts("variables") {
        builder = builder.stage_variable(name, value);
    }
    // Variables given to the reader override those of the file.
    for (name, value) in variables {
        builder = builder.stage_variable(name, value);
    }
    for (name, section) in root.sections("gateway_responses") {
        let response_type = response_type(name, &section);
        let response = response(&section);
        if let (Some(response_type), Some(response)) = (response_type, response) {
            // Build each response alone, to report its errors at its section.
            match GatewayResponses::builder().response(response_type, response.clone()).build() {
                Ok(_) => builder = builder.response(response_type, response),
                Err(error) => error.mistakes().iter().for_each(|mistake| section.problem(mistake.to_string())),
            }
        }
        section.end();
    }
    // Each response was already built alone.
    builder.build().unwrap_or_default()
}

fn response_type(name: &str, section: &Section<'_, '_>) -> Option<ResponseType> {
    let response_type = name.parse().ok();
    if response_type.is_none() {
        let names: Vec<&str> = ResponseType::ALL.iter().map(|own| own.as_str()).collect();
        let message = format!("`{name}` is not a type of gateway response: expected {}", listed(&names, name));
        section.problem(message);
    }
    response_type
}

/// Reads the response of a section; `None` if a header has an error, which is reported at the header.
fn response(section: &Section<'_, '_>) -> Option<GatewayResponse> {
    let mut response = GatewayResponse::new();
    if let Some(status) = section.number("status") {
        response = response.status(u16::try_from(status).unwrap_or(u16::MAX));
    }
    for (_, header, value) in section.named_texts("headers") {
        response = response.header(header, value);
    }
    for (_, content_type, template) in section.named_texts("templates") {
        response = response.template(content_type, template);
    }
    has_good_headers(section).then_some(response)
}

fn has_good_headers(section: &Section<'_, '_>) -> bool {
    let (mut seen, mut are_good): (Vec<String>, bool) = (Vec::new(), true);
    for (at, header, value) in section.named_texts("headers") {
        let alone = GatewayResponse::new().header(header, value);
        let alone = GatewayResponses::builder().response(ResponseType::Default4xx, alone).build();
        let alone = alone.map(drop).map_err(|error| error.to_string());
        let twice = format!("`{header}` is set twice: keep one");
        let is_new = if seen.contains(&header.to_ascii_lowercase()) { Err(twice) } else { Ok(()) };
        if let Err(message) = alone.and(is_new) {
            section.findings().problem(&at, message);
            are_good = false;
        }
        seen.push(header.to_ascii_lowercase());
    }
    are_good
}

/// Reads `[cors]`.
pub(super) fn cors(section: Section<'_, '_>) -> Option<Cors> {
    section.require("origins", "a list such as [\"https://app.example\"], or [\"*\"]");
    let texts = |name: &'static str| -> Option<Vec<&str>> {
        let texts = section.texts(name)?;
        Some(texts.into_iter().map(|(_, text)| text).collect())
    };
    let told = |name: &'static str, cors: Result<Cors, CorsError>| {
        cors.map_err(|error| section.problem_at(name, error.to_string())).ok()
    };
    let origins = texts("origins");
    let (methods, headers, exposed) = (texts("methods"), texts("headers"), texts("expose_headers"));
    let max_age = section.number("max_age_seconds").map(Duration::from_secs);
    let credentials = section.flag("credentials").unwrap_or_default();
    let cors = origins.and_then(|origins| told("origins", Cors::new(origins)));
    let cors = cors.and_then(|cors| told("methods", cors.allow_methods(methods.unwrap_or_default())));
    let cors = cors.and_then(|cors| told("headers", cors.allow_headers(headers.unwrap_or_default())));
    let cors = cors.and_then(|cors| told("expose_headers", cors.expose_headers(exposed.unwrap_or_default())));
    let cors = cors.map(|cors| max_age.into_iter().fold(cors, Cors::max_age));
    let cors =
        cors.and_then(|cors| if credentials { told("credentials", cors.allow_credentials()) } else { Some(cors) });
    section.end();
    cors
}
