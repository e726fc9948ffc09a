//! The tower middleware.
//!
//! For each request, the layer finds the rule that applies and decides whether the request may pass. It then calls the
//! inner service, with the [`Claims`](crate::Claims) in the request's extensions, or returns the gateway response, with
//! the [`Rejection`](crate::Rejection) in the response's extensions. The request body is never touched and can have any
//! type. The response body can be any [`Body`] whose data is, or can be made from, [`Bytes`]. The inner service must be
//! [`Clone`].
//!
//! [`AuthorizerLayer::check`] makes the same decision for callers outside of tower.
//!
//! A request is boxed only if its token names a key that is not cached.

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

pub(crate) mod request_ids;

mod rewrite;

mod service;

#[cfg(feature = "serve")]
pub(crate) use self::gate::OwnAnswer;
pub use self::{
    admission::Admission, body::ResponseBody, future::ResponseFuture, layer::AuthorizerLayer,
    service::AuthorizerService,
};
