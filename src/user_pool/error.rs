//! The error of parsing user pool ids, ARNs, app client ids and audiences.

use crate::{error_text::debug_as_display, limits::MAX_AUDIENCE_BYTES};

/// Why a text is not a valid user pool id, ARN, app client id or audience.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UserPoolError {
    /// The text is not a user pool id.
    #[error("`{id}` is not a user pool id: expected <region>_<id>, such as eu-west-1_Ab129faBb")]
    InvalidId {
        /// The text as given.
        id: String,
    },
    /// The text is not an app client id.
    #[error("`{id}` is not an app client id: expected 1 to 128 letters, digits, `_` and `+`")]
    InvalidAppClientId {
        /// The text as given.
        id: String,
    },
    /// The text is not an entry of an audience list.
    #[error("`{audience}` is not an audience: expected 1 to {MAX_AUDIENCE_BYTES} printable ASCII characters")]
    InvalidAudience {
        /// The text as given.
        audience: String,
    },
    /// The text is not the ARN of a user pool.
    #[error(
        "`{arn}` is not the ARN of a user pool: expected \
         arn:<partition>:cognito-idp:<region>:<account>:userpool/<region>_<id> with one and the same region"
    )]
    InvalidArn {
        /// The text as given.
        arn: String,
    },
}

debug_as_display!(UserPoolError);
