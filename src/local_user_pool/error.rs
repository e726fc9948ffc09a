//! The error of a local user pool.

use std::{io, net::SocketAddr, path::PathBuf};

use super::AppClientMistake;
use crate::{error_text::debug_as_display, scope::ScopeError, user_pool::UserPoolError};

/// The reason why a local user pool cannot be started or an operation failed.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum LocalUserPoolError {
    /// The address is not a loopback address.
    #[error(
        "`{address}` is not a loopback address: a local user pool listens on 127.0.0.1 or [::1], unless \
         dangerous().listen_beyond_loopback() is used"
    )]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be bound.
    #[error("cannot listen on `{address}`: {reason}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        #[source]
        reason: io::Error,
    },
    /// A file cannot be read or written.
    #[error("cannot read or write `{}`: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        reason: io::Error,
    },
    /// The configuration is malformed.
    #[error("the configuration of the local user pool{} is malformed: {reason}", .path.as_ref().map(|path| format!(" in `{}`", path.display())).unwrap_or_default())]
    Json {
        /// The file, if the configuration was read from one.
        path: Option<PathBuf>,
        /// The reason, with line and column. Values are not quoted, since they may be secrets.
        reason: String,
    },
    /// The state file does not contain the state of a local user pool.
    #[error("cannot use the state file `{}`: {reason}; move it away to start afresh", .path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// Other users can replace the state file.
    #[error("the state file `{}` is not safe: {reason}", .path.display())]
    StateNotPrivate {
        /// The file.
        path: PathBuf,
        /// The reason, and how to fix it.
        reason: String,
    },
    /// Another local user pool uses the state file.
    #[error("another local user pool uses the state file `{}`: stop it, or use another file", .path.display())]
    StateInUse {
        /// The file.
        path: PathBuf,
    },
    /// The user pool id or an app client id is invalid.
    #[error(transparent)]
    UserPool(#[from] UserPoolError),
    /// The identifier of a resource server and the name of a scope do not form a valid scope.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The settings of the user pool are invalid.
    #[error("the user pool: {reason}")]
    Settings {
        /// The reason.
        reason: String,
    },
    /// The AWS issuer is configured, but the user pool id does not begin with an AWS region.
    #[error("`{id}` has no AWS region, so it has no AWS issuer: remove AwsIssuer, or use an id with a region")]
    NoAwsIssuer {
        /// The user pool id.
        id: String,
    },
    /// An allowed origin is not an origin.
    #[error("`{origin}` is not an origin: expected http:// or https://, a host in lower case and an optional port")]
    Origin {
        /// The configured text.
        origin: String,
    },
    /// The base URL is not a URL.
    #[error(
        "the base URL is invalid: expected http:// or https://, a host, and an optional path without a slash at the end"
    )]
    BaseUrl,
    /// Two items of the same kind have the same name.
    #[error("{what} `{name}` is configured twice: keep one")]
    Repeated {
        /// `the app client`, `the user`, …
        what: &'static str,
        /// The id or name.
        name: String,
    },
    /// In the state file, the app client belongs to another user pool.
    #[error("the app client `{client_id}` belongs to another user pool in the state file: use another id")]
    OfOtherUserPool {
        /// The app client id.
        client_id: String,
    },
    /// The user pool was deleted over the API.
    #[error("the user pool `{id}` was deleted")]
    NoUserPool {
        /// The user pool id.
        id: String,
    },
    /// The configuration of an app client is invalid.
    #[error("the app client `{client_id}`: {mistake}")]
    AppClient {
        /// The app client id.
        client_id: String,
        /// The reason.
        mistake: AppClientMistake,
    },
    /// The configuration of a user is invalid.
    #[error("the user `{username}`: {reason}")]
    User {
        /// The user name.
        username: String,
        /// The reason.
        reason: String,
    },
    /// The cryptographic library failed.
    #[error("an RSA key could not be generated or used, or a password could not be hashed")]
    Key,
}

debug_as_display!(LocalUserPoolError);
