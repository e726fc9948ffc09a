//! The tower middleware.
//!
//! For each request: which rule applies, may the request pass, and then either the inner service is
//! called, with the [`Claims`](crate::Claims) in the request's extensions, or the caller gets the
//! gateway response, with the [`Rejection`](crate::Rejection) in the response's extensions. The
//! request's body is never touched and can be anything; the response's can be any [`Body`] whose data
//! is, or can be made from, [`Bytes`]. The inner service has to be [`Clone`].
//!
//! [`AuthorizerLayer::check`] is the same decision for callers outside of tower.
//!
//! Nothing is boxed or spawned unless the token names a key that is not at hand.

#[cfg(doc)]
use {bytes::Bytes, http_body::Body};

mod admission;

mod body;

mod check;

mod decisions;

mod future;

mod gate;

mod h2c;

mod head;

mod layer;

mod matching;

mod question;

mod request_ids;

mod rewrite;

mod service;

pub use self::{
    admission::Admission, body::ResponseBody, future::ResponseFuture, layer::AuthorizerLayer,
    service::AuthorizerService,
};
