//! The user pools' keys: obtained when they are first needed, kept, and obtained again when a token
//! names a key that is not among them.
//!
//! A known key never waits. A fetch runs on its own, so it outlives the request that asked for it;
//! there is at most one at a time for each user pool, and a cool-down between two. An answer without
//! usable keys never replaces good ones. [Behaviour §1.5.13](crate::docs::behaviour).

mod refresh;

mod source;

mod store;

#[cfg(feature = "reqwest")]
mod https;

#[cfg(feature = "reqwest")]
pub use self::https::{HttpsKeySource, HttpsKeySourceError};
pub use self::source::{KeyFuture, KeyRequest, KeySource, KeySourceError};
pub(crate) use self::store::{KeyStore, Refreshed};
