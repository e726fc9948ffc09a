//! The changes to a request that passes, before it is forwarded.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Uri};

use super::{
    h2c,
    head::{EditableHead, RequestHead},
    matching::Target,
};
use crate::{
    authorizer::Authorizer,
    claims::Claims,
    decide::Rejection,
    request_context::ClaimHeaders,
    route::{MatchedRoute, RouteAuthorization},
};

/// A request's permission to pass, with the grounds.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    pub(super) target: Target,
    pub(super) grounds: Grounds,
}

/// Why a request passes.
#[derive(Clone, Debug)]
pub(super) enum Grounds {
    /// The route is open, or the request is a preflight.
    Open,
    /// The token was accepted. `forwarding` describes further changes to the request, if any.
    Token { claims: Claims, forwarding: Option<ClaimSource> },
    /// The request would be rejected, but passes because the layer is a shadow.
    Shadow(Rejection),
}

/// The authorizer and the rule that determine the claim headers.
#[derive(Clone, Debug)]
pub(super) struct ClaimSource {
    pub(super) authorizer: Authorizer,
    pub(super) authorization: Arc<RouteAuthorization>,
}

impl Pass {
    pub(super) fn open(target: Target) -> Self {
        Self { target, grounds: Grounds::Open }
    }

    pub(super) fn claims(&self) -> Option<&Claims> {
        match &self.grounds {
            Grounds::Token { claims, .. } => Some(claims),
            Grounds::Open | Grounds::Shadow(_) => None,
        }
    }

    pub(super) fn rejection(&self) -> Option<Rejection> {
        match &self.grounds {
            Grounds::Shadow(rejection) => Some(*rejection),
            Grounds::Open | Grounds::Token { .. } => None,
        }
    }
}

/// The changes to a request head: headers to remove, then headers to set, and new targets.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub(super) removed: Vec<HeaderName>,
    pub(super) set: HeaderMap,
    pub(super) uri: Option<Uri>,
    /// Replaces the target in axum's `OriginalUri`.
    original_uri: Option<Uri>,
}

impl Changes {
    /// Whether a pass changes a request with these headers. `claim_headers` are those of all authorizers of the layer.
    #[inline]
    pub(super) fn are_needed(pass: &Pass, headers: &HeaderMap, claim_headers: &ClaimHeaders) -> bool {
        !claim_headers.is_empty()
            || matches!(pass.grounds, Grounds::Token { forwarding: Some(_), .. })
            || !h2c::upgrade_headers(headers).is_empty()
    }

    /// Collects the changes that a pass makes to this head.
    pub(super) fn of(pass: &Pass, head: RequestHead<'_>, claim_headers: &ClaimHeaders) -> Self {
        let mut changes = Self { removed: claim_headers.copies_in(head.headers), ..Self::default() };
        changes.removed.extend_from_slice(h2c::upgrade_headers(head.headers));
        if let Grounds::Token { claims, forwarding: Some(ClaimSource { authorizer, authorization }) } = &pass.grounds {
            let forwarding = authorizer.forwarding();
            forwarding.add_claim_headers(claims, authorization, &mut changes.set);
            changes.removed.extend(forwarding.stripped_headers(head.headers).cloned());
            changes.uri = forwarding.strip_query(head.uri);
            changes.original_uri = head.original_uri.and_then(|original| forwarding.strip_query(original));
        }
        changes
    }

    /// Applies the changes.
    pub(super) fn apply(self, head: &mut impl EditableHead) {
        for name in &self.removed {
            head.headers_mut().remove(name);
        }
        if !self.set.is_empty() {
            head.headers_mut().extend(self.set);
        }
        if let Some(uri) = self.uri {
            *head.uri_mut() = uri;
        }
        #[cfg(feature = "axum")]
        if let Some(uri) = self.original_uri
            && let Some(original) = head.extensions_mut().get_mut::<axum::extract::OriginalUri>()
        {
            original.0 = uri;
        }
    }
}

/// Inserts the extensions for the inner service: the matched route, and the claims or the rejection.
#[inline]
pub(super) fn insert_extensions(head: &mut impl EditableHead, grounds: Grounds, route: Option<MatchedRoute>) {
    if let Some(route) = route {
        head.extensions_mut().insert(route);
    }
    match grounds {
        Grounds::Open => {}
        Grounds::Token { claims, .. } => {
            head.extensions_mut().insert(claims);
        }
        Grounds::Shadow(rejection) => {
            head.extensions_mut().insert(rejection);
        }
    }
}
