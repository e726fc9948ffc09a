//! Limits on the number of items. Cognito has quotas too; these are lower, since all items are in memory.

/// The maximum number of user pools.
pub(crate) const MAX_USER_POOLS: usize = 100;

/// The maximum number of app clients of a user pool, and the maximum number of its resource servers.
pub(crate) const MAX_APP_CLIENTS: usize = 1_000;

/// The maximum number of groups of a user pool.
pub(crate) const MAX_GROUPS: usize = 1_000;

/// The maximum number of users of a user pool.
pub(crate) const MAX_USERS: usize = 20_000;

/// The maximum number of stored sign-ins of a user; the oldest is dropped first.
pub(crate) const MAX_SIGN_INS_OF_USER: usize = 50;

/// The maximum number of stored sign-ins of a user pool, including those of deleted users; the oldest is dropped first.
pub(crate) const MAX_SIGN_INS: usize = 100_000;

/// The maximum number of rotated-out refresh tokens of a sign-in that are stored; the oldest is dropped first.
pub(crate) const MAX_REPLACED_TOKENS: usize = 20;

/// The maximum number of open challenges of a user; the oldest is dropped first.
pub(crate) const MAX_CHALLENGES_OF_USER: usize = 5;
