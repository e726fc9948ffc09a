//! What happens to each request: the question to the authorizer, and the answer.

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, Uri};

use super::{
    head::RequestHead,
    matching::{Matching, Rule, Target},
    request_ids,
    rewrite::{Passed, Rewrite},
};
use crate::{
    authorizer::{Authorizer, Authorizers},
    decide::{Rejection, RejectionKind, Verdict},
    gateway_response::RefusedRequest,
    jwks::Refreshed,
    request_context::ClaimHeaders,
    route::{RouteAuthorization, RouteTable},
    user_pool::Issuer,
};

/// Decides about every request of a layer.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub(super) matching: Matching,
    /// The claim headers of all authorizers, removed from every request.
    pub(super) claim_headers: ClaimHeaders,
    /// Whether rejected requests pass all the same.
    pub(super) is_shadow: bool,
}

/// The gate of a service. One reference count for all of it: frameworks clone a service for each request.
pub(super) type SharedGate = Arc<Gate>;

/// What to do with a request.
pub(super) enum Decision {
    /// Prepare the request, and call the inner service.
    Admit(Passed),
    /// Answer with this. It is boxed, so that a decision is small on the common path.
    Reject(Box<Response<Bytes>>),
    /// Decide again once a fetch of keys has ended.
    Wait(Waiting),
}

/// A request that needs a key which is not cached, and the fetch that may bring it.
pub(super) struct Waiting {
    pub(super) refreshed: Refreshed,
    /// The rule, resolved once.
    target: Target,
}

/// What a waiting request is asked when the fetch has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resumption {
    target: Target,
    /// Whether the fetch was under way when the request came. It may have started too early to bring the key, so another
    /// fetch is worth waiting for.
    may_wait_again: bool,
}

impl Waiting {
    pub(super) fn resumption(&self) -> Resumption {
        Resumption { target: self.target, may_wait_again: self.refreshed.is_joined }
    }
}

/// A token to be judged by an authorizer.
#[derive(Clone, Copy)]
struct Question<'q> {
    head: RequestHead<'q>,
    target: Target,
    authorizer: &'q Authorizer,
    authorization: &'q Arc<RouteAuthorization>,
}

/// Why no authorizer is asked.
#[derive(Clone, Copy)]
enum NothingToAsk {
    /// No rule asks for a token.
    Open,
    /// The route names an authorizer that the layer does not have.
    UnknownAuthorizer,
}

impl Gate {
    pub(super) fn new(authorizers: Authorizers, rule: Rule) -> Self {
        let claim_headers = authorizers.iter().map(|(_, authorizer)| authorizer.claim_headers());
        let claim_headers = claim_headers.fold(ClaimHeaders::default(), ClaimHeaders::with_names_of);
        Self { matching: Matching::new(authorizers, rule), claim_headers, is_shadow: false }
    }

    #[cfg(feature = "axum")]
    pub(super) fn for_nested_router(&self) -> Self {
        Self { matching: self.matching.clone().for_nested_router(), ..self.clone() }
    }

    pub(super) fn shadow(&self) -> Self {
        Self { is_shadow: true, ..self.clone() }
    }

    /// Decides, with a fetch of keys if one is needed and allowed.
    #[inline]
    pub(super) fn decide(&self, head: RequestHead<'_>) -> Decision {
        let found = self.matching.find(head);
        if self.matching.passes_preflight(found) && head.is_preflight() {
            return Decision::Admit(Passed::open(found.unwrap_or(Target::Unknown)));
        }
        match found {
            Ok(target) => self.ask(head, target),
            Err(no_route) => self.reject(head, None, no_route.into()),
        }
    }

    /// Decides again, after a fetch has ended.
    pub(super) fn resume(&self, head: RequestHead<'_>, resumption: Resumption) -> Decision {
        match self.question(head, resumption.target) {
            Ok(question) if resumption.may_wait_again => self.ask_or_wait(question),
            Ok(question) => self.ask_for_good(question),
            Err(nothing) => self.decide_unasked(head, resumption.target, nothing),
        }
    }

    /// Decides again whether a request that waited for the service may still pass. The revocation check is not asked again.
    pub(super) fn recheck(&self, head: RequestHead<'_>, passed: Passed) -> Decision {
        let Ok(question) = self.question(head, passed.target) else { return Decision::Admit(passed) };
        let Question { authorizer, authorization, .. } = question;
        match authorizer.authorize_unrevoked(authorization, head.headers, self.uri(head).query()) {
            Verdict::Allow(_) => Decision::Admit(passed),
            Verdict::Deny(rejection) => self.reject(head, Some(passed.target), rejection),
            Verdict::NeedKeys(issuer) => self.reject(head, Some(passed.target), authorizer.key_not_found(&issuer)),
        }
    }
}

impl Gate {
    #[inline]
    fn ask(&self, head: RequestHead<'_>, target: Target) -> Decision {
        match self.question(head, target) {
            Ok(question) => self.ask_or_wait(question),
            Err(nothing) => self.decide_unasked(head, target, nothing),
        }
    }

    /// The question to the route's authorizer.
    #[inline]
    fn question<'q>(&'q self, head: RequestHead<'q>, target: Target) -> Result<Question<'q>, NothingToAsk> {
        let authorization = self.matching.authorization(target);
        let Some(authorization) = authorization.filter(|own| ***own != RouteAuthorization::None) else {
            return Err(NothingToAsk::Open);
        };
        let authorizer = self.matching.authorizer(target).ok_or(NothingToAsk::UnknownAuthorizer)?;
        Ok(Question { head, target, authorizer, authorization })
    }

    fn decide_unasked(&self, head: RequestHead<'_>, target: Target, nothing: NothingToAsk) -> Decision {
        match nothing {
            NothingToAsk::Open => Decision::Admit(Passed::open(target)),
            NothingToAsk::UnknownAuthorizer => self.reject(head, Some(target), RejectionKind::UnknownAuthorizer.into()),
        }
    }

    /// Decides with the cached keys, or with those that a fetch brings.
    #[inline]
    fn ask_or_wait(&self, question: Question<'_>) -> Decision {
        let issuer = match self.answer(question) {
            Ok(decision) => return decision,
            Err(issuer) => issuer,
        };
        // A fetch may have ended since the verdict, and another one would be one too many: record the counter, ask again,
        // and fetch only if the keys are still the same.
        let seen = question.authorizer.times_keys_taken(&issuer);
        let issuer = match self.answer(question) {
            Ok(decision) => return decision,
            Err(issuer) => issuer,
        };
        match question.authorizer.refresh(&issuer, seen) {
            Some(refreshed) => Decision::Wait(Waiting { refreshed, target: question.target }),
            None => self.ask_for_good(question),
        }
    }

    /// Decides with the cached keys alone.
    fn ask_for_good(&self, question: Question<'_>) -> Decision {
        self.answer(question).unwrap_or_else(|issuer| {
            self.reject(question.head, Some(question.target), question.authorizer.key_not_found(&issuer))
        })
    }

    /// The decision by the cached keys; an error names the issuer whose key is not cached.
    #[inline]
    fn answer(&self, question: Question<'_>) -> Result<Decision, Arc<Issuer>> {
        let Question { head, target, authorizer, authorization } = question;
        match authorizer.authorize(authorization, head.headers, self.uri(head).query()) {
            Verdict::Allow(None) => Ok(Decision::Admit(Passed::open(target))),
            Verdict::Allow(Some(claims)) => {
                let rewrite = || Rewrite { authorizer: authorizer.clone(), authorization: Arc::clone(authorization) };
                Ok(Decision::Admit(Passed::with_token(target, claims, authorizer.rewrites().then(rewrite))))
            }
            Verdict::Deny(rejection) => Ok(self.reject(head, Some(target), rejection)),
            Verdict::NeedKeys(issuer) => Err(issuer),
        }
    }

    /// The target of the request, as it is compared with routes.
    fn uri<'r>(&self, head: RequestHead<'r>) -> &'r Uri {
        self.matching.uri(head.uri, head.original_uri())
    }

    #[cold]
    fn reject(&self, head: RequestHead<'_>, target: Option<Target>, rejection: Rejection) -> Decision {
        if self.is_shadow {
            return Decision::Admit(Passed::rejected(target.unwrap_or(Target::Unknown), rejection));
        }
        let authorizer = target.and_then(|target| self.matching.authorizer(target));
        let authorizer = authorizer.unwrap_or(self.matching.authorizers().first());
        let ids = request_ids::random();
        tracing::debug!(
            reason = rejection.kind().code(),
            request_id = ids.sent(authorizer.rules()).to_str().ok(),
            "request refused"
        );
        let refused = RefusedRequest {
            method: head.method,
            uri: self.uri(head),
            version: head.version,
            headers: head.headers,
            route_key: target.and_then(|target| self.matching.route(target)).map(|route| route.key()),
            authorization: target.and_then(|target| self.matching.authorization(target)).map(|own| &**own),
            stage: self.matching.table().map(|table| RouteTable::stage(table)).unwrap_or_default(),
            now: &|| authorizer.now(),
        };
        let mut response = authorizer.renderer().render(rejection, refused, ids);
        response.extensions_mut().insert(rejection);
        Decision::Reject(Box::new(response))
    }
}
