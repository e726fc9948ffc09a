//! One event for each question, without data of the request.

use std::time::Duration;

use bytes::Bytes;
use http::Response;

use super::{front::Front, original::Unclear};
use crate::{decide::Rejection, middleware::OwnAnswer};

/// Logs the answer to a question.
pub(super) fn answered(front: Front, response: &Response<Bytes>, took: Duration) {
    let rejection = response.extensions().get::<Rejection>().map(|rejection| rejection.kind());
    let decision = match (rejection, response.extensions().get::<OwnAnswer>()) {
        (Some(_), _) => "deny",
        (None, Some(_)) => "answer",
        (None, None) if response.status().is_success() => "allow",
        (None, None) => "deny",
    };
    tracing::info!(
        front = front.as_str(),
        decision,
        reason = rejection.map(|kind| kind.as_str()),
        status = response.status().as_u16(),
        microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "question answered"
    );
}

/// Logs a question that is not clear: the proxy is not configured as it should be.
pub(super) fn unclear(front: Front, reason: Unclear) {
    tracing::warn!(front = front.as_str(), %reason, "a question of a proxy cannot be understood, so the request is rejected");
}

/// Logs a question of a proxy that is not trusted.
pub(super) fn not_trusted(front: Front) {
    tracing::warn!(
        front = front.as_str(),
        "a question of a peer that is not trusted is rejected: name the networks of the proxies"
    );
}
