//! Why a local user pool cannot be started or used.

use std::{io, net::SocketAddr, path::PathBuf};

use super::AppClientMistake;
use crate::{error_text::debug_as_display, scope::ScopeError, user_pool::UserPoolError};

/// Why a local user pool cannot be started, or cannot do what it is asked to.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum LocalUserPoolError {
    /// The address does not belong to this machine alone.
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
        /// What the system says.
        #[source]
        reason: io::Error,
    },
    /// A file cannot be read or written.
    #[error("cannot read or write `{}`: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        reason: io::Error,
    },
    /// The configuration is not what it should be.
    #[error("the configuration of the local user pool{} is malformed: {reason}", .path.as_ref().map(|path| format!(" in `{}`", path.display())).unwrap_or_default())]
    Json {
        /// The file, if it is in one.
        path: Option<PathBuf>,
        /// What is wrong, and where; no value is quoted, since it may be a secret.
        reason: String,
    },
    /// The state file holds something else than the state of a local user pool.
    #[error("cannot use the state file `{}`: {reason}; move it away to start afresh", .path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Somebody else can put another state file in the place of this one.
    #[error("the state file `{}` is not safe: {reason}", .path.display())]
    StateNotPrivate {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// Another local user pool keeps its state in the file.
    #[error("another local user pool uses the state file `{}`: end it, or name another file", .path.display())]
    StateInUse {
        /// The file.
        path: PathBuf,
    },
    /// The user pool id or an app client id.
    #[error(transparent)]
    UserPool(#[from] UserPoolError),
    /// A resource server's identifier and a scope's name do not make a scope.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The settings of the user pool.
    #[error("the user pool: {reason}")]
    Settings {
        /// What is wrong with them.
        reason: String,
    },
    /// The id begins with no AWS region, and the issuer of AWS is asked for.
    #[error(
        "`{id}` names no AWS region, so it has no issuer of AWS: leave AwsIssuer out, or give it an id with a region"
    )]
    NoAwsIssuer {
        /// The user pool id.
        id: String,
    },
    /// An allowed origin is no origin.
    #[error("`{origin}` is not an origin: expected http:// or https://, a host in lower case and perhaps a port")]
    Origin {
        /// The text as it was given.
        origin: String,
    },
    /// The base URL is no URL.
    #[error("that is not a base URL: expected http:// or https://, a host and perhaps a path, and no slash at the end")]
    BaseUrl,
    /// Two of a kind have one name.
    #[error("{what} `{name}` is configured twice: keep one")]
    Repeated {
        /// `the app client`, `the user`, …
        what: &'static str,
        /// The id or name.
        name: String,
    },
    /// The state file has the app client in another user pool.
    #[error("the app client `{client_id}` belongs to another user pool in the state file: give it another id")]
    OfOtherUserPool {
        /// The app client.
        client_id: String,
    },
    /// The user pool was deleted over the API.
    #[error("the user pool `{id}` was deleted")]
    NoUserPool {
        /// The user pool.
        id: String,
    },
    /// An app client.
    #[error("the app client `{client_id}`: {mistake}")]
    AppClient {
        /// The app client.
        client_id: String,
        /// What is wrong with it.
        mistake: AppClientMistake,
    },
    /// A user.
    #[error("the user `{username}`: {reason}")]
    User {
        /// The user.
        username: String,
        /// What is wrong.
        reason: String,
    },
    /// The cryptographic library failed.
    #[error("no RSA key could be made or used, or no password hashed")]
    Key,
}

debug_as_display!(LocalUserPoolError);
