//! The listener for operations: whether the server lives, whether it is ready, and its metrics.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header::CONTENT_TYPE};
use serde_json::json;

use super::{
    error::ServerError,
    listener::Listener,
    peer::{Listen, TrustedProxies},
    policy::Policy,
    reply,
    running::{Running, Terms, answers, boxed},
    server::Server,
};
use crate::jwks::KeyState;

/// A listener of its own for operations, which no client of the service reaches:
///
/// | path | answer |
/// |---|---|
/// | `/livez` | 200 |
/// | `/readyz` | 200 if every user pool has keys, 503 if not; the state of the keys as JSON |
/// | `/metrics` | the metrics, if there are any |
#[derive(Debug)]
pub struct Operations {
    address: Listen,
    running: Running,
}

/// Renders the metrics, in the format of Prometheus.
#[derive(Clone)]
struct Metrics(Arc<dyn Fn() -> String + Send + Sync>);

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Operations {
    /// Listens for operations of a server. `metrics` renders the metrics in the format of Prometheus.
    ///
    /// # Errors
    ///
    /// [`ServerError`] if the address or the socket cannot be used.
    pub async fn start(
        server: &Server,
        listen: &Listen,
        metrics: Option<Arc<dyn Fn() -> String + Send + Sync>>,
    ) -> Result<Self, ServerError> {
        let listener = Listener::bind(listen).await?;
        let address = listener.address(listen);
        let (policy, metrics) = (server.shared_policy(), metrics.map(Metrics));
        let running = Running::start(listener, Terms { tls: None, trusted: TrustedProxies::local() }, move |_| {
            let (policy, metrics) = (Arc::clone(&policy), metrics.clone());
            answers(move |request| {
                let (policy, metrics) = (policy.load_full(), metrics.clone());
                async move {
                    boxed(match (request.method(), request.uri().path()) {
                        (&Method::GET | &Method::HEAD, path) => respond(path, &policy, metrics.as_ref()),
                        _ => reply::message(StatusCode::METHOD_NOT_ALLOWED),
                    })
                }
            })
        });
        Ok(Self { address, running })
    }

    /// Returns where the listener is.
    pub fn address(&self) -> &Listen {
        &self.address
    }

    /// Stops the listener.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}

fn respond(path: &str, policy: &Policy, metrics: Option<&Metrics>) -> Response<Bytes> {
    match (path, metrics) {
        ("/livez", _) => text("text/plain", "ok\n".to_owned()),
        ("/readyz", _) => ready(policy),
        ("/metrics", Some(metrics)) => text("text/plain; version=0.0.4", (metrics.0)()),
        _ => reply::message(StatusCode::NOT_FOUND),
    }
}

fn ready(policy: &Policy) -> Response<Bytes> {
    let is_ready = policy.is_ready();
    let issuers = policy.key_status().into_iter().map(|status| {
        let state = match status.state {
            KeyState::Missing => "missing",
            KeyState::Fresh => "fresh",
            KeyState::Stale => "stale",
        };
        json!({"issuer": status.issuer.name(), "state": state, "keys": status.keys, "failure": status.failure})
    });
    let told = json!({"ready": is_ready, "issuers": issuers.collect::<Vec<_>>()});
    let mut response = text("application/json", format!("{told}\n"));
    if !is_ready {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

fn text(content_type: &'static str, text: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
