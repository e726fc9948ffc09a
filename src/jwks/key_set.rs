//! Keys in use, with what is known of the document that they are from.

use bytes::Bytes;

use crate::{jose::JwkSet, time::UnixTime};

/// Keys in use, or to be used.
#[derive(Clone, Debug)]
pub(super) struct KeySet {
    /// Counts the documents of the issuer that differ; set when the keys are taken into use.
    pub(super) generation: u64,
    pub(super) set: JwkSet,
    pub(super) document: Bytes,
    pub(super) etag: Option<String>,
    /// When the server gave them, or last said that they are still the ones.
    pub(super) obtained: UnixTime,
}
