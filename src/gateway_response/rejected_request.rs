//! The data of a rejected request that a response can use.

use std::{collections::BTreeMap, fmt};

use http::{HeaderMap, HeaderValue, Method, Uri, Version};

use super::sigv4;
use crate::{
    authorizer_type::{Answer, ResponseType, Rules},
    decide::{Rejection, RejectionKind},
    route::RouteAuthorization,
    time::UnixTime,
};

/// The ids by which a caller can refer to a rejected request.
#[derive(Clone, Debug)]
pub(crate) struct RequestIds {
    /// A UUID.
    pub(crate) request_id: HeaderValue,
    /// API Gateway's extended request id.
    pub(crate) extended_request_id: HeaderValue,
}

impl RequestIds {
    /// Returns the request id if the API sends one, otherwise the extended request id.
    pub(crate) fn sent(&self, rules: &Rules) -> &HeaderValue {
        if rules.id_headers.request_id.is_some() { &self.request_id } else { &self.extended_request_id }
    }
}

/// The parts of a rejected request, its route and its stage.
#[derive(Clone, Copy)]
pub(crate) struct RequestFields<'r> {
    pub(crate) method: &'r Method,
    pub(crate) uri: &'r Uri,
    pub(crate) version: Version,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) route_key: Option<&'r str>,
    pub(crate) authorization: Option<&'r RouteAuthorization>,
    pub(crate) stage: &'r str,
    /// Reads the clock; called only if a response contains the time.
    pub(crate) now: &'r dyn Fn() -> UnixTime,
}

/// A rejected request, the argument of
/// [`GatewayResponsesBuilder::render_with`](super::GatewayResponsesBuilder::render_with).
///
/// The headers contain the token that the caller sent, if any: do not write them to a log or into a response.
///
/// ```
/// use cognito_authorizer::{RejectionKind, gateway_response::GatewayResponses};
/// use http::HeaderValue;
///
/// let responses = GatewayResponses::builder().render_with(|request, mut response| {
///     if request.kind() == RejectionKind::Expired {
///         response.headers_mut().insert("x-sign-in", HeaderValue::from_static("again"));
///     }
///     response
/// });
/// # let _ = responses.build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RejectedRequest<'r> {
    pub(super) rejection: Rejection,
    pub(super) answer: Answer,
    /// The message that replaces the answer's if the response mimics a SigV4 error.
    pub(super) sigv4: Option<String>,
    pub(super) request: RequestFields<'r>,
    pub(super) ids: &'r RequestIds,
    /// The id that [`RequestIds::sent`] returns.
    pub(super) sent_id: &'r HeaderValue,
    pub(super) stage_variables: &'r BTreeMap<String, String>,
}

impl<'r> RejectedRequest<'r> {
    /// Returns the rejection.
    pub fn rejection(&self) -> Rejection {
        self.rejection
    }

    /// Returns the reason for the rejection.
    pub fn kind(&self) -> RejectionKind {
        self.rejection.kind()
    }

    /// Returns the type of the gateway response.
    pub fn response_type(&self) -> ResponseType {
        self.answer.response_type
    }

    /// Returns API Gateway's message for the rejection: `$context.error.message`.
    pub fn message(&self) -> Option<&str> {
        self.sigv4.as_deref().or(self.answer.message)
    }

    pub(super) fn error_type(&self) -> &'static str {
        if self.sigv4.is_some() { sigv4::ERROR_TYPE } else { self.answer.error_type }
    }

    /// Returns the request's method.
    pub fn method(&self) -> &'r Method {
        self.request.method
    }

    /// Returns the request's target. If the identity source is a query parameter, it contains the token.
    pub fn uri(&self) -> &'r Uri {
        self.request.uri
    }

    /// Returns the request's headers.
    pub fn headers(&self) -> &'r HeaderMap {
        self.request.headers
    }

    /// Returns the key of the matching route; `None` without a route table or without a match.
    pub fn route_key(&self) -> Option<&'r str> {
        self.request.route_key
    }

    /// Returns the id of the request, which the log and the response also contain.
    pub fn request_id(&self) -> &'r HeaderValue {
        self.sent_id
    }
}

/// Shows only the reason for the rejection, because the caller chose the request's contents.
impl fmt::Debug for RejectedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RejectedRequest").field("kind", &self.kind()).finish_non_exhaustive()
    }
}
