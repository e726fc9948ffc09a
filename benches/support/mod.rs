//! What the benches share: a token of 860 bytes, a service that does nothing, and a request for it.
#![allow(dead_code, unreachable_pub, reason = "each bench uses its part")]

use std::{
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
};

use bytes::Bytes;
use cognito_authorizer::Authorizer;
use http::{Request, Response};
use http_body_util::Empty;
use tower::Service;

use crate::tests::{
    keys::{self, ScriptedKeys},
    tokens::Token,
};

/// An access token of 860 bytes, a few more or less, as Cognito issues to an app client.
pub fn token() -> String {
    numbered_token(0)
}

/// One of many.
pub fn numbered_token(number: usize) -> String {
    let jti = format!("11111111-2222-3333-4444-{number:012}");
    let token = Token::access().with("jti", jti).with("origin_jti", "5").sign();
    assert!((850..=870).contains(&token.len()), "{} bytes", token.len());
    token
}

/// An authorizer with its keys, and a token cache of this size.
pub fn authorizer(token_cache_bytes: u64) -> Authorizer {
    let authorizer = keys::builder(&ScriptedKeys::new()).token_cache_bytes(token_cache_bytes).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(authorizer.hydrate()).unwrap();
    authorizer
}

/// The token with another signature.
pub fn forged(token: &str) -> String {
    let (rest, signature) = token.rsplit_once('.').unwrap();
    format!("{rest}.AAAA{}", &signature[4..])
}

pub fn request(token: &str) -> Request<()> {
    Request::builder().uri("/pets").header("authorization", token).body(()).unwrap()
}

/// Answers 200.
#[derive(Clone, Debug)]
pub struct Noop;

impl<B> Service<Request<B>> for Noop {
    type Response = Response<Empty<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<B>) -> Self::Future {
        ready(Ok(Response::new(Empty::new())))
    }
}

/// Polls a future that is ready at once.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}
