//! Questions about claims that have one answer for everybody. Which of them are asked, and in which
//! order, is the business of [`decide`](crate::decide).

use super::{Claims, Times, TokenUse};
use crate::{jose::json::Member, scope::ScopeSet, time::UnixTime, user_pool::Audience};

/// RFC 7519 §4.1.4: a token is not accepted on or after `exp`.
pub(crate) fn is_expired(expires_at: UnixTime, now: UnixTime, leeway: u64) -> bool {
    now >= expires_at.saturating_add(leeway)
}

/// Whether a moment before which a token is not accepted lies ahead: `nbf` (RFC 7519 §4.1.5), or `iat`
/// on an HTTP API. One that cannot be read counts as ahead.
pub(crate) fn is_ahead(moment: &Member<UnixTime>, now: UnixTime, leeway: u64) -> bool {
    match moment {
        Member::Absent => false,
        Member::Wrong => true,
        Member::Is(moment) => now.saturating_add(leeway) < *moment,
    }
}

/// Whether a token is good for longer than so many seconds after it was issued. One that does not say when it was issued is;
/// one that was issued later than `latest_issue` counts as issued then.
pub(crate) fn outlives(times: Times<'_>, latest_issue: UnixTime, longest: u64) -> bool {
    match times.issued_at {
        Member::Absent | Member::Wrong => true,
        Member::Is(issued_at) => times.expires_at > (*issued_at).min(latest_issue).saturating_add(longest),
    }
}

/// Whether the token was issued to one of these app clients: `client_id` says so in an access token
/// and `aud` in an ID token, and neither stands in for the other.
pub(crate) fn is_of_app_client(claims: &Claims, app_clients: &[Audience]) -> bool {
    match claims.token_use() {
        Some(TokenUse::Access) => claims.client_id().is_some_and(|id| lists(app_clients, id)),
        Some(TokenUse::Id) => claims.audience().any(|id| lists(app_clients, id)),
        None => false,
    }
}

/// Whether the token is for one of these: `aud` says so, and only in a token without `aud` does
/// `client_id`.
pub(crate) fn is_for_audience(claims: &Claims, audience: &[Audience]) -> bool {
    if claims.has_audience() {
        claims.audience().any(|id| lists(audience, id))
    } else {
        claims.client_id().is_some_and(|id| lists(audience, id))
    }
}

/// Whether the token holds one of these scopes, in `scope` or, where that counts, in `scp`.
pub(crate) fn holds_scope(claims: &Claims, scopes: &ScopeSet, reads_scp: bool) -> bool {
    scopes.any_in(claims.scope()) || reads_scp && claims.scp().any(|scp| scopes.any_in(scp))
}

fn lists(app_clients: &[Audience], id: &str) -> bool {
    app_clients.iter().any(|app_client| app_client.as_str() == id)
}
