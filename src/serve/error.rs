//! Why a server cannot start.

use std::{io, path::PathBuf};

use super::peer::Listen;
use crate::error_text::debug_as_display;

/// A server cannot start.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The address or the socket cannot be used.
    #[error("cannot listen on `{listen}`: {reason}")]
    Bind {
        /// The address.
        listen: Listen,
        /// The I/O error.
        #[source]
        reason: io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("`{}` cannot be used: {reason}", .path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// The cause.
        reason: String,
    },
    /// The address of the service cannot be used.
    #[error("the address of the service cannot be used: {reason}")]
    Upstream {
        /// The cause.
        reason: String,
    },
}

debug_as_display!(ServerError);
