//! The issuers' keys: obtained when they are first needed, kept, kept fresh, and obtained again when
//! a token names a key that is not among them.
//!
//! - A known key never waits. Keys that are no longer fresh are fetched anew in the background, when
//!   they are used.
//! - A fetch runs on its own, so it outlives the request that asked for it. There is at most one at a
//!   time for each issuer, and no more than the budget allows, nor more than a bound over all issuers.
//! - An answer replaces the keys as a whole, so a key that was removed is not trusted any more. An
//!   answer without usable keys replaces nothing.
//! - Keys that cannot be fetched anew are trusted up to a hard maximum age.
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
