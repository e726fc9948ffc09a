//! Sends requests to a layer, and checks the responses.

use std::convert::Infallible;

use bytes::Bytes;
use cognito_authorizer::{Authorizer, AuthorizerLayer, Claims, Rejection, RejectionKind, Verdict};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tokio::task::JoinHandle;
use tower::{Layer, ServiceExt, service_fn};

/// Creates a layer that requires the scope of the test tokens.
pub fn scoped(authorizer: &Authorizer) -> AuthorizerLayer {
    authorizer.layer().scopes(["pets/read"]).unwrap()
}

/// A complete response.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    pub reason: Option<RejectionKind>,
}

/// Returns the rejection kind of a verdict on a token whose keys are cached.
pub fn denied<T: std::fmt::Debug>(verdict: Verdict<T>) -> Option<RejectionKind> {
    match verdict {
        Verdict::Allow(_) => None,
        Verdict::Deny(rejection) => Some(rejection.kind()),
        Verdict::NeedKeys(need) => panic!("the keys are there: {need:?}"),
    }
}

/// Builds a request with these `Authorization` headers.
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

/// Sends a token, and returns why it was rejected, if it was. Checks the complete response.
pub async fn reason(layer: &AuthorizerLayer, token: &str) -> Option<RejectionKind> {
    let answer = send(layer, request("GET", "/", &[token])).await;
    if let Some(kind) = answer.reason {
        answer.assert_is_gateway_response(kind);
    }
    answer.reason
}

/// Sends a token on its own task.
pub fn ask(layer: &AuthorizerLayer, token: &str) -> JoinHandle<Option<RejectionKind>> {
    let (layer, token) = (layer.clone(), token.to_owned());
    tokio::spawn(async move { reason(&layer, &token).await })
}

/// Returns whether a token is rejected, with few other checks: for very many tokens.
pub async fn is_refused(layer: &AuthorizerLayer, token: &str) -> bool {
    let inner = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())) });
    let request = Request::builder().header("authorization", token).body(()).unwrap();
    layer.layer(inner).oneshot(request).await.unwrap().status() == StatusCode::UNAUTHORIZED
}

impl Answer {
    /// Checks the response for this rejection kind against `src/docs/behaviour.md` §2.1 and §10.1.
    pub fn assert_is_gateway_response(&self, kind: RejectionKind) {
        let (status, message, error_type) = match kind {
            RejectionKind::AmbiguousPath => (400, r#""Bad Request""#, "BadRequestException"),
            RejectionKind::NoRoute => (403, r#""Missing Authentication Token""#, "MissingAuthenticationTokenException"),
            RejectionKind::KeysUnavailable => (500, "null", "AuthorizerConfigurationException"),
            RejectionKind::Expired => (401, r#""The incoming token has expired""#, "UnauthorizedException"),
            _ => (401, r#""Unauthorized""#, "UnauthorizedException"),
        };
        assert_eq!(self.status.as_u16(), status, "{kind:?}");
        assert_eq!(self.body, format!(r#"{{"message":{message}}}"#), "{kind:?}");
        assert_eq!(self.headers["content-type"], "application/json", "{kind:?}");
        assert_eq!(self.headers["x-amzn-errortype"], error_type, "{kind:?}");
        assert!(
            self.headers.contains_key("x-amzn-requestid") && self.headers.contains_key("x-amz-apigw-id"),
            "{kind:?}"
        );
        assert_eq!(self.headers.len(), 4, "{kind:?}: no other header, `www-authenticate` least of all");
    }
}
