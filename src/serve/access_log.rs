//! One event for each question, and for each request of the reverse proxy. Nothing of the request enters it, except the
//! claims that the settings name.

use std::time::Duration;

use http::{HeaderName, Response, request::Parts};
use serde_json::{Map, Value};

use super::{original::Unclear, policy::Policy};
use crate::{
    claims::Claims,
    clock::{Clock, SystemClock},
    decide::Rejection,
    middleware::OwnAnswer,
};

/// Which answers are logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessLog {
    /// All of them.
    #[default]
    All,
    /// Those to requests that do not pass.
    Rejected,
    /// None.
    Off,
}

/// The log of a server.
#[derive(Clone, Debug)]
pub(super) struct Log {
    which: AccessLog,
    claims: Vec<String>,
    clock: SystemClock,
}

/// What the event will say about a request.
#[derive(Debug)]
pub(super) struct Begun {
    start: Duration,
    route: Option<String>,
}

/// Longest id that is logged, in bytes: a UUID has 36.
const MAX_LOGGED_ID: usize = 128;

/// The header of a request's id.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl Log {
    pub(super) fn new(which: AccessLog, claims: Vec<String>) -> Self {
        Self { which, claims, clock: SystemClock::new() }
    }

    /// Begins the event of a request; `None` if there will be none.
    pub(super) fn begin(&self, policy: &Policy, request: &Parts) -> Option<Begun> {
        let is_on = self.which != AccessLog::Off && tracing::enabled!(tracing::Level::INFO);
        is_on.then(|| Begun {
            start: self.clock.monotonic(),
            route: policy.layer().route_key(request).map(str::to_owned),
        })
    }

    /// Logs the answer. `front` says who asked; `request_id` is that of the request, which a gateway response replaces.
    pub(super) fn end<B>(
        &self,
        begun: Option<Begun>,
        front: &'static str,
        request_id: Option<&str>,
        response: &Response<B>,
    ) {
        let Some(Begun { start, route }) = begun else { return };
        let took = self.clock.monotonic().saturating_sub(start);
        let rejection = response.extensions().get::<Rejection>().map(|rejection| rejection.kind());
        let decision =
            match (rejection, response.extensions().get::<Passed>(), response.extensions().get::<OwnAnswer>()) {
                (None, Some(_), _) => "allow",
                (None, None, Some(_)) => "answer",
                _ => "deny",
            };
        if self.which == AccessLog::Rejected && decision != "deny" {
            return;
        }
        let claims = response.extensions().get::<Passed>().and_then(|passed| passed.0.as_ref());
        tracing::info!(
            front,
            decision,
            reason = rejection.map(|kind| kind.as_str()),
            status = response.status().as_u16(),
            route,
            request_id = id_of(response).or(request_id.filter(|id| id.len() <= MAX_LOGGED_ID)),
            claims = claims.and_then(|claims| self.claims(claims)),
            microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            "request decided"
        );
    }

    /// Returns the claims that are logged, as JSON.
    fn claims(&self, claims: &Claims) -> Option<String> {
        if self.claims.is_empty() {
            return None;
        }
        let value = |name: &String| claims.get::<Value>(name).ok().flatten().map(|value| (name.clone(), value));
        Some(Value::Object(self.claims.iter().filter_map(value).collect::<Map<_, _>>()).to_string())
    }
}

/// Marks a response to a request that passed, with its claims if it had a token.
#[derive(Clone, Debug)]
pub(super) struct Passed(pub(super) Option<Claims>);

/// Returns the id of a gateway response.
fn id_of<B>(response: &Response<B>) -> Option<&str> {
    let ids = ["x-amzn-requestid", "apigw-requestid"];
    response.extensions().get::<Rejection>()?;
    ids.iter().find_map(|name| response.headers().get(*name)?.to_str().ok())
}

/// Returns the id that a proxy gave to a request.
pub(super) fn id_of_request(request: &Parts) -> Option<&str> {
    request.headers.get(REQUEST_ID)?.to_str().ok()
}

/// Logs a question that is not clear: the proxy is not configured as it should be.
pub(super) fn unclear(front: &'static str, reason: Unclear) {
    tracing::warn!(front, %reason, "a question of a proxy cannot be understood, so the request is rejected");
}

/// Logs a question of a proxy that is not trusted.
pub(super) fn not_trusted(front: &'static str) {
    tracing::warn!(front, "a question of a peer that is not trusted is rejected: name the networks of the proxies");
}
