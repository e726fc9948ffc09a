//! A request that may pass, and what is changed in it before it is forwarded.

use std::sync::Arc;

use super::{gate::Gate, head::EditableHead, matching::Target, shadow};
use crate::{authorizer::Authorizer, claims::Claims, decide::Rejection, route::RouteAuthorization};

/// A request that may pass, and by what.
#[derive(Clone, Debug)]
pub(super) struct Passed {
    pub(super) target: Target,
    reason: Reason,
}

#[derive(Clone, Debug)]
enum Reason {
    /// No token was asked for.
    Open,
    /// A token, and what else to change in the request, if anything.
    Token { claims: Claims, rewrite: Option<Rewrite> },
    /// The request is rejected, and passes because the gate is a shadow.
    Shadow(Rejection),
}

/// What claim headers are made of.
#[derive(Clone, Debug)]
pub(super) struct Rewrite {
    pub(super) authorizer: Authorizer,
    pub(super) authorization: Arc<RouteAuthorization>,
}

impl Passed {
    pub(super) fn open(target: Target) -> Self {
        Self { target, reason: Reason::Open }
    }

    pub(super) fn with_token(target: Target, claims: Claims, rewrite: Option<Rewrite>) -> Self {
        Self { target, reason: Reason::Token { claims, rewrite } }
    }

    pub(super) fn rejected(target: Target, rejection: Rejection) -> Self {
        Self { target, reason: Reason::Shadow(rejection) }
    }
}

impl Gate {
    /// Counts and logs what a shadow decided.
    pub(super) fn report(&self, passed: &Passed) {
        if !self.is_shadow {
            return;
        }
        match &passed.reason {
            Reason::Open => shadow::tell("open"),
            Reason::Token { .. } => shadow::tell("allowed"),
            Reason::Shadow(rejection) => {
                let route_key = self.matching.route(passed.target).map(|route| route.key());
                shadow::tell_refusal(rejection.kind(), route_key);
            }
        }
    }

    /// Changes a request that may pass, before the inner service is called.
    pub(super) fn prepare(&self, head: &mut impl EditableHead, passed: Passed) {
        self.claim_headers.strip(head.headers_mut());
        match passed.reason {
            Reason::Open => {}
            Reason::Token { claims, rewrite } => {
                if let Some(Rewrite { authorizer, authorization }) = rewrite {
                    authorizer.add_claim_headers(&claims, &authorization, head.headers_mut());
                    authorizer.strip_token(head.headers_mut());
                    authorizer.strip_token_of(head.uri_mut());
                    #[cfg(feature = "axum")]
                    if let Some(original) = head.extensions_mut().get_mut::<axum::extract::OriginalUri>() {
                        authorizer.strip_token_of(&mut original.0);
                    }
                }
                head.extensions_mut().insert(claims);
            }
            Reason::Shadow(rejection) => {
                head.extensions_mut().insert(rejection);
            }
        }
    }
}
