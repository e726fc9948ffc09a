//! App client ids and entries of audience lists.

use std::{fmt, str::FromStr};

use super::UserPoolError;
use crate::limits::MAX_AUDIENCE_BYTES;

/// The id of an app client: `client_id` in an access token, `aud` in an ID token.
///
/// ```
/// use cognito_authorizer::user_pool::AppClientId;
///
/// assert_eq!("1example23456789".parse::<AppClientId>()?.as_str(), "1example23456789");
/// assert!("an app client".parse::<AppClientId>().is_err());
/// # Ok::<(), cognito_authorizer::user_pool::UserPoolError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AppClientId(Box<str>);

/// Parses an app client id: 1 to 128 letters, digits, `_` and `+` (Cognito API reference, `ClientIdType`).
///
/// # Errors
///
/// Returns [`UserPoolError::InvalidAppClientId`], which names the text, if the text is not an app client id.
impl FromStr for AppClientId {
    type Err = UserPoolError;

    fn from_str(id: &str) -> Result<Self, UserPoolError> {
        let holds = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+');
        if (1..=128).contains(&id.len()) && id.bytes().all(holds) {
            Ok(Self(id.into()))
        } else {
            Err(UserPoolError::InvalidAppClientId { id: id.to_owned() })
        }
    }
}

impl AppClientId {
    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An entry of the audience list of an HTTP API.
///
/// An entry is an app client id or another value of `aud`, such as the identifier of the resource that a token is bound
/// to.
///
/// ```
/// use cognito_authorizer::user_pool::Audience;
///
/// let resource: Audience = "https://api.example/v1".parse()?;
/// assert_eq!(resource.as_str(), "https://api.example/v1");
/// # Ok::<(), cognito_authorizer::user_pool::UserPoolError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Audience(Box<str>);

impl Audience {
    /// Returns the value as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Parses an audience: 1 to 256 printable ASCII characters, without spaces.
///
/// # Errors
///
/// Returns [`UserPoolError::InvalidAudience`], which names the text, if the text is not an audience.
impl FromStr for Audience {
    type Err = UserPoolError;

    fn from_str(audience: &str) -> Result<Self, UserPoolError> {
        let is_printable = audience.bytes().all(|byte| byte.is_ascii_graphic());
        if (1..=MAX_AUDIENCE_BYTES).contains(&audience.len()) && is_printable {
            Ok(Self(audience.into()))
        } else {
            Err(UserPoolError::InvalidAudience { audience: audience.to_owned() })
        }
    }
}

impl From<AppClientId> for Audience {
    fn from(id: AppClientId) -> Self {
        Self(id.0)
    }
}

impl AsRef<str> for AppClientId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Audience {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for AppClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
