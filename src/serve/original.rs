//! The request that a proxy asks about, from the request by which it asks.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header::HOST, request::Parts};

/// Why a question cannot be understood. None of them lets a request pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unclear {
    #[error("{0} must be there exactly once: set it in the proxy")]
    Count(&'static str),
    #[error("{0} is not valid")]
    Invalid(&'static str),
    #[error("the client sent a header that imitates a claim header, and the proxy would pass it on")]
    Imitation,
}

const METHOD: &str = "x-forwarded-method";
const URI: &str = "x-forwarded-uri";
const FORWARDED_HOST: &str = "x-forwarded-host";

/// Returns the request that `X-Forwarded-Method`, `X-Forwarded-Uri` and `X-Forwarded-Host` describe. Its other headers are
/// those of the question.
pub(super) fn forwarded(question: Parts) -> Result<Parts, Unclear> {
    let method = one(&question.headers, METHOD)?.ok_or(Unclear::Count(METHOD))?;
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| Unclear::Invalid(METHOD))?;
    let uri = one(&question.headers, URI)?.ok_or(Unclear::Count(URI))?;
    let uri = target(uri.as_bytes()).ok_or(Unclear::Invalid(URI))?;
    let host = one(&question.headers, FORWARDED_HOST)?.cloned();
    let mut original = question;
    for name in [METHOD, URI, FORWARDED_HOST] {
        original.headers.remove(name);
    }
    if let Some(host) = host {
        original.headers.insert(HOST, host);
    }
    (original.method, original.uri) = (method, uri);
    Ok(original)
}

/// Returns the request of a question whose method and path are those of the request, below a prefix.
pub(super) fn below(prefix: &str, question: Parts) -> Result<Parts, Unclear> {
    let asked = question.uri.path_and_query().map_or("", |target| target.as_str());
    let rest = asked.strip_prefix(prefix).ok_or(Unclear::Invalid("the path"))?;
    // The prefix stands for an empty path too.
    let rest = if rest.is_empty() || rest.starts_with('?') { format!("/{rest}") } else { rest.to_owned() };
    let uri = target(rest.as_bytes()).ok_or(Unclear::Invalid("the path"))?;
    let mut original = question;
    original.uri = uri;
    Ok(original)
}

/// Returns a target of a path and a query. A fragment is none of them: the decision would not see it, and the service would.
pub(super) fn target(text: &[u8]) -> Option<Uri> {
    let uri = Uri::try_from(text).ok()?;
    let is_whole = uri.path_and_query().is_some_and(|target| target.as_str().as_bytes() == text);
    (text.starts_with(b"/") && uri.scheme().is_none() && uri.authority().is_none() && is_whole).then_some(uri)
}

/// Returns the value of a header that may be there once.
fn one<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<Option<&'h HeaderValue>, Unclear> {
    let mut values = headers.get_all(HeaderName::from_static(name)).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(Unclear::Count(name)),
    }
}
