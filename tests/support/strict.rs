//! A service that enforces tower's contract.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::Service;

/// Counts its calls, and panics when an instance is called before it was polled ready.
#[derive(Debug, Default)]
pub struct Strict {
    calls: Arc<AtomicUsize>,
    is_ready: bool,
}

impl Strict {
    /// Returns the counter of calls, shared by all clones.
    pub fn calls(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.calls)
    }
}

/// As tower allows, a clone is not ready, even if the original is.
impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { calls: Arc::clone(&self.calls), is_ready: false }
    }
}

impl Service<Request<Full<Bytes>>> for Strict {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "called without having been polled ready");
        self.calls.fetch_add(1, Ordering::SeqCst);
        ready(Ok(Response::new(Full::default())))
    }
}
