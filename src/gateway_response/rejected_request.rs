//! A refused request, as far as an answer can speak of it.

use std::{collections::BTreeMap, fmt};

use http::{HeaderMap, HeaderValue, Method, Uri, Version};

use super::sigv4;
use crate::{
    authorizer_type::{Answer, ResponseType, Rules},
    decide::{Rejection, RejectionKind},
    route::RouteAuthorization,
    time::UnixTime,
};

/// The ids by which a caller can refer to a refused request.
#[derive(Clone, Debug)]
pub(crate) struct RequestIds {
    /// A UUID.
    pub(crate) request_id: HeaderValue,
    /// API Gateway's extended request id.
    pub(crate) extended_request_id: HeaderValue,
}

impl RequestIds {
    /// The one that the caller gets to see.
    pub(crate) fn sent(&self, rules: &Rules) -> &HeaderValue {
        if rules.id_headers.request_id.is_some() { &self.request_id } else { &self.extended_request_id }
    }
}

/// The request that was refused, and what it was refused by.
#[derive(Clone, Copy)]
pub(crate) struct RequestFields<'r> {
    pub(crate) method: &'r Method,
    pub(crate) uri: &'r Uri,
    pub(crate) version: Version,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) route_key: Option<&'r str>,
    pub(crate) authorization: Option<&'r RouteAuthorization>,
    pub(crate) stage: &'r str,
    /// The time, if it is asked for.
    pub(crate) now: &'r dyn Fn() -> UnixTime,
}

/// A refused request: what [`GatewayResponsesBuilder::render_with`](super::GatewayResponsesBuilder::render_with)
/// is given.
///
/// Its headers hold the token that was sent, if any: do not write them to a log or into an answer.
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
    /// What is said instead, where the request is taken for one with a bad SigV4 signature.
    pub(super) sigv4: Option<String>,
    pub(super) request: RequestFields<'r>,
    pub(super) ids: &'r RequestIds,
    /// The one of them that the caller gets to see.
    pub(super) sent_id: &'r HeaderValue,
    pub(super) stage_variables: &'r BTreeMap<String, String>,
}

impl<'r> RejectedRequest<'r> {
    /// The refusal.
    pub fn rejection(&self) -> Rejection {
        self.rejection
    }

    /// The reason.
    pub fn kind(&self) -> RejectionKind {
        self.rejection.kind()
    }

    /// The type of gateway response.
    pub fn response_type(&self) -> ResponseType {
        self.answer.response_type
    }

    /// What API Gateway says about it: `$context.error.message`.
    pub fn message(&self) -> Option<&str> {
        self.sigv4.as_deref().or(self.answer.message)
    }

    pub(super) fn error_type(&self) -> &'static str {
        if self.sigv4.is_some() { sigv4::ERROR_TYPE } else { self.answer.error_type }
    }

    /// The request's method.
    pub fn method(&self) -> &'r Method {
        self.request.method
    }

    /// The request's target.
    pub fn uri(&self) -> &'r Uri {
        self.request.uri
    }

    /// The request's headers.
    pub fn headers(&self) -> &'r HeaderMap {
        self.request.headers
    }

    /// The key of the route that the request fell under, if it was looked up in a table and found.
    pub fn route_key(&self) -> Option<&'r str> {
        self.request.route_key
    }

    /// The id of the request, which the log and the answer hold too.
    pub fn request_id(&self) -> &'r HeaderValue {
        self.sent_id
    }
}

/// Shows nothing that was received.
impl fmt::Debug for RejectedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RejectedRequest").field("kind", &self.kind()).finish_non_exhaustive()
    }
}
