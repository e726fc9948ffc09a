//! The names of the metrics, with descriptions for recorders that show them ([`docs::metrics`](crate::docs::metrics)).

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

pub(crate) const DECISIONS: &str = "cognito_authorizer_decisions_total";
pub(crate) const FETCHES: &str = "cognito_authorizer_jwk_set_fetches_total";
pub(crate) const FETCH_DURATION: &str = "cognito_authorizer_jwk_set_fetch_duration_seconds";
pub(crate) const KEYS: &str = "cognito_authorizer_jwk_set_keys";
pub(crate) const OBTAINED: &str = "cognito_authorizer_jwk_set_obtained_timestamp_seconds";
pub(crate) const CACHE_REQUESTS: &str = "cognito_authorizer_token_cache_requests_total";
pub(crate) const CACHE_EVICTIONS: &str = "cognito_authorizer_token_cache_evictions_total";

/// Describes all metrics to the installed recorder.
pub(crate) fn describe() {
    describe_counter!(DECISIONS, Unit::Count, "Requests by decision, and rejected ones by reason.");
    describe_counter!(FETCHES, Unit::Count, "Fetches of an issuer's JWK Set by result.");
    describe_histogram!(FETCH_DURATION, Unit::Seconds, "The duration of fetches of an issuer's JWK Set.");
    describe_gauge!(KEYS, Unit::Count, "Keys of an issuer that are in use.");
    describe_gauge!(OBTAINED, Unit::Seconds, "When the keys of an issuer were fetched, in seconds since the epoch.");
    describe_counter!(CACHE_REQUESTS, Unit::Count, "Lookups in the token cache by result.");
    describe_counter!(CACHE_EVICTIONS, Unit::Count, "Tokens that were evicted from the token cache.");
}
