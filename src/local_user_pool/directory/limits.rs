//! How many of each there can be. Cognito has quotas too; these are lower, since everything is in memory.

/// User pools.
pub(crate) const MAX_USER_POOLS: usize = 100;

/// App clients of a user pool, and resource servers, each.
pub(crate) const MAX_APP_CLIENTS: usize = 1_000;

/// Groups of a user pool.
pub(crate) const MAX_GROUPS: usize = 1_000;

/// Users of a user pool.
pub(crate) const MAX_USERS: usize = 20_000;

/// Sign-ins that are kept for a user; the oldest goes first.
pub(crate) const MAX_SIGN_INS_OF_USER: usize = 50;

/// Sign-ins that are kept for a user pool, those of users who are gone too; the oldest goes first.
pub(crate) const MAX_SIGN_INS: usize = 100_000;

/// Refresh tokens of a sign-in that were rotated out and are told as such; the oldest is forgotten first.
pub(crate) const MAX_REPLACED_TOKENS: usize = 20;

/// Sign-ins of a user that wait for an answer; the oldest goes first.
pub(crate) const MAX_CHALLENGES_OF_USER: usize = 5;
