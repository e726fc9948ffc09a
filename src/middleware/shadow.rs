//! What is told of requests that pass whatever is decided: a gate that is tried beside another one.
//!
//! One event for each request that would have been refused, and a count of all of them by what was decided. The names
//! and labels stand in [`docs::metrics`](crate::docs::metrics).

use super::gate::Passed;

/// Counts what was decided, and logs it if it was a no. Neither holds anything that was received.
pub(super) fn tell(passed: &Passed) {
    let result = match passed {
        Passed::Open => "open",
        Passed::Token { .. } => "allowed",
        Passed::Refused { rejection, route_key } => {
            let reason = rejection.kind().code();
            tracing::info!(reason, route = route_key.as_deref(), "request would be refused");
            reason
        }
    };
    metrics::counter!("cognito_authorizer_shadow_decisions_total", "result" => result).increment(1);
}
