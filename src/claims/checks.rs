//! Questions about claims that have one answer for everybody. Which of them are asked, and in which
//! order, is the business of [`decide`](crate::decide).

use super::{Claims, TokenUse};
use crate::{jose::json::Member, time::UnixTime, user_pool::AppClientId};

/// RFC 7519 §4.1.4: a token is not accepted on or after `exp`.
pub(crate) fn is_expired(expires_at: UnixTime, now: UnixTime, leeway: u64) -> bool {
    now >= expires_at.saturating_add(leeway)
}

/// RFC 7519 §4.1.5: a token is not accepted before `nbf`. One that cannot be read counts as ahead.
pub(crate) fn is_not_yet_valid(not_before: &Member<UnixTime>, now: UnixTime, leeway: u64) -> bool {
    match not_before {
        Member::Absent => false,
        Member::Wrong => true,
        Member::Is(not_before) => now.saturating_add(leeway) < *not_before,
    }
}

/// Whether the token was issued to one of these app clients: `client_id` says so in an access token
/// and `aud` in an ID token, and neither stands in for the other.
pub(crate) fn is_of_app_client(claims: &Claims, app_clients: &[AppClientId]) -> bool {
    let is_listed = |id: &str| app_clients.iter().any(|app_client| app_client.as_str() == id);
    match claims.token_use() {
        Some(TokenUse::Access) => claims.client_id().is_some_and(is_listed),
        Some(TokenUse::Id) => claims.audience().any(is_listed),
        None => false,
    }
}
