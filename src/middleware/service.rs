//! The tower service.

use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::{
    ResponseBody, ResponseFuture,
    gate::{Decision, SharedGate},
    head::RequestHead,
};

/// A service that an [`Authorizer`](crate::Authorizer) protects.
#[derive(Clone, Debug)]
pub struct AuthorizerService<S> {
    inner: S,
    gate: SharedGate,
}

impl<S> AuthorizerService<S> {
    pub(super) fn new(inner: S, gate: SharedGate) -> Self {
        Self { inner, gate }
    }

    /// Returns a reference to the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns a mutable reference to the inner service.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the inner service.
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

    fn call(&mut self, mut request: Request<B>) -> ResponseFuture<S, B> {
        match self.gate.decide(RequestHead::of_request(&request)) {
            Decision::Admit(pass) => {
                self.gate.report(request.method(), &pass);
                let cors = self.gate.response_cors(RequestHead::of_request(&request));
                self.gate.forward(&mut request, pass);
                ResponseFuture::call(&mut self.inner, request, cors)
            }
            Decision::Respond(response) => ResponseFuture::reject(*response),
            // The clone is polled for readiness once the keys have arrived. Until then, a forged token must not hold
            // capacity that the inner service reserved for an accepted request.
            Decision::Wait(fetch) => ResponseFuture::await_keys(self.inner.clone(), request, self.gate.clone(), fetch),
        }
    }
}
