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
        let decided = match self {
            Self::ForwardAuth => policy.decide_without_answers(original).await,
            Self::Ask | Self::Answer | Self::ExtAuthz => policy.decide(original).await,
        };
        let response = match decided {
            Decided::Pass(admission) if policy.passes_as_preflight(original, &admission) => {
                return self.reject(StatusCode::FORBIDDEN);
            }
            Decided::Pass(_) | Decided::PassOpen if self == Self::Answer => {
                // The keys may have come in between. The client may ask again, but nothing passes here.
                return reply::try_again();
            }
            Decided::Pass(admission) if self == Self::ExtAuthz => return reply::pass_with_removed(policy, &admission),
            Decided::Pass(admission) => return reply::pass(policy, Some(&admission)),
            Decided::PassOpen => return reply::pass(policy, None),
            Decided::Answer(response) => *response,
        };
        match self {
            // The client sees it.
            Self::Answer => response,
            // nginx knows no other status; the response follows by `/answer`.
            Self::Ask if response.status() == StatusCode::UNAUTHORIZED => reply::empty(StatusCode::UNAUTHORIZED),
            Self::Ask => reply::empty(StatusCode::FORBIDDEN),
            Self::ExtAuthz if response.extensions().get::<OwnAnswer>().is_some() => reply::other_than_ok(response),
            Self::ForwardAuth | Self::ExtAuthz => reply::no_permission(response),
        }
    }

    /// Whether the proxy can remove headers of the request.
    pub(super) const fn removes_headers(self) -> bool {
        matches!(self, Self::ExtAuthz)
    }

    /// Answers a question that is not clear, or not of a trusted proxy.
    pub(super) fn reject(self, status: StatusCode) -> Response<Bytes> {
        match self {
            Self::Ask => reply::empty(StatusCode::FORBIDDEN),
            Self::ForwardAuth | Self::Answer | Self::ExtAuthz => reply::message(status),
        }
    }
}
