//! Requests to a layer, and what comes back.

use std::convert::Infallible;

use bytes::Bytes;
use cognito_authorizer::{AuthorizerLayer, Claims, Rejection, RejectionKind};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt, service_fn};

/// A response, all of it.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    pub reason: Option<RejectionKind>,
}

/// A request with these `Authorization` headers.
pub fn request(method: &str, path: &str, authorization: &[&str]) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(path);
    let request = authorization.iter().fold(request, |request, value| request.header("authorization", *value));
    request.body(Full::default()).unwrap()
}

/// Sends a request through the layer to a service that answers 200 and the subject.
pub async fn send(layer: &AuthorizerLayer, request: Request<Full<Bytes>>) -> Answer {
    let inner = service_fn(|request: Request<Full<Bytes>>| async move {
        let subject = request.extensions().get::<Claims>().map_or("nobody", Claims::subject).to_owned();
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(subject)))
    });
    let response = layer.layer(inner).oneshot(request).await.unwrap();
    let reason = response.extensions().get::<Rejection>().map(|rejection| rejection.kind());
    let (parts, body) = response.into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, body, reason }
}

/// Sends a token, and says why it was refused, if it was.
pub async fn reason(layer: &AuthorizerLayer, token: &str) -> Option<RejectionKind> {
    send(layer, request("GET", "/", &[token])).await.reason
}
