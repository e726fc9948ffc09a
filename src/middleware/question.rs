//! The question to the authorizer of a route, and its answer.

use std::sync::Arc;

use http::HeaderMap;

use crate::{
    authorizer::Authorizer,
    claims::Claims,
    decide::{Rejection, Stop},
    jwks::FetchEnd,
    route::RouteAuthorization,
    user_pool::Issuer,
};

/// Asks whether the token of a request is accepted under the rule of its route.
#[derive(Clone, Copy)]
pub(super) struct Question<'q> {
    pub(super) headers: &'q HeaderMap,
    pub(super) query: Option<&'q str>,
    pub(super) authorizer: &'q Authorizer,
    pub(super) authorization: &'q Arc<RouteAuthorization>,
}

/// How to answer a question.
#[derive(Clone, Copy)]
pub(super) enum Ask {
    /// From the cached keys, or after a fetch if a key is not cached and a fetch is allowed.
    MayFetch,
    /// From the cached keys only.
    Cached,
    /// From the cached keys only, for a request that was accepted before: the revocation check is skipped.
    Again,
}

/// The answer to a [`Question`].
pub(super) enum Answer {
    Accept(Claims),
    Reject(Rejection),
    /// The key is not cached; ask again once this fetch has ended.
    Fetch(FetchEnd),
}

impl Question<'_> {
    #[inline]
    pub(super) fn answer(self, ask: Ask) -> Answer {
        let issuer = match self.ask(ask) {
            Ok(answer) => return answer,
            Err(issuer) => issuer,
        };
        match ask {
            Ask::MayFetch => self.fetch(&issuer),
            Ask::Cached | Ask::Again => self.reject_missing_key(&issuer),
        }
    }

    /// Starts a fetch of the issuer's keys if one is allowed.
    #[cold]
    fn fetch(self, issuer: &Issuer) -> Answer {
        // Keys may have arrived since: record the counter, ask again, and fetch only if the keys are unchanged.
        let seen = self.authorizer.keys().times_taken(issuer);
        let issuer = match self.ask(Ask::MayFetch) {
            Ok(answer) => return answer,
            Err(issuer) => issuer,
        };
        match self.authorizer.keys().refresh(&issuer, seen) {
            Some(fetch_end) => Answer::Fetch(fetch_end),
            None => self.answer(Ask::Cached),
        }
    }

    /// Answers from the cached keys; an error names the issuer whose key is not cached.
    #[inline]
    fn ask(self, ask: Ask) -> Result<Answer, Arc<Issuer>> {
        let Self { headers, query, authorizer, authorization } = self;
        let claims = match ask {
            Ask::MayFetch | Ask::Cached => authorizer.authorize_cached(authorization, headers, query),
            Ask::Again => authorizer.authorize_unrevoked(authorization, headers, query),
        };
        match claims {
            Ok(claims) => Ok(Answer::Accept(claims)),
            Err(Stop::Deny(kind)) => Ok(Answer::Reject(kind.into())),
            Err(Stop::NeedKeys(issuer)) => Err(issuer),
        }
    }

    fn reject_missing_key(self, issuer: &Issuer) -> Answer {
        Answer::Reject(self.authorizer.key_not_found(issuer))
    }
}
