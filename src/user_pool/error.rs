//! Texts that name no user pool, or nothing that belongs to one.

use crate::{error_text::debug_as_display, limits::MAX_AUDIENCE_BYTES};

/// Why a text does not name a user pool or what belongs to it.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UserPoolError {
    /// Not a user pool id.
    #[error("`{id}` is not a user pool id: expected <region>_<id>, such as eu-west-1_Ab129faBb")]
    InvalidId {
        /// The text as it was given.
        id: String,
    },
    /// Not an app client id.
    #[error("`{id}` is not an app client id: expected 1 to 128 letters, digits, `_` and `+`")]
    InvalidAppClientId {
        /// The text as it was given.
        id: String,
    },
    /// Not an entry of an audience list.
    #[error("`{audience}` is not an audience: expected 1 to {MAX_AUDIENCE_BYTES} printable ASCII characters")]
    InvalidAudience {
        /// The text as it was given.
        audience: String,
    },
    /// Not the ARN of a user pool.
    #[error(
        "`{arn}` is not the ARN of a user pool: expected \
         arn:<partition>:cognito-idp:<region>:<account>:userpool/<region>_<id> with one and the same region"
    )]
    InvalidArn {
        /// The text as it was given.
        arn: String,
    },
}

debug_as_display!(UserPoolError);
