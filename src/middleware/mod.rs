//! The tower middleware.
//!
//! For each request: which rule applies, may the request pass, and then either the inner service is
//! called, with the [`Claims`](crate::Claims) in the request's extensions, or the caller gets the
//! gateway response, with the [`Rejection`](crate::Rejection) in the response's extensions. Any body
//! and any inner service will do.
//!
//! Nothing is boxed or spawned unless the token names a key that is not at hand.

mod body;

mod future;

mod layer;

mod request_ids;

mod service;

pub use self::{body::ResponseBody, future::ResponseFuture, layer::AuthorizerLayer, service::AuthorizerService};
