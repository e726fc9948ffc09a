//! What is where: request in, response out, the time given.

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST},
};
use serde::Serialize;

use super::{
    directory::Pool,
    json_api::Api,
    oauth2::OAuth2,
    store::Store,
    token::{to_json, uuid},
};
use crate::time::UnixTime;

/// A local user pool that answers.
#[derive(Debug)]
pub(super) struct Endpoints {
    pub(super) store: Store,
    /// What issuers and domains start with.
    pub(super) base_url: String,
    pub(super) confirmation_code: String,
    /// Whether it is asked by names that are not of this machine.
    pub(super) beyond_loopback: bool,
}

impl Endpoints {
    pub(super) fn respond(&self, request: &Request<Bytes>, now: UnixTime) -> Response<Bytes> {
        let host = host(request);
        // A page in a browser that made its own name mean this address could ask for everything here.
        if !self.beyond_loopback && !is_loopback(host) {
            return empty(StatusCode::MISDIRECTED_REQUEST);
        }
        let method = request.method();
        match request.uri().path() {
            "/" if method == Method::POST && request.headers().contains_key("x-amz-target") => {
                let (store, base_url, confirmation_code) = (&self.store, &*self.base_url, &*self.confirmation_code);
                Api { store, base_url, confirmation_code, now }.respond(request)
            }
            path @ ("/oauth2/token" | "/oauth2/revoke") => self.of_domain(host, path, request, now),
            path => self.well_known(method, path),
        }
    }

    /// The documents of a user pool: `/<user pool id>/.well-known/…`.
    fn well_known(&self, method: &Method, path: &str) -> Response<Bytes> {
        let directory = self.store.read();
        let found = path.strip_prefix('/').and_then(|path| path.split_once("/.well-known/"));
        let pool = found.and_then(|(id, name)| Some((directory.pool(id)?, name)));
        match pool {
            Some((pool, "jwks.json")) => document(method, to_json(&pool.keys.jwk_set()).into()),
            Some((pool, "openid-configuration")) => document(method, self.discovery(pool).into()),
            Some(_) | None => empty(StatusCode::NOT_FOUND),
        }
    }

    /// `<domain>.localhost` is the domain of one user pool; any other name stands for all of them.
    fn of_domain(&self, host: &str, path: &str, request: &Request<Bytes>, now: UnixTime) -> Response<Bytes> {
        let directory = self.store.read();
        let user_pool_id = match name(host).strip_suffix(".localhost") {
            Some(domain) => match directory.domain(domain) {
                Some(pool) => Some(&*pool.id),
                None => return empty(StatusCode::NOT_FOUND),
            },
            None => None,
        };
        let endpoints = OAuth2 { store: &self.store, base_url: &self.base_url, user_pool_id, now };
        if path == "/oauth2/token" { endpoints.token(request) } else { endpoints.revoke(request) }
    }

    /// OpenID Connect Discovery §4.2, for the endpoints that are here.
    fn discovery(&self, pool: &Pool) -> String {
        let issuer = format!("{}/{}", self.base_url, pool.id);
        to_json(&Discovery {
            id_token_signing_alg_values_supported: ["RS256"],
            jwks_uri: format!("{issuer}/.well-known/jwks.json"),
            issuer,
            response_types_supported: ["token"],
            revocation_endpoint: format!("{}/oauth2/revoke", self.base_url),
            grant_types_supported: ["client_credentials", "refresh_token"],
            scopes_supported: pool.scopes(),
            subject_types_supported: ["public"],
            token_endpoint: format!("{}/oauth2/token", self.base_url),
            token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
        })
    }
}

#[derive(Serialize)]
struct Discovery<'a> {
    id_token_signing_alg_values_supported: [&'a str; 1],
    issuer: String,
    jwks_uri: String,
    response_types_supported: [&'a str; 1],
    revocation_endpoint: String,
    grant_types_supported: [&'a str; 2],
    scopes_supported: Vec<String>,
    subject_types_supported: [&'a str; 1],
    token_endpoint: String,
    token_endpoint_auth_methods_supported: [&'a str; 2],
}

fn document(method: &Method, document: Bytes) -> Response<Bytes> {
    if ![Method::GET, Method::HEAD].contains(method) {
        return not_allowed("GET, HEAD");
    }
    let mut response = json(StatusCode::OK, document);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    response
}

/// Host and port that the request is for.
fn host(request: &Request<Bytes>) -> &str {
    let header = || request.headers().get(HOST).and_then(|host| host.to_str().ok());
    request.uri().authority().map(|authority| authority.as_str()).or_else(header).unwrap_or_default()
}

/// Without the port.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// A name that means this machine wherever it is asked (RFC 6761 §6.3), or a loopback address.
fn is_loopback(host: &str) -> bool {
    let name = name(host);
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let is_address = address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    is_address || name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

pub(super) fn json(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    if let Ok(request_id) = HeaderValue::from_str(&uuid()) {
        headers.insert("x-amz-cognito-request-id", request_id);
    }
    response
}

pub(super) fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

pub(super) fn not_allowed(allowed: &'static str) -> Response<Bytes> {
    let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_known_from_others() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:9229",
            "127.8.8.8",
            "[::1]",
            "[::1]:80",
            "localhost",
            "LOCALHOST:1",
            "api.localhost:9",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            ":80",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "10.0.0.1",
            "[::2]",
            "notlocalhost",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
