//! The service that the reverse proxy protects.

use std::{error::Error, fmt, time::Duration};

use bytes::Bytes;
use http::{
    HeaderValue, Request, Response, StatusCode, Uri, Version,
    header::{CONTENT_LENGTH, HOST, TE, TRANSFER_ENCODING},
    uri::{Authority, Scheme},
};
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited, combinators::MapFrame};
use hyper::body::{Frame, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

use super::{error::ServerError, running::BoxError, tls};
use crate::limits::{MAX_SERVE_BODY_BYTES, UPSTREAM_CONNECT_TIMEOUT, UPSTREAM_TIMEOUT};

/// The service that the reverse proxy protects.
///
/// Requests are sent to it with their path and query as they came, over HTTP/1.1 with their `Host`. With `h2c://`, HTTP/2 is used,
/// and the authority is that of the address; the client's is in `X-Forwarded-Host`.
///
/// ```
/// use cognito_authorizer::serve::Upstream;
///
/// let service = Upstream::new("http://127.0.0.1:8000")?;
/// let grpc = Upstream::new("h2c://127.0.0.1:50051")?;
/// # Ok::<(), cognito_authorizer::serve::ServerError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Upstream {
    scheme: Scheme,
    authority: Authority,
    is_http2: bool,
    timeout: Duration,
    max_body_bytes: u64,
    client: Client<HttpsConnector<HttpConnector>, RequestBody>,
}

/// The body of a request, of limited length and without trailers: some services take them for headers.
type RequestBody = MapFrame<Limited<Incoming>, fn(Frame<Bytes>) -> Frame<Bytes>>;

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("authority", &self.authority.as_str()).finish_non_exhaustive()
    }
}

impl Upstream {
    /// Takes the address of the service: `http://`, `https://` or, for HTTP/2 without TLS, `h2c://`, a host and a port.
    /// The host may be a name.
    ///
    /// # Errors
    ///
    /// [`ServerError::Upstream`] if it is no such address, or has a path or credentials.
    pub fn new(address: &str) -> Result<Self, ServerError> {
        let wrong = |reason: &str| ServerError::Upstream { reason: reason.to_owned() };
        let uri: Uri = address.parse().map_err(|_| wrong("it is not a URL"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority().cloned()) else {
            return Err(wrong("expected a URL such as `http://127.0.0.1:8000`"));
        };
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(wrong("it has a path, but requests are sent to the path that they name: leave it out"));
        }
        if authority.as_str().contains('@') {
            return Err(wrong("it has credentials: leave them out"));
        }
        let (scheme, is_http2) = match scheme {
            "http" => (Scheme::HTTP, false),
            "https" => (Scheme::HTTPS, false),
            "h2c" => (Scheme::HTTP, true),
            _ => return Err(wrong("expected `http://`, `https://` or `h2c://`")),
        };
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(UPSTREAM_CONNECT_TIMEOUT));
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_platform_verifier(tls::provider())
            .map_err(|reason| wrong(&reason.to_string()))?
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).http2_only(is_http2);
        let client = client.build(https);
        let (timeout, max_body_bytes) = (UPSTREAM_TIMEOUT, MAX_SERVE_BODY_BYTES);
        Ok(Self { scheme, authority, is_http2, timeout, max_body_bytes, client })
    }

    /// Sets how long to wait for the head of a response; by default 30 seconds. After that, the client gets 504.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sets the largest body of a request; by default 10 MiB. The client gets 413 for a larger one.
    pub fn max_body_bytes(self, bytes: u64) -> Self {
        Self { max_body_bytes: bytes, ..self }
    }

    /// Sends a request that may pass.
    pub(super) async fn send(&self, request: Request<Incoming>) -> Result<Response<Incoming>, UpstreamError> {
        let size = request.body().size_hint();
        if size.lower() > self.max_body_bytes {
            return Err(UpstreamError::TooLarge);
        }
        let (mut head, body) = request.into_parts();
        head.uri = self.target(&head.uri).ok_or(UpstreamError::Target)?;
        head.version = Version::HTTP_11;
        if size.exact().is_none() {
            head.headers.remove(CONTENT_LENGTH);
        }
        head.headers.remove(TRANSFER_ENCODING);
        if self.is_http2 {
            // The authority says the same, and is that of the service; two different ones are an error.
            head.headers.remove(HOST);
        } else {
            head.headers.remove(TE);
        }
        let limit = usize::try_from(self.max_body_bytes).unwrap_or(usize::MAX);
        let body: RequestBody = Limited::new(body, limit).map_frame(without_trailers);
        let sent = self.client.request(Request::from_parts(head, body));
        let response = tokio::time::timeout(self.timeout, sent).await.map_err(|_| UpstreamError::Late)?;
        response.map_err(|error| {
            if is_too_large(&error) { UpstreamError::TooLarge } else { UpstreamError::Failed(Box::new(error)) }
        })
    }

    /// Returns where to send a request for this target.
    fn target(&self, uri: &Uri) -> Option<Uri> {
        let target = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone());
        target.path_and_query(uri.path_and_query()?.clone()).build().ok()
    }

    /// Returns the `Host` of requests that have none.
    pub(super) fn host(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(self.authority.as_str()).ok()
    }

    /// Whether a connection can change its protocol.
    pub(super) fn can_upgrade(&self) -> bool {
        !self.is_http2
    }
}

fn without_trailers(frame: Frame<Bytes>) -> Frame<Bytes> {
    frame.into_data().map_or_else(|_| Frame::data(Bytes::new()), Frame::data)
}

/// Why there is no response of the service.
#[derive(Debug, thiserror::Error)]
pub(super) enum UpstreamError {
    #[error("the target of the request cannot be sent to the service")]
    Target,
    #[error("the body of the request is too large")]
    TooLarge,
    #[error("the service did not answer in time")]
    Late,
    #[error("no answer from the service: {}", causes(.0.as_ref()))]
    Failed(BoxError),
}

impl UpstreamError {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Target => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Late => StatusCode::GATEWAY_TIMEOUT,
            Self::Failed(_) => StatusCode::BAD_GATEWAY,
        }
    }
}

fn is_too_large(error: &(dyn Error + 'static)) -> bool {
    error.is::<LengthLimitError>() || error.source().is_some_and(is_too_large)
}

/// Joins an error with its causes: only the last one says what is wrong.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
