//! The key set of an issuer, with its source document.

use bytes::Bytes;

use crate::{jose::JwkSet, time::UnixTime};

/// A parsed JWK Set, with its document and the time of its fetch.
#[derive(Clone, Debug)]
pub(super) struct KeySet {
    /// Counts the different documents of the issuer; assigned when the keys are put into use.
    pub(super) generation: u64,
    pub(super) set: JwkSet,
    pub(super) document: Bytes,
    pub(super) etag: Option<String>,
    /// When the server sent the document, or last confirmed that it is unchanged.
    pub(super) obtained: UnixTime,
}
