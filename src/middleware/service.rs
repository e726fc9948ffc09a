//! The service.

use std::{
    mem,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;

use super::{ResponseBody, ResponseFuture, layer::Gate};
use crate::decide::Verdict;

/// A service behind an [`Authorizer`](crate::Authorizer).
#[derive(Clone, Debug)]
pub struct AuthorizerService<S> {
    inner: S,
    gate: Gate,
}

impl<S> AuthorizerService<S> {
    pub(super) fn new(inner: S, gate: Gate) -> Self {
        Self { inner, gate }
    }

    /// The inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The inner service alone.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, B, R> Service<Request<B>> for AuthorizerService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture<S, B> {
        match self.gate.decide(request.method(), request.uri(), request.headers()) {
            Verdict::Allow(claims) => ResponseFuture::call(&mut self.inner, request, claims),
            Verdict::Deny(rejection) => ResponseFuture::reject(rejection.kind()),
            Verdict::NeedKeys(need) => match self.gate.authorizer.refresh(need) {
                Some(refreshed) => {
                    // The instance that was polled ready is the one to call, so the clone stays here.
                    let clone = self.inner.clone();
                    let ready = mem::replace(&mut self.inner, clone);
                    ResponseFuture::await_keys(ready, request, self.gate.clone(), refreshed)
                }
                None => ResponseFuture::reject(self.gate.authorizer.without_key(need)),
            },
        }
    }
}
