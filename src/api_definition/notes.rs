//! What is said of things that several kinds of definitions have, and that are not enforced here.

/// Of a policy that says who may call an API, whatever a token says.
pub(super) const RESOURCE_POLICY: &str =
    "a resource policy cannot be enforced here: take it out if something else does";

/// Of how long a decision about a token may be used again.
pub(super) const TIME_TO_LIVE: &str = "not needed: a verified token is remembered, and its expiry is checked each time";

/// Of a route that requires an API key and no token.
pub(super) const API_KEY_ALONE: &str = "an API key alone cannot be checked here: this route would be open";

/// Of a function where SAM reads a template as it is written.
pub(super) const READ_BEFORE_FUNCTIONS: &str =
    "SAM reads this before CloudFormation resolves functions: write the value out";
