//! The exceptions of the Cognito API and their wire format ([behaviour §7.4](crate::docs::behaviour)).

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use super::answer;
use crate::local_user_pool::LocalUserPoolError;

/// An exception with its `__type`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exception {
    name: &'static str,
    message: String,
}

impl Exception {
    pub(super) fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, message: message.into() }
    }

    pub(super) fn not_authorized(message: impl Into<String>) -> Self {
        Self::new("NotAuthorizedException", message)
    }

    pub(super) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundException", message)
    }

    pub(super) fn no_user_pool(id: &str) -> Self {
        Self::not_found(format!("User pool {id} does not exist."))
    }

    pub(super) fn no_app_client(client_id: &str) -> Self {
        Self::not_found(format!("User pool client {client_id} does not exist."))
    }

    pub(super) fn no_user() -> Self {
        Self::new("UserNotFoundException", "User does not exist.")
    }

    /// Returns the response: 400 (500 for an internal error), with the exception as JSON and in two headers.
    pub(super) fn respond(&self) -> Response<Bytes> {
        let status = if self.name == "InternalErrorException" {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::BAD_REQUEST
        };
        let mut response = answer(status, &json!({ "__type": self.name, "message": self.message }));
        let headers = [("x-amzn-errortype", format!("{}:", self.name)), ("x-amzn-errormessage", self.message.clone())];
        for (name, value) in headers {
            // A message may quote the request, so it may be too long for a header or contain characters that a header
            // cannot.
            if let Some(value) = HeaderValue::from_str(&value).ok().filter(|value| value.len() <= 1_024) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

impl From<LocalUserPoolError> for Exception {
    fn from(error: LocalUserPoolError) -> Self {
        tracing::error!(%error, "local user pool");
        Self::new("InternalErrorException", "The local user pool failed; its log has the reason.")
    }
}
