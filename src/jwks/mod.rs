//! The issuers' keys: fetched on first use, cached, refreshed, and fetched again when a token names an unknown key.
//!
//! - A cached key is used without waiting. Keys that are no longer fresh are fetched again in the background when they
//!   are used.
//! - A fetch runs on its own task, so it outlives the request that started it. Each issuer has at most one fetch at a
//!   time and a budget for fetches. Another limit applies to the concurrent fetches of all issuers.
//! - A response replaces all keys of the issuer, so a removed key is no longer trusted. A response without usable keys
//!   replaces nothing.
//! - Keys that cannot be refreshed are trusted up to a hard maximum age.
//!
//! [Behaviour §1.5.13](crate::docs::behaviour); [attack list](crate::docs::attacks), section 6.

mod events;

mod fetch;

mod fixed;

mod issuer_keys;

mod key_set;

mod last_known_good;

mod refresh;

mod fetch_end;

mod fetcher;

mod source;

mod status;

mod store;

mod turns;

#[cfg(feature = "reqwest")]
mod https;

#[cfg(feature = "reqwest")]
pub use self::https::{HttpsKeySource, HttpsKeySourceError};
pub(crate) use self::{
    fetch_end::FetchEnd,
    issuer_keys::FetchSettings,
    last_known_good::LastKnownGood,
    store::{KeyOrigin, KeyStore},
    turns::Turns,
};
pub use self::{
    fixed::{FixedKeySource, FixedKeySourceError},
    source::{KeyFuture, KeyRequest, KeyResponse, KeySource, KeySourceError},
    status::{HydrateError, KeyState, KeyStatus},
};
