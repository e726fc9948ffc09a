//! The configured gateway responses.

use std::{collections::BTreeMap, fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use super::{
    CorsHeaders, RejectedRequest,
    template::{BodyTemplate, ResponseParameter},
    variable::Variable,
};
use crate::authorizer_type::ResponseType;
use crate::error_text::{debug_as_display, write_lines};

/// Gateway responses that override API Gateway's defaults.
///
/// A response type without a configured response falls back to `DEFAULT_4XX` or `DEFAULT_5XX`, by the class of the
/// type's default status, and then to API Gateway's default. [Behaviour §2.3](crate::docs::behaviour).
///
/// ```
/// use cognito_authorizer::{
///     Authorizer,
///     gateway_response::{CorsHeaders, GatewayResponse, GatewayResponses, ResponseType},
/// };
///
/// let responses = GatewayResponses::builder()
///     .response(
///         ResponseType::Unauthorized,
///         GatewayResponse::new()
///             .header("x-documentation", "'https://docs.example/tokens'")
///             .template(
///                 "application/json",
///                 r#"{"error":$context.error.messageString,"id":"$context.requestId"}"#,
///             ),
///     )
///     .response(ResponseType::Default4xx, GatewayResponse::new().status(400))
///     .cors(CorsHeaders::any_origin())
///     .build()?;
/// let authorizer =
///     Authorizer::for_user_pool("eu-west-1_Ab129faBb").gateway_responses(responses).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct GatewayResponses(Arc<Inner>);

#[derive(Default)]
struct Inner {
    responses: BTreeMap<ResponseType, GatewayResponse>,
    stage_variables: BTreeMap<String, String>,
    cors: Option<CorsHeaders>,
    render: Option<Box<Render>>,
}

type Render = dyn Fn(&RejectedRequest<'_>, Response<Bytes>) -> Response<Bytes> + Send + Sync;

impl GatewayResponses {
    /// Returns a builder that starts with API Gateway's defaults.
    pub fn builder() -> GatewayResponsesBuilder {
        GatewayResponsesBuilder::default()
    }

    /// Returns the configured responses, by type.
    #[cfg(feature = "configuration")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ResponseType, &GatewayResponse)> {
        self.0.responses.iter().map(|(response_type, response)| (*response_type, response))
    }

    /// Returns the configured response of this type, or else its catch-all response.
    pub(super) fn find(&self, response_type: ResponseType) -> Option<&GatewayResponse> {
        let responses = &self.0.responses;
        responses.get(&response_type).or_else(|| responses.get(&response_type.catch_all()))
    }

    pub(crate) fn cors(&self) -> Option<&CorsHeaders> {
        self.0.cors.as_ref()
    }

    pub(crate) fn stage_variables(&self) -> &BTreeMap<String, String> {
        &self.0.stage_variables
    }

    pub(super) fn render_otherwise(
        &self,
        rejected: &RejectedRequest<'_>,
        response: Response<Bytes>,
    ) -> Response<Bytes> {
        match &self.0.render {
            Some(render) => render(rejected, response),
            None => response,
        }
    }

    /// Returns whether a response may contain this header or this query parameter of the request.
    pub(crate) fn reflects(&self, header: Option<&HeaderName>, query_parameter: Option<&str>) -> bool {
        let is_it = |variable: &Variable| match (variable, variable.header()) {
            (_, Some(name)) => header.is_some_and(|header| name.eq_ignore_ascii_case(header.as_str())),
            (Variable::QueryParameter(name), None) => query_parameter == Some(&**name),
            (_, None) => false,
        };
        self.0.responses.values().any(|response| response.variables().any(is_it))
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayResponses")
            .field("responses", &self.responses)
            .field("cors", &self.cors)
            .field("renders_otherwise", &self.render.is_some())
            .finish_non_exhaustive()
    }
}

/// The gateway response of one type, as its differences from API Gateway's default.
///
/// ```
/// use cognito_authorizer::gateway_response::GatewayResponse;
///
/// let response = GatewayResponse::new()
///     .status(403)
///     .header("x-request", "context.requestId")
///     .template("application/json", r#"{"message":$context.error.messageString}"#);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct GatewayResponse {
    status: Option<StatusCode>,
    headers: Vec<(HeaderName, ResponseParameter)>,
    templates: Vec<(HeaderValue, BodyTemplate)>,
    mistakes: Vec<GatewayResponseMistake>,
}

impl GatewayResponse {
    /// Creates a gateway response that does not differ from the default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the status, from 200 to 599.
    pub fn status(mut self, status: u16) -> Self {
        match StatusCode::from_u16(status) {
            Ok(code) if (200..600).contains(&status) => self.status = Some(code),
            _ => self.mistakes.push(GatewayResponseMistake::Status { status }),
        }
        self
    }

    /// Adds a header.
    ///
    /// Write the value like a response parameter of API Gateway: a text in single quotes, `'…'`, or the name of a
    /// variable, `context.…`, `stageVariables.…`, `method.request.header.…`, `method.request.querystring.…` or
    /// `method.request.path.…`. A header is left out if its final value is empty or is not a valid header value.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let parsed = HeaderName::from_bytes(name.as_bytes()).ok().filter(|name| !is_reserved(name));
        let parameter = ResponseParameter::parse(value);
        let is_legal = |parameter: &ResponseParameter| match parameter {
            ResponseParameter::Text(text) => HeaderValue::from_str(text).is_ok(),
            ResponseParameter::Variable(_) => true,
        };
        match (parsed, parameter.filter(is_legal)) {
            (Some(name), Some(parameter)) => self.headers.push((name, parameter)),
            (None, _) => self.mistakes.push(GatewayResponseMistake::HeaderName { name: name.to_owned() }),
            (_, None) => self.mistakes.push(GatewayResponseMistake::HeaderValue { value: value.to_owned() }),
        }
        self
    }

    /// Adds a body template.
    ///
    /// The variables `$context.…`, `$stageVariables.…` and `$method.request.…` are replaced; nothing is evaluated.
    /// Values that a caller can choose are escaped for JSON, HTML or XML, depending on the content type, so put such a
    /// variable between quotes or into the text of an element. If there are several templates, the one for
    /// `application/json` applies, or else the first.
    pub fn template(mut self, content_type: &str, template: &str) -> Self {
        match HeaderValue::from_str(content_type) {
            Ok(value) if content_type.contains('/') => {
                self.templates.push((value, BodyTemplate::parse(content_type, template)))
            }
            _ => self.mistakes.push(GatewayResponseMistake::ContentType { content_type: content_type.to_owned() }),
        }
        self
    }

    pub(crate) fn own_status(&self) -> Option<StatusCode> {
        self.status
    }

    /// Returns each header and its value as written in a configuration.
    #[cfg(feature = "configuration")]
    pub(crate) fn written_headers(&self) -> impl Iterator<Item = (&str, String)> {
        self.headers.iter().map(|(name, parameter)| (name.as_str(), parameter.to_string()))
    }

    /// Returns each content type and its template as written in a configuration.
    #[cfg(feature = "configuration")]
    pub(crate) fn written_templates(&self) -> impl Iterator<Item = (&str, String)> {
        self.templates
            .iter()
            .filter_map(|(content_type, template)| Some((content_type.to_str().ok()?, template.to_string())))
    }

    /// Returns the template that applies, and its content type.
    pub(super) fn body(&self) -> Option<(&HeaderValue, &BodyTemplate)> {
        let json = self.templates.iter().find(|(content_type, _)| content_type == "application/json");
        json.or(self.templates.first()).map(|(content_type, template)| (content_type, template))
    }

    pub(super) fn add_headers(&self, rejected: &RejectedRequest<'_>, headers: &mut HeaderMap) {
        for (name, parameter) in &self.headers {
            let value = HeaderValue::try_from(parameter.text(rejected));
            if let Some(value) = value.ok().filter(|value| !value.is_empty()) {
                headers.insert(name.clone(), value);
            }
        }
    }

    fn variables(&self) -> impl Iterator<Item = &Variable> {
        let headers = self.headers.iter().filter_map(|(_, parameter)| parameter.variable());
        headers.chain(self.templates.iter().flat_map(|(_, template)| template.variables()))
    }
}

/// Builds [`GatewayResponses`]; [`build`](Self::build) reports all mistakes.
#[derive(Debug, Default)]
#[must_use]
pub struct GatewayResponsesBuilder {
    inner: Inner,
    mistakes: Vec<GatewayResponseMistake>,
}

impl GatewayResponsesBuilder {
    /// Sets the gateway response of this type.
    pub fn response(mut self, response_type: ResponseType, mut response: GatewayResponse) -> Self {
        self.mistakes.append(&mut response.mistakes);
        self.inner.responses.insert(response_type, response);
        self
    }

    /// Sets the value of `$stageVariables.<name>`.
    pub fn stage_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.inner.stage_variables.insert(name.into(), value.into());
        self
    }

    /// Adds CORS headers to every rejection; by default, as on API Gateway, there are none.
    pub fn cors(mut self, cors: CorsHeaders) -> Self {
        self.inner.cors = Some(cors);
        self
    }

    /// Passes every rejection through a function, which can change or replace the response.
    ///
    /// The function receives the rejected request and the finished response, and returns the response to send.
    pub fn render_with<F>(mut self, render: F) -> Self
    where
        F: Fn(&RejectedRequest<'_>, Response<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
    {
        self.inner.render = Some(Box::new(render));
        self
    }

    /// Builds the gateway responses.
    ///
    /// # Errors
    ///
    /// Returns [`GatewayResponsesError`] with every mistake.
    pub fn build(self) -> Result<GatewayResponses, GatewayResponsesError> {
        if self.mistakes.is_empty() {
            Ok(GatewayResponses(Arc::new(self.inner)))
        } else {
            Err(GatewayResponsesError { mistakes: self.mistakes })
        }
    }
}

/// The gateway responses contain mistakes.
///
/// `Display` writes one line for each mistake.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub struct GatewayResponsesError {
    mistakes: Vec<GatewayResponseMistake>,
}

impl GatewayResponsesError {
    /// Returns all mistakes, in the order in which they were made; at least one.
    pub fn mistakes(&self) -> &[GatewayResponseMistake] {
        &self.mistakes
    }
}

impl fmt::Display for GatewayResponsesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(&self.mistakes, f)
    }
}

/// One mistake in a gateway response.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayResponseMistake {
    /// The status is not from 200 to 599.
    #[error("{status} is not the status of a response: choose 200 to 599")]
    Status {
        /// The status as given.
        status: u16,
    },
    /// The text is not the name of a header that can be set.
    #[error("cannot set the header `{name}`: it is invalid, or set by the connection, a template or the authorizer")]
    HeaderName {
        /// The name as given.
        name: String,
    },
    /// The text is not the value of a response parameter.
    #[error(
        "`{value}` is not a parameter value: write 'text' in single quotes, or a variable such as context.requestId"
    )]
    HeaderValue {
        /// The value as given.
        value: String,
    },
    /// The text is not a content type.
    #[error("`{content_type}` is not a content type")]
    ContentType {
        /// The text as given.
        content_type: String,
    },
}

debug_as_display!(GatewayResponsesError, GatewayResponseMistake);

/// Returns whether the header describes the transfer of the body, or is reserved by API Gateway.
fn is_reserved(name: &HeaderName) -> bool {
    let reserved = [
        "connection",
        "content-length",
        // A template sets the content type.
        "content-type",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-amz-apigw-id",
        "x-amzn-errortype",
        "x-amzn-requestid",
        "apigw-requestid",
    ];
    reserved.contains(&name.as_str())
}
