//! Answers the questions of proxies, each soon or not at all.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;

use super::{
    access_log::{self, Log},
    front::Front,
    original::Unclear,
    peer::TrustedProxies,
    policy::SharedPolicy,
    reply,
    running::{Body, Peer, boxed},
};
use crate::limits::SERVE_TIMEOUT;

/// Everything that answering proxies needs.
#[derive(Debug)]
pub(super) struct Questions {
    pub(super) policy: SharedPolicy,
    pub(super) trusted: TrustedProxies,
    pub(super) log: Log,
}

impl Questions {
    /// Answers a question.
    pub(super) async fn answer(self: Arc<Self>, peer: Peer, request: Request<Incoming>) -> Response<Body> {
        #[cfg(feature = "ext-authz")]
        if grpc::is_call(request.uri().path()) {
            // Before the message is read: it could be long, or never end.
            if !self.trusted.trusts(peer.address) {
                access_log::not_trusted(grpc::FRONT);
                return boxed(reply::message(StatusCode::FORBIDDEN));
            }
            let answer = tokio::time::timeout(SERVE_TIMEOUT, grpc::answer(self, request)).await;
            return answer.unwrap_or_else(|_| boxed(reply::message(StatusCode::SERVICE_UNAVAILABLE)));
        }
        let answer = tokio::time::timeout(SERVE_TIMEOUT, self.answer_over_http(&peer, request)).await;
        boxed(answer.unwrap_or_else(|_| reply::message(StatusCode::SERVICE_UNAVAILABLE)))
    }

    async fn answer_over_http(&self, peer: &Peer, request: Request<Incoming>) -> Response<Bytes> {
        let Some(front) = Front::of(request.uri().path()) else { return reply::message(StatusCode::NOT_FOUND) };
        if !self.trusted.trusts(peer.address) {
            access_log::not_trusted(front.as_str());
            return front.reject(StatusCode::FORBIDDEN);
        }
        let (head, _) = request.into_parts();
        let original = match front.original(head) {
            Ok(original) => original,
            Err(reason) => {
                access_log::unclear(front.as_str(), reason);
                return front.reject(StatusCode::BAD_REQUEST);
            }
        };
        let policy = self.policy.load_full();
        if !front.removes_headers() && policy.has_imitation(&original.headers) {
            access_log::unclear(front.as_str(), Unclear::Imitation);
            return front.reject(StatusCode::BAD_REQUEST);
        }
        let begun = self.log.begin(&policy, &original);
        let response = front.respond(&policy, &original).await;
        self.log.end(begun, front.as_str(), access_log::id_of_request(&original), &response);
        response
    }
}

#[cfg(feature = "ext-authz")]
mod grpc {
    use envoy_types::ext_authz::v3::pb::{Authorization, AuthorizationServer, CheckRequest, CheckResponse};
    use http_body_util::BodyExt;
    use tonic::Status;
    use tower::Service;

    use super::*;
    use crate::{
        limits::MAX_CHECK_REQUEST_BYTES,
        serve::{ext_authz, policy::Decided},
    };

    /// Whether a path is that of a call of Envoy.
    pub(super) fn is_call(path: &str) -> bool {
        path.starts_with("/envoy.service.auth.v3.Authorization/")
    }

    pub(super) async fn answer(questions: Arc<Questions>, request: Request<Incoming>) -> Response<Body> {
        let server = AuthorizationServer::new(Asked { questions });
        let mut server = server.max_decoding_message_size(MAX_CHECK_REQUEST_BYTES);
        match server.call(request).await {
            Ok(response) => response.map(|body| body.map_err(Into::into).boxed_unsync()),
            Err(never) => match never {},
        }
    }

    /// The service of gRPC.
    struct Asked {
        questions: Arc<Questions>,
    }

    pub(super) const FRONT: &str = "ext_authz_grpc";

    #[tonic::async_trait]
    impl Authorization for Asked {
        async fn check(&self, request: tonic::Request<CheckRequest>) -> Result<tonic::Response<CheckResponse>, Status> {
            Ok(tonic::Response::new(self.checked(request.into_inner()).await))
        }
    }

    impl Asked {
        async fn checked(&self, question: CheckRequest) -> CheckResponse {
            let original = match ext_authz::original(question) {
                Ok(original) => original,
                Err(reason) => {
                    access_log::unclear(FRONT, reason);
                    return ext_authz::rejected(&reply::message(StatusCode::BAD_REQUEST));
                }
            };
            let policy = self.questions.policy.load_full();
            let begun = self.questions.log.begin(&policy, &original);
            let decided = policy.decide(&original).await;
            let logged = match &decided {
                Decided::Pass(admission) => reply::pass(&policy, Some(admission)),
                Decided::PassOpen => reply::pass(&policy, None),
                Decided::Answer(response) => (**response).clone(),
            };
            self.questions.log.end(begun, FRONT, access_log::id_of_request(&original), &logged);
            ext_authz::answer(&policy, &original, decided, &logged)
        }
    }
}
