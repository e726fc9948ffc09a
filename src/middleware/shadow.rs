//! What is told of requests that pass whatever is decided: a gate that is tried beside another one.
//!
//! One event for each request that would have been refused, and a count of all of them by what was decided. The names
//! and labels stand in [`docs::metrics`](crate::docs::metrics).

use crate::decide::RejectionKind;

/// Counts what was decided.
pub(super) fn tell(result: &'static str) {
    metrics::counter!("cognito_authorizer_shadow_decisions_total", "result" => result).increment(1);
}

/// Counts a no, and logs it. Neither holds anything that was received.
pub(super) fn tell_refusal(reason: RejectionKind, route_key: Option<&str>) {
    let reason = reason.as_str();
    tracing::info!(reason, route = route_key, "request would be refused");
    tell(reason);
}
