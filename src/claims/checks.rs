//! Individual checks of claims. [`decide`](crate::decide) chooses which checks to run, and in which order.

use super::{Claims, Times, TokenUse};
use crate::{jose::json::Member, scope::ScopeSet, time::UnixTime, user_pool::Audience};

/// Returns whether the token has expired: a token is rejected on or after `exp` (RFC 7519 §4.1.4).
pub(crate) fn is_expired(expires_at: UnixTime, now: UnixTime, leeway: u64) -> bool {
    now >= expires_at.saturating_add(leeway)
}

/// Returns whether a moment is in the future.
///
/// The moment is `nbf` (RFC 7519 §4.1.5) or, on an HTTP API, `iat`. The token is rejected before it. A malformed value
/// counts as a moment in the future.
pub(crate) fn is_ahead(moment: &Member<UnixTime>, now: UnixTime, leeway: u64) -> bool {
    match moment {
        Member::Absent => false,
        Member::Wrong => true,
        Member::Is(moment) => now.saturating_add(leeway) < *moment,
    }
}

/// Returns whether the token stays valid for more than `longest` seconds after it was issued.
///
/// The result is true if `iat` is missing or malformed. An `iat` after `latest_issue` counts as `latest_issue`.
pub(crate) fn outlives(times: Times<'_>, latest_issue: UnixTime, longest: u64) -> bool {
    match times.issued_at {
        Member::Absent | Member::Wrong => true,
        Member::Is(issued_at) => times.expires_at > (*issued_at).min(latest_issue).saturating_add(longest),
    }
}

/// Returns whether the token was issued to one of these app clients.
///
/// Only `client_id` counts in an access token, and only `aud` in an ID token.
pub(crate) fn is_of_app_client(claims: &Claims, app_clients: &[Audience]) -> bool {
    match claims.token_use() {
        Some(TokenUse::Access) => claims.client_id().is_some_and(|id| lists(app_clients, id)),
        Some(TokenUse::Id) => claims.audience().any(|id| lists(app_clients, id)),
        None => false,
    }
}

/// Returns whether the token is for one of these audiences.
///
/// `aud` decides. `client_id` counts only in a token without `aud`.
pub(crate) fn is_for_audience(claims: &Claims, audience: &[Audience]) -> bool {
    if claims.has_audience() {
        claims.audience().any(|id| lists(audience, id))
    } else {
        claims.client_id().is_some_and(|id| lists(audience, id))
    }
}

/// Returns whether the token holds one of these scopes, in `scope` or, if `reads_scp` is set, in `scp`.
pub(crate) fn holds_scope(claims: &Claims, scopes: &ScopeSet, reads_scp: bool) -> bool {
    scopes.any_in(claims.scope()) || reads_scp && claims.scp().any(|scp| scopes.any_in(scp))
}

fn lists(app_clients: &[Audience], id: &str) -> bool {
    app_clients.iter().any(|app_client| app_client.as_str() == id)
}
