//! What the caller of a refused request is told: API Gateway's gateway responses.
//!
//! In: the reason for the refusal. Out: status, headers and body, to the byte
//! ([behaviour §2.1](crate::docs::behaviour)). The body is JSON without spaces or line break; there
//! is no `www-authenticate` header on a REST API.

mod response_type;

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Response,
    header::{CONTENT_TYPE, RETRY_AFTER},
};

use self::response_type::ResponseType;
use crate::decide::{Rejection, RejectionKind};

/// The ids by which a caller can refer to a refused request.
#[derive(Clone, Debug)]
pub(crate) struct RequestIds {
    /// A UUID.
    pub(crate) request_id: HeaderValue,
    /// API Gateway's extended request id.
    pub(crate) extended_request_id: HeaderValue,
}

/// The gateway response to a refusal.
pub(crate) fn render(rejection: Rejection, ids: RequestIds) -> Response<Bytes> {
    let (response_type, body) = outcome(rejection);
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    *response.status_mut() = response_type.status();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ERROR_TYPE, HeaderValue::from_static(response_type.error_type()));
    headers.insert(REQUEST_ID, ids.request_id);
    headers.insert(EXTENDED_REQUEST_ID, ids.extended_request_id);
    if let Some(seconds) = rejection.retry_after() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The one map from the reason for a refusal to what is said about it.
fn outcome(rejection: Rejection) -> (ResponseType, &'static str) {
    use RejectionKind as No;
    match rejection.kind() {
        No::AmbiguousPath => (ResponseType::BadRequestParameters, r#"{"message":"Bad Request"}"#),
        No::NoRoute => (ResponseType::MissingAuthenticationToken, r#"{"message":"Missing Authentication Token"}"#),
        No::KeysUnavailable if rejection.retry_after().is_some() => {
            (ResponseType::ServiceUnavailable, r#"{"message":"Service Unavailable"}"#)
        }
        No::KeysUnavailable => (ResponseType::AuthorizerConfigurationError, r#"{"message":null}"#),
        No::Expired => (ResponseType::Unauthorized, r#"{"message":"The incoming token has expired"}"#),
        No::MissingToken
        | No::RepeatedToken
        | No::EmptyToken
        | No::TokenTooLong
        | No::MalformedToken
        | No::MalformedHeader
        | No::MalformedClaims
        | No::MalformedSignature
        | No::UnsupportedExtension
        | No::UnsupportedAlgorithm
        | No::UnknownIssuer
        | No::MissingKid
        | No::UnknownKey
        | No::InvalidSignature
        | No::MissingExpiry
        | No::NotYetValid
        | No::MissingSubject
        | No::WrongTokenUse
        | No::WrongAppClient
        | No::InsufficientScope => (ResponseType::Unauthorized, r#"{"message":"Unauthorized"}"#),
    }
}

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const EXTENDED_REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-apigw-id");
