//! Envoy's `ext_authz` over gRPC: the service `envoy.service.auth.v3.Authorization`.
//!
//! Envoy gets the whole decision: status, headers and body of a gateway response, the headers to set and to remove, the query
//! parameters to remove, and the claims as dynamic metadata. Every rejection is a `denied_response`, also when keys cannot be
//! had: for an `error_response`, Envoy lets the request pass if `failure_mode_allow` is on.

use std::collections::HashSet;

use bytes::Bytes;
use envoy_types::{
    ext_authz::v3::pb::{
        CheckRequest, CheckResponse, DeniedHttpResponse, HeaderAppendAction, HeaderValue as PbHeader,
        HeaderValueOption, HttpResponse, HttpStatus, OkHttpResponse,
    },
    pb::{
        envoy::service::auth::v3::attribute_context::HttpRequest,
        google::{
            protobuf::{ListValue, Struct, Value as PbValue, value::Kind},
            rpc::Status as RpcStatus,
        },
    },
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, header::HOST, request::Parts};
use serde_json::Value;

use super::{
    original::{Unclear, target},
    policy::{Decided, Policy},
    reply::removed,
};
use crate::{claims::Claims, middleware::Admission};

/// Returns the request that a question is about.
pub(super) fn original(question: CheckRequest) -> Result<Parts, Unclear> {
    let http = question.attributes.and_then(|attributes| attributes.request).and_then(|request| request.http);
    let http = http.ok_or(Unclear::Invalid("attributes.request.http"))?;
    let mut head = Request::new(()).into_parts().0;
    head.method = Method::from_bytes(http.method.as_bytes()).map_err(|_| Unclear::Invalid("the method"))?;
    head.uri = target(http.path.as_bytes()).ok_or(Unclear::Invalid("the path"))?;
    let host = HeaderValue::from_str(&http.host).map_err(|_| Unclear::Invalid("the host"))?;
    head.headers = headers(http)?;
    if !host.is_empty() {
        head.headers.insert(HOST, host);
    }
    Ok(head)
}

/// Returns the headers of a request. With `encode_raw_headers`, each is there as it came; without, Envoy joins those of one name.
fn headers(http: HttpRequest) -> Result<HeaderMap, Unclear> {
    let raw = http.header_map.map(|map| map.headers).unwrap_or_default();
    let raw = raw.into_iter().map(|own| {
        let value = if own.raw_value.is_empty() { own.value.into_bytes() } else { own.raw_value };
        (own.key, value)
    });
    let joined = http.headers.into_iter().map(|(name, value)| (name, value.into_bytes()));
    let mut headers = HeaderMap::new();
    for (name, value) in raw.chain(joined) {
        // `:path` and the like are no headers.
        if name.starts_with(':') {
            continue;
        }
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Unclear::Invalid("the name of a header"))?;
        let value = HeaderValue::from_bytes(&value).map_err(|_| Unclear::Invalid("the value of a header"))?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// Answers a question in the words of Envoy. The response is the one that a log knows.
pub(super) fn answer(policy: &Policy, original: &Parts, decided: Decided, logged: &Response<Bytes>) -> CheckResponse {
    match decided {
        Decided::Pass(admission) => passed(policy, original, &admission),
        Decided::PassOpen => allowed(OkHttpResponse::default(), None),
        Decided::Answer(_) => rejected(logged),
    }
}

fn passed(policy: &Policy, original: &Parts, admission: &Admission) -> CheckResponse {
    let set = admission.set_headers();
    let ok = OkHttpResponse {
        headers: set
            .iter()
            .map(|(name, value)| option(name, value, HeaderAppendAction::OverwriteIfExistsOrAdd))
            .collect(),
        headers_to_remove: removed(policy, admission).map(|name| name.as_str().to_owned()).collect(),
        query_parameters_to_remove: removed_parameters(&original.uri, admission.uri()),
        ..OkHttpResponse::default()
    };
    allowed(ok, admission.claims())
}

fn allowed(ok: OkHttpResponse, claims: Option<&Claims>) -> CheckResponse {
    CheckResponse {
        status: Some(RpcStatus::default()),
        dynamic_metadata: claims.and_then(|claims| claims.deserialize::<Value>().ok()).and_then(|claims| match value(
            claims,
        )
        .kind
        {
            Some(Kind::StructValue(claims)) => Some(claims),
            _ => None,
        }),
        http_response: Some(HttpResponse::OkResponse(ok)),
    }
}

/// Returns a response that Envoy gives to the client.
pub(super) fn rejected(response: &Response<Bytes>) -> CheckResponse {
    let mut seen = HashSet::new();
    let headers = response.headers().iter().map(|(name, value)| {
        let is_first = seen.insert(name.clone());
        let action =
            if is_first { HeaderAppendAction::OverwriteIfExistsOrAdd } else { HeaderAppendAction::AppendIfExistsOrAdd };
        option(name, value, action)
    });
    let denied = DeniedHttpResponse {
        status: Some(HttpStatus { code: i32::from(response.status().as_u16()) }),
        headers: headers.collect(),
        body: String::from_utf8_lossy(response.body()).into_owned(),
    };
    CheckResponse {
        status: Some(RpcStatus { code: PERMISSION_DENIED, ..RpcStatus::default() }),
        dynamic_metadata: None,
        http_response: Some(HttpResponse::DeniedResponse(denied)),
    }
}

/// `PERMISSION_DENIED` of gRPC.
const PERMISSION_DENIED: i32 = 7;

fn option(name: &HeaderName, value: &HeaderValue, action: HeaderAppendAction) -> HeaderValueOption {
    let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
    HeaderValueOption {
        header: Some(PbHeader { key: name.as_str().to_owned(), value: text, ..PbHeader::default() }),
        append_action: i32::from(action),
        keep_empty_value: true,
        ..HeaderValueOption::default()
    }
}

/// Returns the names of the query parameters that the service does not get, as the client spelled them, because Envoy does not
/// decode them.
fn removed_parameters(original: &Uri, changed: Option<&Uri>) -> Vec<String> {
    fn names(uri: &Uri) -> impl Iterator<Item = &str> {
        let pairs = uri.query().unwrap_or_default().split('&');
        pairs.map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
    }
    let Some(changed) = changed else { return Vec::new() };
    let kept: HashSet<&str> = names(changed).collect();
    let removed: HashSet<&str> = names(original).filter(|name| !kept.contains(name)).collect();
    removed.into_iter().map(str::to_owned).collect()
}

/// Returns a JSON value as one of protobuf. Numbers are of double precision there.
fn value(json: Value) -> PbValue {
    let kind = match json {
        Value::Null => Kind::NullValue(0),
        Value::Bool(own) => Kind::BoolValue(own),
        Value::Number(own) => Kind::NumberValue(own.as_f64().unwrap_or_default()),
        Value::String(own) => Kind::StringValue(own),
        Value::Array(own) => Kind::ListValue(ListValue { values: own.into_iter().map(value).collect() }),
        Value::Object(own) => {
            Kind::StructValue(Struct { fields: own.into_iter().map(|(name, own)| (name, value(own))).collect() })
        }
    };
    PbValue { kind: Some(kind) }
}
