//! API Gateway's gateway responses: the answers to rejected requests.
//!
//! A gateway response depends on the request and on the reason for the rejection. Status, headers and body match API
//! Gateway's to the byte ([behaviour §2 and §4.2](crate::docs::behaviour)). The body is JSON without spaces or line
//! breaks, unless a [`GatewayResponse`] replaces it.

mod api_cors;

mod challenge;

mod cors;

mod grpc;

mod outcome;

mod rejected_request;

mod responses;

mod sigv4;

mod template;

mod variable;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response,
    header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};

pub(crate) use self::rejected_request::{RequestFields, RequestIds};
pub use self::{
    api_cors::Cors,
    cors::{CorsError, CorsHeaders},
    rejected_request::RejectedRequest,
    responses::{
        GatewayResponse, GatewayResponseMistake, GatewayResponses, GatewayResponsesBuilder, GatewayResponsesError,
    },
};
pub use crate::authorizer_type::{
    Challenges, InsufficientScope, ResponseType, UnknownResponseType, WhenKeysUnavailable,
};
pub use crate::word::UnknownWord;
use crate::{
    authorizer_type::Rules,
    decide::{Rejection, RejectionKind},
};

/// The settings for the answer to a rejected request.
#[derive(Clone, Debug)]
pub(crate) struct Renderer {
    pub(crate) rules: &'static Rules,
    pub(crate) insufficient_scope: InsufficientScope,
    pub(crate) when_keys_unavailable: WhenKeysUnavailable,
    pub(crate) challenges: Challenges,
    pub(crate) mimics_sigv4: bool,
    pub(crate) responses: GatewayResponses,
}

impl Renderer {
    /// Renders the gateway response to a rejection.
    pub(crate) fn render(&self, rejection: Rejection, request: RequestFields<'_>, ids: RequestIds) -> Response<Bytes> {
        let answer = outcome::answer(rejection, self.rules, self.insufficient_scope, self.when_keys_unavailable);
        let is_unknown = self.mimics_sigv4 && self.rules.knows_sigv4 && rejection.kind() == RejectionKind::NoRoute;
        let sigv4 = if is_unknown { sigv4::message(request.headers) } else { None };
        let (sent_id, stage_variables) = (ids.sent(self.rules), self.responses.stage_variables());
        let rejected = RejectedRequest { rejection, answer, sigv4, request, ids: &ids, sent_id, stage_variables };
        let mut response = match grpc::content_type(request.method, request.headers) {
            Some(content_type) => {
                let mut response = grpc::response(rejection.kind(), rejected.message(), content_type);
                self.add_ids(&rejected, response.headers_mut());
                response
            }
            None => self.as_http(&rejected),
        };
        if let Some(cors) = self.responses.cors() {
            cors.add(request.headers, response.headers_mut());
        }
        self.responses.render_otherwise(&rejected, response)
    }

    fn as_http(&self, rejected: &RejectedRequest<'_>) -> Response<Bytes> {
        let own = self.responses.find(rejected.answer.response_type);
        let (body, content_type) = match own.and_then(GatewayResponse::body) {
            Some((content_type, template)) => (template.fill(rejected).into(), content_type.clone()),
            None => (default_body(rejected), HeaderValue::from_static("application/json")),
        };
        let mut response = Response::new(body);
        *response.status_mut() = own.and_then(GatewayResponse::own_status).unwrap_or(rejected.answer.status);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, content_type);
        self.add_own_headers(rejected, headers);
        if let Some(own) = own {
            own.add_headers(rejected, headers);
        }
        response
    }

    /// Adds API Gateway's own headers, which a [`GatewayResponse`] cannot remove.
    fn add_own_headers(&self, rejected: &RejectedRequest<'_>, headers: &mut HeaderMap) {
        if let Some(name) = &self.rules.id_headers.error_type {
            headers.insert(name, HeaderValue::from_static(rejected.error_type()));
        }
        self.add_ids(rejected, headers);
        // A server error has no challenge, because the token may be valid.
        let style = if rejected.answer.status.is_server_error() { Challenges::Never } else { self.challenges };
        if let Some(challenge) = challenge::challenge(rejected.kind(), rejected.request.authorization, style) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = rejected.rejection.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
    }

    /// The ids by which the caller can refer to the request.
    fn add_ids(&self, rejected: &RejectedRequest<'_>, headers: &mut HeaderMap) {
        let names = &self.rules.id_headers;
        if let Some(name) = &names.request_id {
            headers.insert(name, rejected.ids.request_id.clone());
        }
        headers.insert(&names.extended_request_id, rejected.ids.extended_request_id.clone());
    }
}

fn default_body(rejected: &RejectedRequest<'_>) -> Bytes {
    match &rejected.sigv4 {
        Some(message) => format!(r#"{{"message":"{message}"}}"#).into(),
        None => Bytes::from_static(rejected.answer.body.as_bytes()),
    }
}
