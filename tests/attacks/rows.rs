//! Tokens, and what is to come of each: asked of the layer by the test of its id, and all together of the command.

use cognito_authorizer::{Authorizer, AuthorizerBuilder, AuthorizerLayer, AuthorizerType, RejectionKind as No};

use crate::support::{
    keys::{self, ScriptedKeys},
    requests::{reason, scoped},
    tokens::*,
};

/// A token, the reason for which it is refused, if it is, and why that is right.
pub(crate) struct Row(pub(crate) String, pub(crate) Option<No>, pub(crate) String);

pub(crate) fn row(token: impl Into<String>, expected: impl Into<Option<No>>, why: impl Into<String>) -> Row {
    Row(token.into(), expected.into(), why.into())
}

/// One user pool, by the rules of a REST API.
pub(crate) fn builder(keys: &ScriptedKeys) -> AuthorizerBuilder {
    Authorizer::for_user_pool(POOL_ID).key_source(keys.clone()).clock(keys::clock())
}

/// The same by the rules of an HTTP API.
pub(crate) fn http_builder(keys: &ScriptedKeys) -> AuthorizerBuilder {
    builder(keys).authorizer_type(AuthorizerType::Jwt).audience([CLIENT_ID])
}

/// A layer that remembers what it verified, and one that does not.
pub(crate) fn layers() -> [AuthorizerLayer; 2] {
    let keys = ScriptedKeys::new();
    let uncached = builder(&keys).token_cache_bytes(0).build().unwrap();
    [scoped(&builder(&keys).build().unwrap()), scoped(&uncached)]
}

/// Asks both layers about each token, with a good one before and after.
pub(crate) async fn hold(rows: &[Row]) {
    let good = Token::access().sign();
    for layer in layers() {
        assert_eq!(reason(&layer, &good).await, None);
        for Row(token, expected, why) in rows {
            assert_eq!(reason(&layer, token).await, *expected, "{why}");
            assert_eq!(reason(&layer, token).await, *expected, "again: {why}");
        }
        assert_eq!(reason(&layer, &good).await, None);
    }
}
