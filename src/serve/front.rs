//! The fronts: how each proxy asks, and what it takes for an answer.

use bytes::Bytes;
use http::{Response, StatusCode, request::Parts};

use super::{
    original::{Unclear, below, forwarded},
    policy::{Decided, Policy},
    reply,
};
use crate::middleware::OwnAnswer;

/// How a proxy asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Front {
    /// Caddy and Traefik: every status from 200 to 299 is a permission, any other response goes to the client as it is.
    ForwardAuth,
    /// nginx `auth_request`: a status from 200 to 299 is a permission, 401 and 403 are rejections, anything else is an error.
    Ask,
    /// The second question of nginx, for the response to a rejected request.
    Answer,
    /// Envoy and the Gateway API: 200 is a permission, any other response goes to the client as it is.
    ExtAuthz,
}

/// The prefix of the questions of Envoy.
const EXT_AUTHZ: &str = "/ext-authz";

impl Front {
    /// Returns the front of a path.
    pub(super) fn of(path: &str) -> Option<Self> {
        Some(match path {
            "/forward-auth" => Self::ForwardAuth,
            "/ask" => Self::Ask,
            "/answer" => Self::Answer,
            path => {
                let rest = path.strip_prefix(EXT_AUTHZ)?;
                return (rest.is_empty() || rest.starts_with('/')).then_some(Self::ExtAuthz);
            }
        })
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::ForwardAuth => "forward_auth",
            Self::Ask => "ask",
            Self::Answer => "answer",
            Self::ExtAuthz => "ext_authz",
        }
    }

    /// Returns the request that a question is about.
    pub(super) fn original(self, question: Parts) -> Result<Parts, Unclear> {
        match self {
            Self::ExtAuthz => below(EXT_AUTHZ, question),
            Self::ForwardAuth | Self::Ask | Self::Answer => forwarded(question),
        }
    }

    /// Decides about a request, and answers in the words of the proxy.
    pub(super) async fn respond(self, policy: &Policy, original: &Parts) -> Response<Bytes> {
        match self {
            Self::ForwardAuth => match policy.decide_without_answers(original).await {
                Decided::Pass(admission) => reply::pass(policy, Some(&admission)),
                Decided::PassOpen => reply::pass(policy, None),
                Decided::Answer(response) => reply::no_permission(*response),
            },
            Self::Ask => match policy.decide(original).await {
                Decided::Pass(admission) => reply::pass(policy, Some(&admission)),
                Decided::PassOpen => reply::pass(policy, None),
                // nginx knows no other status; the response follows by `/answer`.
                Decided::Answer(response) if response.status() == StatusCode::UNAUTHORIZED => {
                    reply::empty(StatusCode::UNAUTHORIZED)
                }
                Decided::Answer(_) => reply::empty(StatusCode::FORBIDDEN),
            },
            Self::Answer => match policy.decide(original).await {
                // The keys may have come in between. The client may ask again, but nothing passes here.
                Decided::Pass(_) | Decided::PassOpen => reply::try_again(),
                Decided::Answer(response) => *response,
            },
            Self::ExtAuthz => match policy.decide(original).await {
                Decided::Pass(admission) => reply::pass_with_removed(policy, &admission),
                Decided::PassOpen => reply::pass(policy, None),
                Decided::Answer(response) if response.extensions().get::<OwnAnswer>().is_some() => {
                    reply::other_than_ok(*response)
                }
                Decided::Answer(response) => reply::no_permission(*response),
            },
        }
    }

    /// Answers a question that is not clear, or not of a trusted proxy.
    pub(super) fn reject(self, status: StatusCode) -> Response<Bytes> {
        match self {
            Self::Ask => reply::empty(StatusCode::FORBIDDEN),
            Self::ForwardAuth | Self::Answer | Self::ExtAuthz => reply::message(status),
        }
    }
}
