//! The head of a request, which a decision reads and an admission changes.

use http::{
    Extensions, HeaderMap, Method, Request, Uri, Version,
    header::{ACCESS_CONTROL_REQUEST_METHOD, CONTENT_LENGTH, ORIGIN, TRANSFER_ENCODING},
    request::Parts,
};

use crate::route::Overrides;

/// The parts of a request that a decision reads.
#[derive(Clone, Copy)]
pub(super) struct RequestHead<'r> {
    pub(super) method: &'r Method,
    pub(super) uri: &'r Uri,
    pub(super) version: Version,
    pub(super) headers: &'r HeaderMap,
    /// The target that the outermost axum router saw; always `None` without the feature `axum`.
    pub(super) original_uri: Option<&'r Uri>,
    pub(super) extensions: &'r Extensions,
}

impl<'r> RequestHead<'r> {
    pub(super) fn of_request<B>(request: &'r Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            version: request.version(),
            headers: request.headers(),
            original_uri: original_uri(request.extensions()),
            extensions: request.extensions(),
        }
    }

    pub(super) fn of_parts(parts: &'r Parts) -> Self {
        Self {
            method: &parts.method,
            uri: &parts.uri,
            version: parts.version,
            headers: &parts.headers,
            original_uri: original_uri(&parts.extensions),
            extensions: &parts.extensions,
        }
    }

    /// Whether the request is a CORS preflight (Fetch standard, "CORS-preflight request"), which has no body.
    pub(super) fn is_preflight(self) -> bool {
        let headers = self.headers;
        let has_body =
            headers.contains_key(TRANSFER_ENCODING) || headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0");
        *self.method == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
            && !has_body
            // A browser overrides neither method nor path, and a service that honors an override would call its
            // handler.
            && Overrides::of(headers, self.uri.query()).are_none()
    }
}

#[cfg(feature = "axum")]
fn original_uri(extensions: &Extensions) -> Option<&Uri> {
    extensions.get::<axum::extract::OriginalUri>().map(|original| &original.0)
}

#[cfg(not(feature = "axum"))]
fn original_uri(_: &Extensions) -> Option<&Uri> {
    None
}

/// A head that an admission changes: part of a request, or separate.
pub(super) trait EditableHead {
    fn as_request_head(&self) -> RequestHead<'_>;
    fn uri_mut(&mut self) -> &mut Uri;
    fn headers(&self) -> &HeaderMap;
    fn headers_mut(&mut self) -> &mut HeaderMap;
    fn extensions_mut(&mut self) -> &mut Extensions;
}

impl<B> EditableHead for Request<B> {
    fn as_request_head(&self) -> RequestHead<'_> {
        RequestHead::of_request(self)
    }

    fn uri_mut(&mut self) -> &mut Uri {
        self.uri_mut()
    }

    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.headers_mut()
    }

    fn extensions_mut(&mut self) -> &mut Extensions {
        self.extensions_mut()
    }
}

impl EditableHead for Parts {
    fn as_request_head(&self) -> RequestHead<'_> {
        RequestHead::of_parts(self)
    }

    fn uri_mut(&mut self) -> &mut Uri {
        &mut self.uri
    }

    fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.extensions
    }
}
