//! Messages about parts that several kinds of definitions have and that this crate does not enforce.

/// For a resource policy, which allows or denies callers regardless of their token.
pub(super) const RESOURCE_POLICY: &str =
    "a resource policy is not enforced here: remove it if another component enforces it";

/// For the time to live of an authorizer's cached decisions.
pub(super) const TIME_TO_LIVE: &str =
    "not needed: verified tokens are cached, and their expiry is checked on every request";

/// For a route that requires an API key and no token.
pub(super) const API_KEY_ALONE: &str = "an API key alone cannot be checked here: this route would be open";

/// For a function in a part of the template that SAM reads before functions are resolved.
pub(super) const READ_BEFORE_FUNCTIONS: &str =
    "SAM reads this value before CloudFormation resolves functions: write the value directly";
