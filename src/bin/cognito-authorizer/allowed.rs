//! The service behind the layer that the commands ask: it says who was let in.

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

/// A body with nothing in it.
pub(crate) type Nothing = Empty<Bytes>;

/// A layer in front of a service that lets everybody in.
pub(crate) fn behind(layer: &AuthorizerLayer) -> AuthorizerService<Allowed> {
    layer.layer(Allowed)
}

/// The answer to a request.
pub(crate) async fn ask(
    service: &mut AuthorizerService<Allowed>,
    request: Request<Nothing>,
) -> Response<ResponseBody<Nothing>> {
    let Ok(()) = poll_fn(|context| service.poll_ready(context)).await;
    let Ok(response) = service.call(request).await;
    response
}

/// Who is called if a request may pass: answers with the claims, if there are any.
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
        if let Some(claims) = request.extensions_mut().remove::<Claims>() {
            response.extensions_mut().insert(claims);
        }
        ready(Ok(response))
    }
}
