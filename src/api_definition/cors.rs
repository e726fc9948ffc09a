//! Reads the CORS configuration of an HTTP API: `CorsConfiguration` of a template, and `x-amazon-apigateway-cors` of a
//! definition.
//!
//! Source: CloudFormation, "AWS::ApiGatewayV2::Api Cors"; API Gateway, "x-amazon-apigateway-cors object".

use std::time::Duration;

use crate::{
    document::{Cursor, NodeValue, Problem, Variables},
    gateway_response::Cors,
};

/// Reads a configuration from its members, by the names of CloudFormation or, beginning in lower case, of OpenAPI. `None` if
/// it allows no origin.
pub(super) fn cors<'n>(
    at: &Cursor<'_>,
    members: impl IntoIterator<Item = (&'n str, Cursor<'n>)>,
    variables: &Variables,
) -> Result<Option<Cors>, Problem> {
    let mut parts = Parts::default();
    for (name, at) in members {
        match name {
            "AllowOrigins" | "allowOrigins" => parts.origins = texts(&at, variables)?,
            "AllowMethods" | "allowMethods" => parts.methods = texts(&at, variables)?,
            "AllowHeaders" | "allowHeaders" => parts.headers = texts(&at, variables)?,
            "ExposeHeaders" | "exposeHeaders" => parts.exposed = texts(&at, variables)?,
            "MaxAge" | "maxAge" => {
                let seconds = variables.text(&at)?.parse::<i64>().ok().filter(|seconds| MAX_AGE.contains(seconds));
                let seconds = seconds.ok_or_else(|| at.problem("expected a number of seconds from -1 to 86400"))?;
                // With -1, browsers do not cache the answer.
                parts.max_age = Some(Duration::from_secs(u64::try_from(seconds).unwrap_or_default()));
            }
            "AllowCredentials" | "allowCredentials" => {
                parts.credentials = match &at.node.value {
                    NodeValue::Bool(value) => *value,
                    NodeValue::Text(text) if text == "true" || text == "false" => text == "true",
                    _ => return Err(at.expected("true or false")),
                };
            }
            _ => return Err(at.problem(format!("`{name}` is not a member of a CORS configuration"))),
        }
    }
    if parts.origins.is_empty() {
        return Ok(None);
    }
    let wrong = |error: crate::gateway_response::CorsError| at.problem(error.to_string());
    let cors = Cors::new(&parts.origins).map_err(wrong)?;
    let cors = cors.allow_methods(&parts.methods).map_err(wrong)?.allow_headers(&parts.headers).map_err(wrong)?;
    let cors = cors.expose_headers(&parts.exposed).map_err(wrong)?;
    let cors = parts.max_age.into_iter().fold(cors, Cors::max_age);
    if parts.credentials { cors.allow_credentials().map_err(wrong).map(Some) } else { Ok(Some(cors)) }
}

/// Returns the configuration that SAM makes of `CorsConfiguration: true`.
pub(super) fn any_origin(at: &Cursor<'_>) -> Result<Cors, Problem> {
    Cors::new(["*"]).map_err(|error| at.problem(error.to_string()))
}

/// Returns the text between single quotes, as a static value of a response header is written.
pub(super) fn quoted(value: &str) -> Option<&str> {
    value.strip_prefix('\'')?.strip_suffix('\'').filter(|text| !text.contains('\''))
}

/// What API Gateway accepts for `MaxAge`.
const MAX_AGE: std::ops::RangeInclusive<i64> = -1..=86_400;

#[derive(Default)]
struct Parts {
    origins: Vec<String>,
    methods: Vec<String>,
    headers: Vec<String>,
    exposed: Vec<String>,
    max_age: Option<Duration>,
    credentials: bool,
}

/// Returns the texts of a list; a text alone is a list of one.
fn texts(at: &Cursor<'_>, variables: &Variables) -> Result<Vec<String>, Problem> {
    match &at.node.value {
        NodeValue::List(_) => at.items().map(|item| variables.text(&item)).collect(),
        _ => Ok(vec![variables.text(at)?]),
    }
}
