//! What happens to each request: the question to the core, and what is done about the answer.

use std::sync::Arc;

use bytes::Bytes;
use http::{
    Method, Request, Response, Uri,
    header::{ACCESS_CONTROL_REQUEST_METHOD, CONTENT_LENGTH, ORIGIN, TRANSFER_ENCODING},
};

use super::{h2c, request_ids, shadow};
use crate::{
    authorizer::{Authorizer, Authorizers},
    claims::Claims,
    decide::{Rejection, RejectionKind, Verdict},
    gateway_response::RefusedRequest,
    jwks::Refreshed,
    request_context::ClaimHeaders,
    route::{NoRoute, Overrides, Route, RouteAuthorization, RouteTable},
    user_pool::Issuer,
};

/// The authorizers of an API and the rule, or rules, that they apply.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    /// Never empty. The first one says what is the same for all of them: their type, and what is answered where no
    /// route names one.
    authorizers: Authorizers,
    rule: Rule,
    /// Those of all of them: what one makes, a caller must not send to a route of another one either.
    claim_headers: ClaimHeaders,
    /// Whether refused requests pass all the same.
    is_shadow: bool,
    #[cfg(feature = "axum")]
    original_uri: bool,
}

/// The rule, or rules, that a layer applies.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    /// Whatever the path: the router has chosen already.
    One(Arc<RouteAuthorization>),
    Table {
        table: Arc<RouteTable>,
        /// Whom each route asks, in the order of the table; nobody, if it names an authorizer that is not there.
        asked: Arc<[Option<Authorizer>]>,
    },
}

/// The gate of a service. There is one count of references for all of it: frameworks clone a service for
/// each request.
pub(super) type SharedGate = Arc<Gate>;

/// What to do with a request.
pub(super) enum Decision {
    /// Prepare it and call the inner service.
    Allow(Passed),
    /// Answer with this.
    Deny(Response<Bytes>),
    /// Decide again once a fetch of keys has ended.
    Wait(Refreshed),
}

/// A request that may pass, and by what.
pub(super) enum Passed {
    /// No token was asked for.
    Open,
    /// What is to be done to the request besides, if anything is.
    Token { claims: Claims, rewrite: Option<Rewrite> },
    /// It is refused, and passes because the gate is a shadow of one.
    Refused { rejection: Rejection, route_key: Option<Box<str>> },
}

/// Who lets a request pass, and what its route asks for: what claim headers are made of.
pub(super) struct Rewrite {
    authorizer: Authorizer,
    authorization: Arc<RouteAuthorization>,
}

/// What a request falls under.
#[derive(Clone, Copy)]
enum Target<'g> {
    /// Nothing, and it is handed on.
    Unknown,
    /// The rule of the layer, whatever the path.
    Any(&'g Arc<RouteAuthorization>),
    Route(&'g Route),
}

impl<'g> Target<'g> {
    fn authorization(self) -> Option<&'g Arc<RouteAuthorization>> {
        match self {
            Self::Unknown => None,
            Self::Any(authorization) => Some(authorization),
            Self::Route(route) => Some(route.shared_authorization()),
        }
    }

    fn route_key(self) -> Option<&'g str> {
        match self {
            Self::Unknown | Self::Any(_) => None,
            Self::Route(route) => Some(route.key()),
        }
    }
}

impl Gate {
    pub(super) fn new(authorizers: Authorizers, rule: Rule) -> Self {
        let claim_headers = authorizers.iter().map(|(_, authorizer)| authorizer.claim_headers());
        let claim_headers = claim_headers.fold(ClaimHeaders::default(), ClaimHeaders::with_names_of);
        Self {
            authorizers,
            rule,
            claim_headers,
            is_shadow: false,
            #[cfg(feature = "axum")]
            original_uri: false,
        }
    }

    #[cfg(feature = "axum")]
    pub(super) fn for_nested_router(&self) -> Self {
        Self { original_uri: true, ..self.clone() }
    }

    pub(super) fn shadow(&self) -> Self {
        Self { is_shadow: true, ..self.clone() }
    }

    /// Decides, with a fetch of keys if one is needed and it is not too early for it.
    pub(super) fn decide<B>(&self, request: &Request<B>) -> Decision {
        self.decide_or(request, |authorizer, issuer| {
            // A fetch may have ended since the verdict, and then another one would be one too many: so
            // the keys are noted, looked at again, and fetched only if they are still those.
            let seen = authorizer.times_keys_taken(issuer);
            Ok(self.decide_or(request, |authorizer, issuer| match authorizer.refresh(issuer, seen) {
                Some(refreshed) => Ok(Decision::Wait(refreshed)),
                None => Ok(self.decide_for_good(request)),
            }))
        })
    }

    /// Decides with the keys at hand.
    pub(super) fn decide_for_good<B>(&self, request: &Request<B>) -> Decision {
        self.decide_or(request, |authorizer, issuer| Err(authorizer.key_not_found(issuer)))
    }

    /// Does to a request that may pass what is to be done before the inner service is called.
    pub(super) fn prepare<B>(&self, request: &mut Request<B>, passed: Passed) {
        if self.is_shadow {
            match &passed {
                Passed::Open => shadow::tell("open"),
                Passed::Token { .. } => shadow::tell("allowed"),
                Passed::Refused { rejection, route_key } => {
                    shadow::tell_refusal(rejection.kind(), route_key.as_deref())
                }
            }
        }
        self.claim_headers.strip(request.headers_mut());
        h2c::remove_upgrade(request.headers_mut());
        match passed {
            Passed::Open => {}
            Passed::Token { claims, rewrite } => {
                if let Some(Rewrite { authorizer, authorization }) = rewrite {
                    authorizer.add_claim_headers(&claims, &authorization, request.headers_mut());
                    authorizer.strip_token(request);
                    #[cfg(feature = "axum")]
                    if let Some(original) = request.extensions_mut().get_mut::<axum::extract::OriginalUri>() {
                        authorizer.strip_token_of(&mut original.0);
                    }
                }
                request.extensions_mut().insert(claims);
            }
            Passed::Refused { rejection, .. } => {
                request.extensions_mut().insert(rejection);
            }
        }
    }
}

impl Gate {
    /// Decides, and leaves it to the caller what happens if a key of an issuer is not at hand.
    fn decide_or<B>(
        &self,
        request: &Request<B>,
        key_missing: impl FnOnce(&Authorizer, &Issuer) -> Result<Decision, Rejection>,
    ) -> Decision {
        let uri = self.uri(request);
        let found = self.target(request, uri).and_then(|target| self.for_whole_path(request, target));
        if self.passes_preflight(found) && is_preflight(request) {
            return Decision::Allow(Passed::Open);
        }
        let target = match found {
            Ok(target) => target,
            Err(no_route) => return self.deny(request, uri, None, no_route.into()),
        };
        let guarded = target.authorization().filter(|authorization| ***authorization != RouteAuthorization::None);
        let Some(authorization) = guarded else { return Decision::Allow(Passed::Open) };
        let Some(authorizer) = self.authorizer_of(target) else {
            return self.deny(request, uri, Some(target), RejectionKind::UnknownAuthorizer.into());
        };
        let verdict = authorizer.authorize(authorization, request.headers(), uri.query());
        let decision = match verdict {
            Verdict::Allow(None) => Ok(Decision::Allow(Passed::Open)),
            Verdict::Allow(Some(claims)) => {
                let rewrite = || Rewrite { authorizer: authorizer.clone(), authorization: Arc::clone(authorization) };
                Ok(Decision::Allow(Passed::Token { claims, rewrite: authorizer.rewrites().then(rewrite) }))
            }
            Verdict::Deny(rejection) => Err(rejection),
            Verdict::NeedKeys(issuer) => key_missing(authorizer, &issuer),
        };
        decision.unwrap_or_else(|rejection| self.deny(request, uri, Some(target), rejection))
    }

    fn target<B>(&self, request: &Request<B>, uri: &Uri) -> Result<Target<'_>, NoRoute> {
        match &self.rule {
            Rule::One(authorization) => Ok(Target::Any(authorization)),
            Rule::Table { table, .. } => {
                let overrides = Overrides::of(request.headers(), uri.query());
                let rules = self.authorizers.first().rules().routes;
                let route = table.find_route(request.method(), uri.path(), &overrides, rules)?;
                Ok(route.map_or(Target::Unknown, Target::Route))
            }
        }
    }

    /// Whether a preflight passes: as whoever is asked has it, and where no route covers it if all of them have it so.
    fn passes_preflight(&self, found: Result<Target<'_>, NoRoute>) -> bool {
        match found {
            Ok(target @ (Target::Any(_) | Target::Route(_))) => {
                self.authorizer_of(target).is_some_and(Authorizer::passes_preflight)
            }
            Ok(Target::Unknown) | Err(NoRoute::NotFound) => {
                self.authorizers.iter().all(|(_, own)| own.passes_preflight())
            }
            Err(NoRoute::Ambiguous | NoRoute::UnknownStage) => false,
        }
    }

    /// Who judges the token; nobody, if the route names an authorizer that is not there.
    fn authorizer_of(&self, target: Target<'_>) -> Option<&Authorizer> {
        match (target, &self.rule) {
            (Target::Route(route), Rule::Table { asked, .. }) => asked.get(route.place())?.as_ref(),
            (Target::Any(_), _) => Some(self.authorizers.first()),
            (Target::Unknown | Target::Route(_), _) => None,
        }
    }

    /// The target of the request, as it is compared with routes.
    #[cfg(feature = "axum")]
    fn uri<'r, B>(&self, request: &'r Request<B>) -> &'r Uri {
        let original = request.extensions().get::<axum::extract::OriginalUri>().filter(|_| self.original_uri);
        original.map_or(request.uri(), |original| &original.0)
    }

    #[cfg(not(feature = "axum"))]
    fn uri<'r, B>(&self, request: &'r Request<B>) -> &'r Uri {
        request.uri()
    }

    /// The same target, unless a nested axum router left a part of the path only, and the table does not
    /// know the request by that part, or has another rule for the whole, be it for another method.
    #[cfg(feature = "axum")]
    fn for_whole_path<'g, B>(&'g self, request: &Request<B>, target: Target<'g>) -> Result<Target<'g>, NoRoute> {
        let Rule::Table { table, .. } = &self.rule else { return Ok(target) };
        let original = request.extensions().get::<axum::extract::OriginalUri>().filter(|_| !self.original_uri);
        let Some(original) = original.filter(|original| original.0.path() != request.uri().path()) else {
            return Ok(target);
        };
        match (target, self.target(request, &original.0)) {
            (Target::Unknown, _) => Err(NoRoute::NotFound),
            (Target::Route(route), Ok(Target::Route(whole))) if !route.has_same_rule(whole) => Err(NoRoute::Ambiguous),
            (Target::Route(route), Err(NoRoute::NotFound))
                if table.guards_otherwise(original.0.path(), self.authorizers.first().rules().routes, route) =>
            {
                Err(NoRoute::Ambiguous)
            }
            (_, Err(NoRoute::Ambiguous)) => Err(NoRoute::Ambiguous),
            _ => Ok(target),
        }
    }

    #[cfg(not(feature = "axum"))]
    fn for_whole_path<'g, B>(&'g self, _request: &Request<B>, target: Target<'g>) -> Result<Target<'g>, NoRoute> {
        Ok(target)
    }

    fn deny<B>(&self, request: &Request<B>, uri: &Uri, target: Option<Target<'_>>, rejection: Rejection) -> Decision {
        let route_key = target.and_then(Target::route_key);
        if self.is_shadow {
            return Decision::Allow(Passed::Refused { rejection, route_key: route_key.map(Box::from) });
        }
        let authorizer = target.and_then(|target| self.authorizer_of(target)).unwrap_or(self.authorizers.first());
        let ids = request_ids::random();
        tracing::debug!(
            reason = rejection.kind().code(),
            request_id = ids.sent(authorizer.rules()).to_str().ok(),
            "request refused"
        );
        let refused = RefusedRequest {
            method: request.method(),
            uri,
            version: request.version(),
            headers: request.headers(),
            route_key,
            authorization: target.and_then(Target::authorization).map(|authorization| &**authorization),
            stage: self.stage(),
            now: &|| authorizer.now(),
        };
        let mut response = authorizer.renderer().render(rejection, refused, ids);
        response.extensions_mut().insert(rejection);
        Decision::Deny(response)
    }

    fn stage(&self) -> &str {
        match &self.rule {
            Rule::One(_) => "",
            Rule::Table { table, .. } => table.stage(),
        }
    }
}

/// A CORS preflight request (Fetch standard, "CORS-preflight request"): it has no body.
fn is_preflight<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    let has_body =
        headers.contains_key(TRANSFER_ENCODING) || headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0");
    *request.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        && !has_body
}
