//! The settings of an authorizer. The builder and a configuration fill them, and a configuration is printed from them.

use std::{path::PathBuf, time::Duration};

use tracing::Level;

use crate::{
    authorizer_type::{Challenges, InsufficientScope, WhenKeysUnavailable},
    decide::VerifierSettings,
    gateway_response::GatewayResponses,
    request_context::ClaimHeaders,
};

/// The settings as plain values. The defaults are API Gateway's; `None` means the default of the authorizer type. The methods
/// of [`AuthorizerBuilder`](super::AuthorizerBuilder) document each setting.
#[derive(Clone, Debug, Default)]
pub(crate) struct AuthorizerSettings {
    pub(crate) verifier: VerifierSettings,
    pub(crate) fetch_timeout: Option<Duration>,
    pub(crate) max_key_age: Option<Duration>,
    pub(crate) last_known_good_directory: Option<PathBuf>,
    pub(crate) token_cache_bytes: Option<u64>,
    pub(crate) when_keys_unavailable: Option<WhenKeysUnavailable>,
    pub(crate) insufficient_scope: Option<InsufficientScope>,
    pub(crate) challenges: Option<Challenges>,
    pub(crate) mimics_sigv4: bool,
    pub(crate) gateway_responses: GatewayResponses,
    pub(crate) passes_preflight: bool,
    pub(crate) strips_token: bool,
    pub(crate) claim_headers: ClaimHeaders,
    /// `None` means debug.
    pub(crate) rejection_level: Option<Level>,
}
