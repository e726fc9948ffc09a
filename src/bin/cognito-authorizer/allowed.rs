//! The inner service of the commands, which shows whether the layer accepted a request.

use std::{
    convert::Infallible,
    future::{Ready, poll_fn, ready},
    task::{Context, Poll},
};

use bytes::Bytes;
use cognito_authorizer::{
    AuthorizerLayer, Claims,
    middleware::{AuthorizerService, ResponseBody},
};
use http::{Request, Response};
use http_body_util::Empty;
use tower_layer::Layer;
use tower_service::Service;

/// An empty body.
pub(crate) type Nothing = Empty<Bytes>;

/// Applies a layer to the inner service.
pub(crate) fn behind(layer: &AuthorizerLayer) -> AuthorizerService<Allowed> {
    layer.layer(Allowed)
}

/// Sends a request, and returns its response.
pub(crate) async fn ask(
    service: &mut AuthorizerService<Allowed>,
    request: Request<Nothing>,
) -> Response<ResponseBody<Nothing>> {
    let Ok(()) = poll_fn(|context| service.poll_ready(context)).await;
    let Ok(response) = service.call(request).await;
    response
}

/// Marks a response of the inner service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forwarded;

/// The inner service: answers with the claims, if there are any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed;

impl Service<Request<Nothing>> for Allowed {
    type Response = Response<Nothing>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Nothing>) -> Self::Future {
        let mut response = Response::new(Empty::new());
        response.extensions_mut().insert(Forwarded);
        if let Some(claims) = request.extensions_mut().remove::<Claims>() {
            response.extensions_mut().insert(claims);
        }
        ready(Ok(response))
    }
}
