//! Requests to a layer, answered at once: no key is fetched, and the service behind is always ready.

use std::{
    convert::Infallible,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use cognito_authorizer::{
    Authorizer, AuthorizerBuilder, AuthorizerLayer,
    clock::ManualClock,
    keys::{KeyFuture, KeyRequest, KeySource},
};
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt, service_fn};

use super::tokens::{ACCESS, ID, POOL_ID, jwk_set, now};

/// Brings the keys of the user pool.
#[derive(Debug)]
struct Keys;

impl KeySource for Keys {
    fn fetch(&self, _request: KeyRequest) -> KeyFuture {
        Box::pin(async { Ok(Bytes::from(jwk_set([&*ACCESS, &*ID])).into()) })
    }
}

/// An authorizer for the user pool, to be built. It remembers nothing: the memory for that takes longer than all the rest.
pub fn builder() -> AuthorizerBuilder {
    let builder = Authorizer::for_user_pool(POOL_ID).key_source(Keys);
    builder.clock(ManualClock::new(now())).token_cache_bytes(0)
}

/// Obtains the keys.
pub fn hydrated(authorizer: Authorizer) -> Authorizer {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(authorizer.hydrate()).unwrap();
    authorizer
}

/// Sends a request, and reads all of the answer.
pub fn answer(layer: &AuthorizerLayer, request: Request<()>) -> Response<Bytes> {
    at_once(send(layer, request))
}

/// Sends a request to a service that answers 200.
pub async fn send(layer: &AuthorizerLayer, request: Request<()>) -> Response<Bytes> {
    let inner = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())) });
    let response = layer.layer(inner).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

/// Adds the headers that stand in these lines, as far as they are ones.
pub fn add_headers<'t, B>(request: &mut Request<B>, lines: impl Iterator<Item = &'t str>) {
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let (name, value) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.trim_start().as_bytes()));
        if let (Ok(name), Ok(value)) = (name, value) {
            request.headers_mut().append(name, value);
        }
    }
}

fn at_once<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the answer waits for something"),
    }
}
