//! The response of a mock integration: API Gateway answers, and no service is called ([behaviour
//! §2.4.7](crate::docs::behaviour)).

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, ORIGIN},
};

use crate::{error_text::debug_as_display, limits::MAX_MOCK_PARTS};

/// The response of an open route that the layer answers itself, as a mock integration of a REST API does.
///
/// SAM and the CDK write such a method for `OPTIONS` if CORS is configured. Give it to
/// [`RouteTableBuilder::mock`](super::RouteTableBuilder::mock).
///
/// ```
/// use cognito_authorizer::{RouteTable, route::MockResponse};
///
/// let preflight = MockResponse::new(204)?
///     .header("access-control-allow-origin", "https://app.example")?
///     .header("access-control-allow-headers", "authorization")?
///     .further_origin("https://admin.example")?;
/// let routes = RouteTable::builder().scopes("GET /pets", ["pets/read"]).mock("OPTIONS /pets", preflight).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MockResponse {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    further_origins: Vec<HeaderValue>,
    body: Bytes,
}

impl MockResponse {
    /// Creates a response with this status and without a body.
    ///
    /// # Errors
    ///
    /// Returns [`MockResponseError`] if the status is not from 200 to 599.
    pub fn new(status: u16) -> Result<Self, MockResponseError> {
        let code = StatusCode::from_u16(status).ok().filter(|_| (200..600).contains(&status));
        let status = code.ok_or(MockResponseError { text: status.to_string(), what: "the status of a response" })?;
        Ok(Self { status, headers: Vec::new(), further_origins: Vec::new(), body: Bytes::new() })
    }

    /// Adds a header.
    ///
    /// # Errors
    ///
    /// Returns [`MockResponseError`] if the name is invalid, describes the connection or the body, or is there already, if the
    /// value is not visible ASCII, or if there are more than 100 headers.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, MockResponseError> {
        let wrong = |text: &str, what| MockResponseError { text: text.to_owned(), what };
        let parsed = HeaderName::from_bytes(name.as_bytes()).ok().filter(|name| !RESERVED.contains(&name.as_str()));
        let name = parsed.ok_or_else(|| wrong(name, "a header that a mock response can have"))?;
        let value = ascii(value).ok_or_else(|| wrong(value, "a header value"))?;
        if self.headers.iter().any(|(own, _)| *own == name) {
            return Err(wrong(name.as_str(), "a header that the response does not have yet"));
        }
        if self.headers.len() >= MAX_MOCK_PARTS {
            return Err(wrong(name.as_str(), "one of the first 100 headers"));
        }
        self.headers.push((name, value));
        Ok(self)
    }

    /// Adds an origin that `access-control-allow-origin` names if the request comes from it, instead of the value of that
    /// header.
    ///
    /// # Errors
    ///
    /// Returns [`MockResponseError`] if the text is not visible ASCII, or if there are more than 100 origins.
    pub fn further_origin(mut self, origin: &str) -> Result<Self, MockResponseError> {
        let wrong = |what| MockResponseError { text: origin.to_owned(), what };
        let value = ascii(origin).ok_or_else(|| wrong("an origin"))?;
        if self.further_origins.len() >= MAX_MOCK_PARTS {
            return Err(wrong("one of the first 100 origins"));
        }
        self.further_origins.push(value);
        Ok(self)
    }

    /// Sets the body, which is sent as `application/json`.
    #[must_use]
    pub fn body(mut self, json: impl Into<String>) -> Self {
        self.body = Bytes::from(json.into());
        self
    }

    /// Returns the response to a request with these headers.
    pub(crate) fn answer(&self, request: &HeaderMap) -> Response<Bytes> {
        let mut response = Response::new(self.body.clone());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        if let Some(origin) = request.get(ORIGIN).filter(|origin| self.further_origins.contains(origin)) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
        response
    }

    /// Returns the parts as they are written in a configuration: status, headers, further origins and body.
    #[cfg(feature = "configuration")]
    pub(crate) fn written(&self) -> (u16, impl Iterator<Item = (&str, &str)>, Vec<&str>, &str) {
        fn text(value: &HeaderValue) -> &str {
            value.to_str().unwrap_or_default()
        }
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), text(value)));
        (
            self.status.as_u16(),
            headers,
            self.further_origins.iter().map(text).collect(),
            std::str::from_utf8(&self.body).unwrap_or_default(),
        )
    }
}

/// Returns a header value of visible ASCII, which every format can write.
fn ascii(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok().filter(|value| value.to_str().is_ok())
}

/// Headers that the connection or the body sets.
const RESERVED: [&str; 8] =
    ["connection", "content-length", "content-type", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

/// A part of a mock response is invalid.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}")]
pub struct MockResponseError {
    text: String,
    what: &'static str,
}

debug_as_display!(MockResponseError);
